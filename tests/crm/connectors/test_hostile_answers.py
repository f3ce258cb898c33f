"""Answers of third parties are untrusted input: whatever a CRM says, a call ends in results or ConnectorUnavailable."""

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.connectors.base import ConnectorUnavailable, CrmConnector, Entity, Link, Ref
from sync.http.addresses import AddressPolicy
from sync.http.client import HttpAnswer, HttpClient
from tests.crm.connectors.dialects import DIALECTS, TOKEN, Dialect

WORDS = ["COMPLETE", "PENDING", "00000001", "attempt-1", "attempt-2", "501", "2026-11-21T10:00:00Z", "1795255200000"]

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(WORDS)
)
strange = st.recursive(scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner))


def seldom_strange(good: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 9).flatmap(lambda number: strange if number == 0 else good)


def shape(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object as the connectors expect it, each member present, absent or something else altogether."""
    either = {name: seldom_strange(good) for name, good in members.items()}
    return seldom_strange(st.fixed_dictionaries({}, optional=either))


def several(item: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(item, max_size=3)


words = st.sampled_from(WORDS)
properties = shape(s360_contact_number=words, lastmodifieddate=words, email=st.text(max_size=3), hs_object_id=words)
entry = shape(value=words, timestamp=words, sourceType=words, sourceId=words, sourceLabel=words)
inner_error = shape(message=st.text(max_size=9), code=words, context=shape(propertyName=several(words)))
error_members = {
    "status": words,
    "category": st.sampled_from(["OBJECT_NOT_FOUND", "CONFLICT", "RATE_LIMIT"]) | words,
    "message": st.sampled_from(["Existing ID: 5", 'Property "x" does not exist', "\x00"]) | st.text(max_size=9),
    "context": shape(objectWriteTraceId=several(words), toObjectId=several(words)),
    "errors": several(inner_error) | st.dictionaries(st.text(max_size=4), several(words), max_size=2) | words,
    "code": st.text(max_size=200) | words,
    "policyName": words,
    "correlationId": words | st.text(max_size=4),
}
item = shape(
    id=words,
    new=st.booleans(),
    properties=properties,
    objectWriteTraceId=words,
    updatedAt=words,
    propertiesWithHistory=shape(email=several(entry)),
    name=words,
    label=words,
    options=several(shape(value=words)),
    modificationMetadata=shape(readOnlyValue=st.booleans()),
    external_id=words,
    ok=st.booleans(),
    created=st.booleans(),
    modified_at=words,
    modified_by=words,
    **{"from": shape(id=words), "to": shape(id=words)},
    error=words,
    errors=error_members["errors"],
)
bodies = shape(results=several(item), next_cursor=words, **error_members) | shape(
    status=st.just("COMPLETE"), results=several(item), errors=several(shape(**error_members)), error=st.just(False)
)
headers = st.dictionaries(
    st.sampled_from(["retry-after", "date", "link", "x-ratelimit-reset", "x-hubspot-ratelimit-daily-remaining"]),
    st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
    max_size=3,
)
answers = st.builds(
    HttpAnswer,
    st.sampled_from([200, 200, 200, 201, 204, 207, 301, 400, 401, 403, 404, 409, 422, 429, 500, 503]),
    headers,
    st.one_of(bodies.map(orjson.dumps), st.binary(max_size=20)),
)


class ScriptedClient(HttpClient):
    """Gives the same answers again and again, without a network."""

    def __init__(self, given_answers: list[HttpAnswer]) -> None:
        super().__init__(AddressPolicy(frozenset()))
        self._given = given_answers
        self._calls = 0

    def request(self, *args: Any, **kwargs: Any) -> HttpAnswer:
        self._calls += 1
        return self._given[self._calls % len(self._given)]


def connector_for(dialect: Dialect, given_answers: list[HttpAnswer]) -> CrmConnector:
    given_settings = {"base_url": "https://crm.example.org", **dialect.settings}
    secrets = {"access_token": TOKEN, "token": TOKEN}
    return dialect.connector_class(given_settings, secrets, ScriptedClient(given_answers))


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.id)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given_answers=st.lists(answers, min_size=1, max_size=4))
def test_whatever_is_answered_every_record_has_one_result(dialect: Dialect, given_answers):
    connector = connector_for(dialect, given_answers)
    records = [dialect.record(1), dialect.record(2)]
    for entity in Entity:
        try:
            results = connector.upsert(entity, records)
        except ConnectorUnavailable as unavailable:
            check_shown(unavailable.failure)
            continue
        assert [result.key for result in results] == ["00000001", "00000002"]
        for result in results:
            assert (result.status == "failed") == (result.failure is not None)
            assert result.remote_id is None or isinstance(result.remote_id, str)
            assert result.status == "failed" or result.remote_id
            if result.failure is not None:
                check_shown(result.failure)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.id)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given_answers=st.lists(answers, min_size=1, max_size=4), cursor=st.sampled_from([None, "now"]))
def test_whatever_is_answered_reads_end_in_records_or_unavailable(dialect: Dialect, given_answers, cursor):
    connector = connector_for(dialect, given_answers)
    refs = [Ref(key="00000001"), Ref(remote_id="501")]
    assert connector.check().items
    for read in (
        lambda: connector.fetch(Entity.CONTACT, refs),
        lambda: connector.changes(cursor and connector.changes(None, 10).next_cursor, 10),
        lambda: connector.describe(Entity.ORDER),
    ):
        try:
            read()
        except ConnectorUnavailable as unavailable:
            check_shown(unavailable.failure)


def test_links_of_any_answer_keep_the_orders_id():
    dialect = DIALECTS[0]
    done = {"status": "COMPLETE", "results": [{"id": "7", "objectWriteTraceId": "attempt-1"}]}
    order = dialect.record(1)
    linked = type(order)(order.key, None, order.fields, (Link(Entity.CONTACT, "1", "501"),), order.trace_id)
    for strange in (b"", b"[]", b"{}", b'{"results": [{"from": 1}]}', b'{"results": 4, "errors": [{"context": 5}]}'):
        answers_in_turn = [HttpAnswer(207, {}, strange), HttpAnswer(200, {}, orjson.dumps(done))]
        (result,) = connector_for(dialect, answers_in_turn).upsert(Entity.ORDER, [linked])
        assert (result.status, result.remote_id) == ("failed", "7")
        assert result.failure is not None
        assert not result.failure.outcome_unknown


def check_shown(failure):
    """Fit for a row and a screen."""
    assert failure.kind in ("transient", "throttled", "permanent", "misconfigured")
    assert failure.scope in ("record", "batch", "connection")
    assert failure.code
    assert failure.message
    assert len(failure.message) <= 500
    assert "\x00" not in failure.message + failure.code + (failure.field or "") + (failure.request_id or "")
    assert failure.retry_after is None or 0 <= failure.retry_after <= 3600

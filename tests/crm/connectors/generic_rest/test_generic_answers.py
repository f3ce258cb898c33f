from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.connectors.base import ConnectorUnavailable, Entity
from crm.connectors.generic_rest.calls import explain
from crm.connectors.generic_rest.connector import GenericRestConnector
from crm.connectors.generic_rest.dotted import at_path, objects_at, put_at_path, text_at
from crm.connectors.generic_rest.records import read_time
from crm.connectors.generic_rest.settings import GenericSettings
from tests.crm.connectors.dialects import BATCH, SINGLE, Opener
from tests.sync.http.raw_server import RawServer, http

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
paths = st.lists(st.text(alphabet="abc012", min_size=1, max_size=3), max_size=4).map(".".join)


@given(json_values, paths)
def test_no_body_and_no_path_can_break_the_reading(body, path):
    at_path(body, path)
    text_at(body, path)
    assert all(isinstance(item, dict) for item in objects_at(body, path))
    settings = GenericSettings(base_url="https://crm.example.org", error_fields=path or "errors", error_code=path)
    code, message, field = explain(settings, body)
    assert isinstance(code, str)
    assert isinstance(message, str)
    assert field is None or isinstance(field, str)


@given(st.lists(st.tuples(paths.filter(bool), st.integers()), max_size=5))
def test_what_is_put_last_at_a_path_is_found_there(pairs):
    body: dict[str, Any] = {}
    for path, value in pairs:
        put_at_path(body, path, value)
    if pairs:
        assert at_path(body, pairs[-1][0]) == pairs[-1][1]


def test_paths_reach_into_lists_by_number():
    body = {"errors": [{"message": "first"}, {"message": "second"}]}
    assert at_path(body, "errors.1.message") == "second"
    assert at_path(body, "errors.2.message") is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"errors": {"email": ["Bad.", "Too long."]}}, ("field_error", "email: Bad., Too long.", "email")),
        ({"errors": {"email": "Bad."}, "message": "No."}, ("field_error", "No.; email: Bad.", "email")),
        ({"errors": "Invalid token."}, ("", "Invalid token.", None)),
        ({"code": "E17", "message": "No."}, ("E17", "No.", None)),
        ({"code": 17}, ("17", "", None)),
        ({}, ("", "", None)),
        ("text", ("", "", None)),
        (None, ("", "", None)),
    ],
)
def test_errors_are_read_in_the_shapes_apis_use(body, expected):
    assert explain(GenericSettings(base_url="https://crm.example.org"), body) == expected


def unavailable(answer: bytes, **settings):
    with RawServer(answer) as server:
        connect = Opener(server.url)
        with pytest.raises(ConnectorUnavailable) as raised:
            connect(BATCH, **settings).upsert(Entity.CONTACT, [BATCH.record(1), BATCH.record(2)])
        connect.close()
    return raised.value.failure


def test_a_kind_of_our_own_goes_by_code_before_status():
    answer = http("403 Forbidden", orjson.dumps({"code": "DAY_LIMIT", "message": "come back"}))
    assert unavailable(answer).kind == "misconfigured"
    assert unavailable(answer, kinds={"403": "transient"}).kind == "transient"
    failure = unavailable(answer, kinds={"403": "transient", "DAY_LIMIT": "throttled"})
    assert (failure.kind, failure.scope, failure.code) == ("throttled", "connection", "DAY_LIMIT")


def test_a_200_that_says_error_may_be_given_a_kind_too():
    answer = http("200 OK", orjson.dumps({"error": True, "code": "BUSY"}))
    failure = unavailable(answer, kinds={"BUSY": "transient"})
    assert (failure.kind, failure.code) == ("transient", "BUSY")


@pytest.mark.parametrize(
    ("unit", "text", "seconds"),
    [("seconds", "30", 30), ("milliseconds", "30000", 30), ("epoch", "4102444800", 900), ("seconds", "soon", None)],
)
def test_the_reset_header_is_the_time_to_wait_where_no_retry_after_is_given(unit, text, seconds):
    answer = http("429 Too Many Requests", b"{}", f"X-RateLimit-Reset: {text}")
    assert unavailable(answer, reset_unit=unit).retry_after == seconds


def test_no_call_is_made_when_the_crm_said_that_none_is_left():
    headers = ("X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 60")
    with RawServer(http("200 OK", b'{"results": []}', *headers)) as server:
        connect = Opener(server.url)
        connector = connect(BATCH)
        connector.upsert(Entity.CONTACT, [BATCH.record(1)])
        sent = len(server.received)
        with pytest.raises(ConnectorUnavailable) as raised:
            connector.upsert(Entity.CONTACT, [BATCH.record(1)])
        connect.close()
        assert len(server.received) == sent
    assert (raised.value.failure.kind, raised.value.failure.scope) == ("throttled", "connection")
    assert 55 < (raised.value.failure.retry_after or 0) <= 60


def test_other_words_for_success_are_settings():
    answer = http(
        "299 Fine", orjson.dumps({"status": "done", "results": [{"external_id": "00000001", "ok": True, "id": 7}]})
    )
    settings: dict[str, Any] = {"success_statuses": "200 299", "success_member": "status", "success_value": "done"}
    with RawServer(answer) as server:
        connect = Opener(server.url)
        (result,) = connect(BATCH, **settings).upsert(Entity.CONTACT, [BATCH.record(1)])
        connect.close()
    assert (result.status, result.remote_id) == ("updated", "7")


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"base_url": ""}, "base_url"),
        ({"base_url": "https://u:p@crm.example.org"}, "base_url"),
        ({"base_url": "https://crm.example.org", "find_path": "/api/contacts"}, "find_path"),
        ({"base_url": "https://crm.example.org", "update_path": "/api/contacts"}, "update_path"),
        ({"base_url": "https://crm.example.org", "auth": "oauth2"}, "token_url"),
        ({"base_url": "https://crm.example.org", "auth": "kerberos"}, None),
        ({"base_url": "https://crm.example.org", "batch_size": "many"}, None),
        ({"base_url": "https://crm.example.org", "kinds": {"429": "slow"}}, None),
    ],
)
def test_settings_no_call_can_be_made_with_are_named(settings, field):
    with pytest.raises(ConnectorUnavailable) as raised:
        GenericRestConnector.capabilities(settings)
    failure = raised.value.failure
    assert (failure.kind, failure.scope, failure.code, failure.field) == (
        "misconfigured",
        "connection",
        "settings",
        field,
    )


def test_capabilities_follow_the_settings():
    base = {"base_url": "https://crm.example.org"}
    batch = GenericRestConnector.capabilities(base)
    assert (batch.upsert, batch.atomicity, batch.change_feed) == ("native", "all_or_nothing", "poll")
    single = GenericRestConnector.capabilities({**base, "batch_path": "", "changes_path": "", "own_author": "me"})
    assert (single.upsert, single.atomicity, single.change_feed) == ("lookup_then_write", "single", "none")
    assert single.origin == "per_record"
    assert GenericRestConnector.capabilities({**base, "changes_format": "epoch"}).cursor_resolution == timedelta(
        seconds=1
    )


def test_a_crm_without_a_changed_since_filter_says_so(crm, connect):
    with pytest.raises(ConnectorUnavailable) as raised:
        connect(SINGLE, changes_path="").changes(None, 10)
    assert (raised.value.failure.kind, raised.value.failure.field) == ("misconfigured", "changes_path")


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00+00:00"),
        ("2026-11-21T10:00:00+02:00", "2026-11-21T08:00:00+00:00"),
        ("2026-11-21 10:00:00", "2026-11-21T10:00:00+00:00"),
        ("1795255200", "2026-11-21T10:00:00+00:00"),
        ("1795255200000", "2026-11-21T10:00:00+00:00"),
        ("yesterday", None),
        (None, None),
    ],
)
def test_times_are_read_in_the_spellings_apis_use(text, iso):
    moment = read_time(text)
    assert (moment.isoformat() if moment else None) == iso


@pytest.mark.parametrize("changes_format", ["iso", "epoch", "epoch_ms"])
def test_changes_are_asked_for_in_each_format(crm, connect, changes_format):
    connector = connect(SINGLE, changes_format=changes_format, overlap_seconds=0)
    connector.upsert(Entity.CONTACT, [SINGLE.record(1)])
    page = connector.changes(None, 10)
    assert [change.key for change in page.changes] == ["00000001"]
    connector.upsert(Entity.CONTACT, [SINGLE.record(2)])
    assert "00000002" in [change.key for change in connector.changes(page.next_cursor, 10).changes]


def test_a_next_link_cannot_lead_to_another_host(crm):
    elsewhere = "https://127.0.0.2:1"
    body = orjson.dumps({"results": [{"id": "1", "external_id": "1", "modified_at": "2026-11-01T10:00:00Z"}]})
    link = f'Link: <{elsewhere}/api/contacts?page=2>; rel="next"'
    with RawServer(http("200 OK", body, link)) as server:
        connect = Opener(server.url)
        connector = connect(SINGLE, paging="link")
        page = connector.changes(None, 1)
        connector.changes(page.next_cursor, 1)
        connect.close()
        assert server.received.count(b"GET /api/contacts?page=2 ") == 1

from dataclasses import replace

import orjson
import pytest

from crm.connectors.base import ConnectorUnavailable, Entity, Failure, Link, OutboundRecord
from crm.connectors.hubspot.writing import distinct_traces
from tests.crm.connectors.dialects import HUBSPOT, TOKEN, Opener
from tests.sync.http.raw_server import RawServer, http


def contact(number: int, **fields) -> OutboundRecord:
    return HUBSPOT.record(number, **fields)


def refused(connector, entity, records) -> Failure:
    with pytest.raises(ConnectorUnavailable) as raised:
        connector.upsert(entity, records)
    return raised.value.failure


def answered(status: str, body: object, *headers: str):
    """What an upsert of two contacts makes of this answer."""
    with RawServer(http(status, orjson.dumps(body), *headers)) as server:
        connect = Opener(server.url)
        try:
            return connect(HUBSPOT).upsert(Entity.CONTACT, [contact(1), contact(2)])
        finally:
            connect.close()


def failure_answered(status: str, body: object, *headers: str) -> Failure:
    with pytest.raises(ConnectorUnavailable) as raised:
        answered(status, body, *headers)
    return raised.value.failure


def test_a_call_is_what_hubspot_documents():
    done = {"status": "COMPLETE", "results": [{"id": "512", "new": True, "objectWriteTraceId": "attempt-1"}]}
    with RawServer(http("200 OK", orjson.dumps(done))) as server:
        connect = Opener(server.url)
        connect(HUBSPOT).upsert(Entity.CONTACT, [contact(1, lastname=None, vip=True, visits=3)])
        connect.close()
        head, _, body = server.received.partition(b"\r\n\r\n")
    assert head.splitlines()[0] == b"POST /crm/objects/2026-03/contacts/batch/upsert HTTP/1.1"
    assert f"Authorization: Bearer {TOKEN}".encode() in head
    assert orjson.loads(body) == {
        "inputs": [
            {
                "id": "00000001",
                "idProperty": "s360_contact_number",
                "objectWriteTraceId": "attempt-1",
                "properties": {
                    "firstname": "Ada1",
                    "lastname": "",
                    "email": "ada1@example.org",
                    "vip": "true",
                    "visits": "3",
                    "s360_contact_number": "00000001",
                },
            }
        ]
    }


def test_results_are_matched_by_trace_id_and_without_one_by_the_key():
    results = [
        {"id": "2", "new": False, "objectWriteTraceId": "attempt-2", "updatedAt": "2026-11-21T10:00:00.000Z"},
        {"id": "1", "new": True, "properties": {"s360_contact_number": "00000001"}},
    ]
    first, second = answered("200 OK", {"status": "COMPLETE", "results": results})
    assert (first.key, first.status, first.remote_id) == ("00000001", "created", "1")
    assert (second.key, second.status, second.remote_id) == ("00000002", "updated", "2")
    assert second.remote_version == "2026-11-21T10:00:00.000Z"


def test_shared_or_missing_trace_ids_are_made_distinct(crm, connect):
    records = [replace(contact(n), trace_id="one-attempt") for n in range(3)]
    assert list(distinct_traces(records)) == [f"one-attempt:0000000{n}" for n in range(3)]
    records[1] = replace(contact(1, email="bad"), trace_id="")
    results = connect(HUBSPOT).upsert(Entity.CONTACT, records)
    assert [result.status for result in results] == ["created", "failed", "created"]


def test_a_record_the_answer_does_not_mention_is_unknown(crm, connect):
    crm.fail_next("hubspot", "forget_results")
    results = connect(HUBSPOT).upsert(Entity.CONTACT, [contact(n) for n in range(4)])
    forgotten = [result for result in results if result.failure]
    assert len(forgotten) == 2
    assert {(r.failure.kind, r.failure.outcome_unknown, r.failure.scope) for r in forgotten} == {
        ("transient", True, "record")
    }
    assert len(crm.contacts()) == 4


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING", "CANCELED"])
def test_anything_but_complete_is_unknown(status):
    failure = failure_answered("200 OK", {"status": status, "results": []})
    assert (failure.kind, failure.code, failure.outcome_unknown) == ("transient", status, True)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"ok"', b"{", b"<html>"])
def test_a_yes_that_cannot_be_read_is_unknown(body):
    with RawServer(http("200 OK", body)) as server:
        connect = Opener(server.url)
        failure = refused(connect(HUBSPOT), Entity.CONTACT, [contact(1)])
        connect.close()
    assert (failure.kind, failure.code, failure.outcome_unknown) == ("transient", "answer_unreadable", True)


@pytest.mark.parametrize("results", [None, 5, "x", [None, 3], [{}], [{"objectWriteTraceId": ["a"], "properties": 3}]])
def test_results_of_a_strange_shape_leave_every_record_unknown(results):
    found = answered("200 OK", {"status": "COMPLETE", "results": results, "errors": results})
    assert [(r.key, r.failure.outcome_unknown) for r in found] == [("00000001", True), ("00000002", True)]


def test_an_address_owned_by_another_contact_names_that_contact(crm, connect):
    owner = crm.people.create({"email": "ada1@example.org", "lastname": "Byron"})
    connector = connect(HUBSPOT)
    first, second = connector.upsert(Entity.CONTACT, [contact(1), contact(2)])
    assert (first.failure.kind, first.failure.scope, first.failure.code) == ("permanent", "record", "CONFLICT")
    assert first.failure.conflicting_remote_id == str(owner.id)
    assert second.status == "created"


def test_a_whole_409_names_the_contact_only_when_the_batch_is_one_record(crm, connect):
    crm.configure(face_mode="all_or_nothing")
    owner = crm.people.create({"email": "ada1@example.org"})
    connector = connect(HUBSPOT)
    both = connector.upsert(Entity.CONTACT, [contact(1), contact(2)])
    assert [(r.failure.scope, r.failure.conflicting_remote_id) for r in both] == [("batch", None)] * 2
    (alone,) = connector.upsert(Entity.CONTACT, [contact(1)])
    assert (alone.failure.scope, alone.failure.conflicting_remote_id) == ("record", str(owner.id))


@pytest.mark.parametrize("mode", ["per_record", "all_or_nothing"])
def test_a_property_hubspot_does_not_have_is_a_wrong_mapping_not_a_bad_record(crm, connect, mode):
    crm.configure(face_mode=mode)
    connector = connect(HUBSPOT)
    record = contact(1, frist_name="Ada")
    failure = (
        connector.upsert(Entity.CONTACT, [record])[0].failure
        if mode == "per_record"
        else refused(connector, Entity.CONTACT, [record])
    )
    assert (failure.kind, failure.scope) == ("misconfigured", "connection")
    assert (failure.code, failure.field) == ("PROPERTY_DOESNT_EXIST", "frist_name")


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"contact_key": "lastname"}, "NON_UNIQUE_ID_PROPERTY"),
        ({"api_version": "2031-01"}, "404"),
    ],
)
def test_wrong_settings_stop_the_connection_instead_of_parking_records(crm, connect, settings, code):
    failure = refused(connect(HUBSPOT, **settings), Entity.CONTACT, [contact(1), contact(2)])
    assert (failure.kind, failure.scope, failure.code) == ("misconfigured", "connection", code)


def test_an_object_type_hubspot_does_not_know_stops_the_connection(crm, connect):
    order = OutboundRecord("1", None, {"hs_order_name": "x"})
    failure = refused(connect(HUBSPOT, order_object="p_sales"), Entity.ORDER, [order])
    assert (failure.kind, failure.code) == ("misconfigured", "UNKNOWN_OBJECT_TYPE")


def test_a_value_hubspot_refuses_names_field_code_and_reason(crm, connect):
    (result,) = connect(HUBSPOT).upsert(Entity.CONTACT, [contact(1, hs_language="klingon")])
    failure = result.failure
    assert (failure.kind, failure.code, failure.field) == ("permanent", "INVALID_OPTION", "hs_language")
    assert failure.message == "klingon is not a valid value for hs_language"


@pytest.mark.parametrize(
    ("policy", "seconds"), [("TEN_SECONDLY_ROLLING", 10.0), ("SECONDLY", 1.0), ("DAILY", 3600.0), ("NEW", None)]
)
def test_each_named_limit_pauses_the_connection_for_its_time(policy, seconds):
    body = {"status": "error", "errorType": "RATE_LIMIT", "policyName": policy, "correlationId": "c-1"}
    failure = failure_answered("429 Too Many Requests", body)
    assert (failure.kind, failure.scope, failure.retry_after) == ("throttled", "connection", seconds)
    assert (failure.request_id, failure.outcome_unknown) == ("c-1", False)


def test_retry_after_goes_before_the_usual_time():
    body = {"errorType": "RATE_LIMIT", "policyName": "DAILY"}
    assert failure_answered("429 Too Many", body, "Retry-After: 42").retry_after == 42.0


@pytest.mark.parametrize(
    ("status", "kind", "unknown", "retry_after"),
    [
        ("423 Locked", "transient", False, 2.0),
        ("477 Migration", "transient", False, 900.0),
        ("500 Oops", "transient", True, 900.0),
        ("502 Bad Gateway", "transient", True, 900.0),
        ("504 Gateway Timeout", "transient", True, 900.0),
        ("521 Down", "transient", True, 900.0),
        ("307 Moved", "misconfigured", False, None),
    ],
)
def test_other_statuses(status, kind, unknown, retry_after):
    headers = () if status.startswith(("423", "307")) else ("Retry-After: 3600",)
    failure = failure_answered(status, {}, *headers)
    assert (failure.kind, failure.outcome_unknown, failure.retry_after) == (kind, unknown, retry_after)


def test_a_missing_scope_is_told_apart_from_a_bad_record():
    failure = failure_answered("403 Forbidden", {"category": "MISSING_SCOPES", "message": "not granted"})
    assert (failure.kind, failure.scope, failure.code) == ("misconfigured", "connection", "MISSING_SCOPES")


@pytest.mark.parametrize("body", [None, [], "no", {"message": 5}, {"errors": "x"}, {"errors": [{}], "context": []}])
def test_an_error_body_may_have_any_shape(body):
    results = answered("400 Bad Request", body)
    assert {(r.failure.kind, r.failure.scope) for r in results} == {("permanent", "batch")}


ORDER = OutboundRecord("10000912204", None, {"hs_order_name": "2 x Gala"}, trace_id="order")


def test_an_association_that_fails_keeps_the_orders_remote_id_and_repeats_safely(crm, connect):
    connector = connect(HUBSPOT)
    (owner,) = connector.upsert(Entity.CONTACT, [contact(1)])
    order = replace(ORDER, links=(Link(Entity.CONTACT, owner.key, owner.remote_id),))
    crm.fail_next("hubspot", "server_error", path="/crm/associations")
    (result,) = connector.upsert(Entity.ORDER, [order])
    assert (result.status, result.failure.kind) == ("failed", "transient")
    # A read of the order would show it as wanted, and the link would be forgotten: it has to be sent again.
    assert not result.failure.outcome_unknown
    assert result.remote_id == crm.orders()[0]["id"]
    (again,) = connector.upsert(Entity.ORDER, [order])
    assert (again.status, again.remote_id) == ("updated", result.remote_id)
    assert crm.ledger.links() == {"10000912204": "00000001"}
    assert crm.ledger.creates_for("10000912204", "orders") == 1


def test_a_link_to_a_contact_that_is_gone_fails_alone(crm, connect):
    connector = connect(HUBSPOT)
    (owner,) = connector.upsert(Entity.CONTACT, [contact(1)])
    orders = [
        replace(ORDER, key=key, trace_id=key, links=(Link(Entity.CONTACT, "x", remote_id),))
        for key, remote_id in (("1", owner.remote_id), ("2", "999999"))
    ]
    good, bad = connector.upsert(Entity.ORDER, orders)
    assert good.status == "created"
    assert (bad.status, bad.failure.kind, bad.failure.scope) == ("failed", "permanent", "record")
    assert bad.failure.code == "OBJECT_NOT_FOUND"
    assert crm.ledger.links() == {"1": "00000001"}


def test_throttling_between_order_and_link_pauses_the_connection(crm, connect):
    connector = connect(HUBSPOT)
    (owner,) = connector.upsert(Entity.CONTACT, [contact(1)])
    crm.fail_next("hubspot", "throttled", path="/crm/associations")
    order = replace(ORDER, links=(Link(Entity.CONTACT, owner.key, owner.remote_id),))
    (result,) = connector.upsert(Entity.ORDER, [order])
    assert (result.failure.kind, result.failure.scope) == ("throttled", "connection")
    assert result.remote_id is not None


def test_a_refused_order_is_not_linked(crm, connect):
    connector = connect(HUBSPOT)
    (owner,) = connector.upsert(Entity.CONTACT, [contact(1)])
    crm.ledger.forget()
    order = replace(ORDER, fields={"hs_total_price": "a lot"}, links=(Link(Entity.CONTACT, "1", owner.remote_id),))
    (result,) = connector.upsert(Entity.ORDER, [order])
    assert (result.status, result.failure.field) == ("failed", "hs_total_price")
    assert len(crm.ledger.calls_to("associations")) == 0


def test_an_unchanged_order_is_still_linked(crm, connect):
    connector = connect(HUBSPOT, skip_unchanged=True)
    (owner,) = connector.upsert(Entity.CONTACT, [contact(1)])
    connector.upsert(Entity.ORDER, [ORDER])
    order = replace(ORDER, links=(Link(Entity.CONTACT, owner.key, owner.remote_id),))
    (result,) = connector.upsert(Entity.ORDER, [order])
    assert result.status == "unchanged"
    assert crm.ledger.links() == {"10000912204": "00000001"}


def test_orders_may_live_in_another_object(crm, connect):
    connector = connect(HUBSPOT, order_object="0-123")
    assert connector.upsert(Entity.ORDER, [ORDER])[0].status == "created"
    assert [call.path for call in crm.ledger.calls] == ["/crm/objects/2026-03/0-123/batch/upsert"]

"""One record a call: look up, then create or update; a create that fails is looked up once more."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from crm.connectors.base import ConnectorUnavailable, Entity, Link, OutboundRecord
from crm.connectors.generic_rest import writing
from crm.practice import PracticeCrm
from tests.crm.connectors.dialects import BATCH, SINGLE, Opener
from tests.sync.http.raw_server import RawServer, http


def calls(crm: PracticeCrm) -> list[str]:
    return [f"{call.method} {call.path}" for call in crm.ledger.calls]


def test_a_new_record_is_looked_up_and_created(crm, connect):
    (result,) = connect(SINGLE).upsert(Entity.CONTACT, [SINGLE.record(1)])
    assert result.status == "created"
    assert calls(crm) == ["GET /api/contacts", "POST /api/contacts"]


def test_a_known_record_is_updated_by_its_id_without_a_look_up(crm, connect):
    connector = connect(SINGLE)
    (first,) = connector.upsert(Entity.CONTACT, [SINGLE.record(1)])
    crm.ledger.forget()
    (result,) = connector.upsert(Entity.CONTACT, [replace(SINGLE.record(1), remote_id=first.remote_id)])
    assert result.status == "updated"
    assert calls(crm) == [f"PATCH /api/contacts/{first.remote_id}"]


def test_a_key_that_is_part_of_another_is_not_taken_for_it(crm, connect):
    connector = connect(SINGLE)
    connector.upsert(Entity.CONTACT, [OutboundRecord("100", None, {"last_name": "Long"})])
    (result,) = connector.upsert(Entity.CONTACT, [OutboundRecord("10", None, {"last_name": "Short"})])
    assert result.status == "created"
    assert {c["s360_contact_number"]: c["lastname"] for c in crm.contacts()} == {"100": "Long", "10": "Short"}


def test_a_key_cannot_leave_its_place_in_the_path(crm, connect):
    connector = connect(SINGLE)
    key = "1&limit=0#/../x?y=z"
    connector.upsert(Entity.CONTACT, [OutboundRecord(key, None, {"last_name": "A"})])
    (result,) = connector.upsert(Entity.CONTACT, [OutboundRecord(key, None, {"last_name": "B"})])
    assert result.status == "updated"
    assert [c["s360_contact_number"] for c in crm.contacts()] == [key]


@pytest.mark.parametrize("unique_key", ["409", "500"])
def test_a_create_that_lost_the_race_becomes_an_update(crm, connect, unique_key):
    crm.configure(unique_key=unique_key)
    other = crm.people.create({"s360_contact_number": "00000001", "lastname": "Byron"})
    # The first look-up does not see the other's record yet, as when both begin at once.
    crm.fail_next("generic", "soft_error", path="GET /api/contacts")
    connector = connect(SINGLE, success_member="", find_list="results")
    (result,) = connector.upsert(Entity.CONTACT, [SINGLE.record(1)])
    assert (result.status, result.remote_id) == ("updated", str(other.id))
    assert calls(crm) == [
        "GET /api/contacts",
        "POST /api/contacts",
        "GET /api/contacts",
        f"PATCH /api/contacts/{other.id}",
    ]
    assert [c["lastname"] for c in crm.contacts()] == ["Lovelace"]


@pytest.mark.parametrize("kind", ["reset_after_apply", "server_error_after_apply"])
def test_a_create_whose_answer_was_lost_is_found_and_not_written_again(crm, connect, kind):
    crm.fail_next("generic", kind, path="POST /api/contacts")
    (result,) = connect(SINGLE).upsert(Entity.CONTACT, [SINGLE.record(1)])
    assert (result.status, result.remote_id) == ("created", crm.contacts()[0]["id"])
    assert crm.ledger.writes_for("00000001") == (1, 0, 0)


def test_a_create_refused_for_its_data_is_reported_with_the_crms_reason(crm, connect):
    (result,) = connect(SINGLE).upsert(Entity.CONTACT, [SINGLE.record(1, email="nowhere")])
    failure = result.failure
    assert (failure.kind, failure.scope, failure.field) == ("permanent", "record", "email")
    assert failure.message == "email: Enter a valid email."
    assert calls(crm) == ["GET /api/contacts", "POST /api/contacts", "GET /api/contacts"]


@pytest.mark.parametrize("status", [200, 400, 422])
def test_a_refusal_is_seen_whatever_the_status(crm, connect, status):
    crm.configure(validation_status=status)
    (result,) = connect(SINGLE).upsert(Entity.CONTACT, [SINGLE.record(1, email="nowhere")])
    assert (result.failure.kind, result.failure.field) == ("permanent", "email")
    assert crm.contacts() == []


@pytest.mark.parametrize("style", ["flag", "rest"])
def test_both_styles_of_answers_give_the_new_id(crm, connect, style):
    crm.configure(generic_style=style)
    (result,) = connect(SINGLE).upsert(Entity.CONTACT, [SINGLE.record(1)])
    assert (result.status, result.remote_id) == ("created", crm.contacts()[0]["id"])


def test_a_yes_without_an_id_is_looked_up(crm, connect):
    (result,) = connect(SINGLE, created_id="data.uuid").upsert(Entity.CONTACT, [SINGLE.record(1)])
    assert (result.status, result.remote_id) == ("created", crm.contacts()[0]["id"])


def test_two_records_with_one_key_are_left_to_a_person(crm, connect):
    connector = connect(SINGLE)
    (first,) = connector.upsert(Entity.CONTACT, [SINGLE.record(1)])
    clone = crm.people.clone(first.remote_id)
    (result,) = connector.upsert(Entity.CONTACT, [SINGLE.record(1, last_name="King")])
    assert (result.failure.kind, result.failure.code) == ("permanent", "duplicate_key")
    assert str(clone.id) in result.failure.message
    assert {c["lastname"] for c in crm.contacts()} == {"Lovelace"}


def test_a_record_a_person_deleted_is_not_made_again(crm, connect):
    connector = connect(SINGLE)
    (first,) = connector.upsert(Entity.CONTACT, [SINGLE.record(1)])
    crm.people.delete(first.remote_id)
    (result,) = connector.upsert(Entity.CONTACT, [replace(SINGLE.record(1), remote_id=first.remote_id)])
    assert (result.failure.kind, result.failure.scope, result.failure.code) == ("permanent", "record", "404")
    assert crm.contacts() == []


def test_a_record_that_moved_to_another_id_is_found_by_its_key(crm, connect):
    connector = connect(SINGLE)
    (first,) = connector.upsert(Entity.CONTACT, [SINGLE.record(1)])
    crm.people.delete(first.remote_id)
    moved = crm.people.create({"s360_contact_number": "00000001"})
    (result,) = connector.upsert(Entity.CONTACT, [replace(SINGLE.record(1), remote_id=first.remote_id)])
    assert (result.status, result.remote_id) == ("updated", str(moved.id))


def test_a_limit_in_the_middle_keeps_what_was_written_and_sends_nothing_more(crm, connect):
    connector = connect(SINGLE)
    connector.upsert(Entity.CONTACT, [SINGLE.record(n) for n in range(2)])
    crm.ledger.forget()
    crm.fail_next("generic", "throttled", path="POST", retry_after=9)
    results = connector.upsert(Entity.CONTACT, [SINGLE.record(n) for n in range(5)])
    assert [r.status for r in results] == ["updated", "updated", "failed", "failed", "failed"]
    assert {(r.failure.kind, r.failure.scope, r.failure.retry_after) for r in results[2:]} == {
        ("throttled", "connection", 9.0)
    }
    assert len(crm.ledger.calls) == 6


def test_a_write_without_an_answer_is_unknown_alone_and_the_rest_is_known_unsent(crm, connect):
    connector = connect(SINGLE, read_seconds=0.3)
    crm.fail_next("generic", "hang", path="POST")
    results = connector.upsert(Entity.CONTACT, [SINGLE.record(n) for n in range(3)])
    assert [(r.failure.kind, r.failure.outcome_unknown) for r in results] == [
        ("transient", True),
        ("transient", False),
        ("transient", False),
    ]


def test_a_slow_crm_leaves_the_rest_for_the_next_call(crm, connect, monkeypatch):
    monkeypatch.setattr(writing, "BEGIN_SECONDS", 0.0)
    results = connect(SINGLE).upsert(Entity.CONTACT, [SINGLE.record(n) for n in range(3)])
    assert {(r.failure.kind, r.failure.code, r.failure.outcome_unknown) for r in results} == {
        ("transient", "not_begun", False)
    }
    assert len(crm.ledger.calls) == 0


def test_a_look_up_path_that_does_not_exist_never_creates(crm, connect):
    connector = connect(SINGLE, find_path="/api/people?external_id={key}")
    with pytest.raises(ConnectorUnavailable) as raised:
        connector.upsert(Entity.CONTACT, [SINGLE.record(1)])
    assert (raised.value.failure.kind, raised.value.failure.scope) == ("misconfigured", "connection")
    assert crm.contacts() == []


def test_the_same_content_carries_the_same_idempotency_key():
    with RawServer(http("200 OK", b'{"results": [], "id": "7"}')) as server:
        connect = Opener(server.url)
        connector = connect(SINGLE, idempotency_header="Idempotency-Key")
        for record in (SINGLE.record(1), SINGLE.record(1), SINGLE.record(1, last_name="King")):
            connector.upsert(Entity.CONTACT, [record])
        connect.close()
        lines = server.received.split(b"\r\n")
    first, second, third = [line.partition(b": ")[2] for line in lines if line.startswith(b"Idempotency-Key")]
    assert first == second
    assert first != third


def test_a_repeated_create_is_one_create_where_the_crm_honours_the_key(crm, connect):
    crm.configure(idempotency_header=True)
    crm.fail_next("generic", "reset_after_apply", path="POST")
    # nowhere: a CRM whose search does not show the new record yet
    connector = connect(SINGLE, idempotency_header="Idempotency-Key", find_list="nowhere")
    (lost,) = connector.upsert(Entity.CONTACT, [SINGLE.record(1)])
    assert lost.failure is not None
    assert lost.failure.outcome_unknown
    (again,) = connector.upsert(Entity.CONTACT, [SINGLE.record(1)])
    assert (again.status, again.remote_id) == ("created", crm.contacts()[0]["id"])
    assert crm.ledger.creates_for("00000001") == 1


def sent_body(record: OutboundRecord, **settings) -> dict[str, Any]:
    with RawServer(http("200 OK", b'{"results": [], "id": "7"}')) as server:
        connect = Opener(server.url)
        connect(SINGLE, **settings).upsert(Entity.CONTACT, [record])
        connect.close()
        body: dict[str, Any] = orjson.loads(server.received.rpartition(b"\r\n\r\n")[2])
    return body


def test_bodies_take_the_shape_of_the_settings():
    record = OutboundRecord(
        "01", None, {"last_name": "King", "custom.tier": "gold"}, (Link(Entity.CONTACT, "5", "77"),)
    )
    assert sent_body(record) == {
        "last_name": "King",
        "custom": {"tier": "gold"},
        "external_id": "01",
        "contact_id": "77",
    }
    settings = {"body_member": "data.contact", "record_key": "refs.s360", "link_attribute": "owner.id"}
    assert sent_body(record, **settings) == {
        "data": {
            "contact": {
                "last_name": "King",
                "custom": {"tier": "gold"},
                "refs": {"s360": "01"},
                "owner": {"id": "77"},
            }
        }
    }


def test_nested_records_are_found_read_and_compared():
    found = {"data": {"items": [{"uuid": 7, "attributes": {"name": {"last": "King"}, "key": "01"}}]}}
    with RawServer(http("200 OK", orjson.dumps(found))) as server:
        connect = Opener(server.url)
        connector = connect(
            SINGLE,
            find_list="data.items",
            record_id="uuid",
            record_key="attributes.key",
            record_fields="attributes",
            skip_unchanged=True,
            mapped_fields={"contact": ["name.last"]},
        )
        (result,) = connector.upsert(Entity.CONTACT, [OutboundRecord("01", None, {"name.last": "King"})])
        connect.close()
    assert (result.status, result.remote_id) == ("unchanged", "7")


def test_a_batch_names_each_bad_record_by_its_key(crm, connect):
    records = [BATCH.record(1), BATCH.record(2, email="nowhere"), BATCH.record(3)]
    good, bad, last = connect(BATCH).upsert(Entity.CONTACT, records)
    assert (good.status, last.status) == ("created", "created")
    assert (bad.failure.kind, bad.failure.scope, bad.failure.field) == ("permanent", "record", "email")


@pytest.mark.parametrize(
    "body",
    [{}, {"results": None}, {"results": [5]}, {"results": [{"ok": True}]}, {"results": [{"external_id": 5}]}, []],
)
def test_a_batch_answer_that_says_nothing_about_a_record_leaves_it_unknown(body):
    with RawServer(http("200 OK", orjson.dumps(body))) as server:
        connect = Opener(server.url)
        (result,) = connect(BATCH).upsert(Entity.CONTACT, [BATCH.record(1)])
        connect.close()
    assert result.failure is not None
    assert (result.failure.kind, result.failure.outcome_unknown) == ("transient", True)


def test_a_batch_result_without_an_id_is_unknown():
    body = {"results": [{"external_id": "00000001", "ok": True}]}
    with RawServer(http("200 OK", orjson.dumps(body))) as server:
        connect = Opener(server.url)
        (result,) = connect(BATCH).upsert(Entity.CONTACT, [BATCH.record(1)])
        connect.close()
    assert result.failure is not None
    assert (result.failure.code, result.failure.outcome_unknown) == ("not_in_answer", True)


def test_a_batch_endpoint_that_does_not_exist_stops_the_connection(crm, connect):
    crm.configure(batch_endpoint=False)
    with pytest.raises(ConnectorUnavailable) as raised:
        connect(BATCH).upsert(Entity.CONTACT, [BATCH.record(1), BATCH.record(2)])
    assert (raised.value.failure.kind, raised.value.failure.scope) == ("misconfigured", "connection")

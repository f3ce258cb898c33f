"""What the webhook door stores and how it answers a caller it knows."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from sync.models import Cause, Delivery, DeliveryState, RecordOutcome, RecordState, Stream
from tests.factories.institutions import InstitutionFactory
from tests.sync.api.conftest import Door
from tests.sync.s360.samples import CONTACT, EXPORT_ROW, ORDER, contact, raw, wrapped

OpenDoor = Callable[..., Door]


def rows(delivery: Delivery) -> list[tuple[Any, ...]]:
    return list(delivery.records.order_by("ordinal").values_list("ordinal", "external_id", "state", "outcome"))


def test_delivery_is_stored_as_it_came_with_a_row_for_each_record(door: Door) -> None:
    body = raw([contact(contactNumber="0000001"), contact(contactNumber="0000002")])
    answer = door.post(body, REMOTE_ADDR="192.0.2.7")
    assert answer.status_code == 200
    assert answer.json() == {"received": 2, "accepted": 2, "rejected": 0}
    delivery = Delivery.objects.get()
    assert bytes(delivery.body) == body
    assert bytes(delivery.digest) == hashlib.sha256(body).digest()
    assert (delivery.body_size, delivery.record_count, delivery.rejected_count) == (len(body), 2, 0)
    assert (delivery.endpoint, delivery.institution) == (door.endpoint, door.endpoint.institution)
    assert (delivery.state, delivery.stream, delivery.warning) == (DeliveryState.WAITING, "contacts", "")
    assert delivery.remote_address == "192.0.2.7"
    assert rows(delivery) == [(0, "0000001", "waiting", ""), (1, "0000002", "waiting", "")]


def test_one_bad_record_is_kept_with_its_reason_and_its_neighbours_wait(door: Door) -> None:
    records = [contact(contactNumber=f"{n:07d}") for n in range(50)]
    records[17] = contact(contactNumber=17)
    answer = door.post(records)
    assert answer.status_code == 200
    assert answer.json() == {"received": 50, "accepted": 49, "rejected": 1}
    delivery = Delivery.objects.get()
    assert delivery.rejected_count == 1
    assert delivery.records.filter(state=RecordState.WAITING).count() == 49
    bad = delivery.records.get(state=RecordState.PARKED)
    assert (bad.ordinal, bad.external_id, bad.outcome) == (17, "", RecordOutcome.REJECTED)
    assert (bad.problem_field, bad.problem_value) == ("contactNumber", "17")
    assert "leading zeros" in bad.problem


def test_records_rejected_for_one_reason_share_one_cause(door: Door) -> None:
    door.post([contact(contactNumber=1), contact(contactNumber=2)])
    door.post([contact(contactNumber=3)])
    cause = Cause.objects.get()
    assert (cause.code, cause.field, cause.target) == ("record_rejected", "contactNumber", "s360")
    assert cause.delivery_records.count() == 3


@pytest.mark.parametrize(
    ("stream", "body", "external_ids"),
    [
        (Stream.CONTACTS, [CONTACT], ["0048213"]),
        (Stream.CONTACTS, CONTACT, ["0048213"]),
        (Stream.CONTACTS, [], []),
        (Stream.ORDERS, [wrapped(ORDER), wrapped(ORDER)], ["10000912204", "10000912204"]),
        (Stream.ORDERS, [ORDER], ["10000912204"]),
        (Stream.ORDERS, wrapped(ORDER), ["10000912204"]),
        (Stream.ORDERS, ORDER, ["10000912204"]),
        (Stream.ORDERS, {"orderDetailsDatas": [ORDER]}, ["10000912204"]),
        (Stream.EXPORT_CONTACTS, [EXPORT_ROW], ["0048213"]),
        (Stream.EXPORT_CONTACTS, EXPORT_ROW, ["0048213"]),
        (Stream.EXPORT_ORDERS, [{"orderId": "10000912204"}], ["10000912204"]),
    ],
)
def test_every_stream_and_root_shape_is_taken(
    open_door: OpenDoor, stream: Stream, body: Any, external_ids: list[str]
) -> None:
    answer = open_door(stream).post(body)
    assert (answer.status_code, answer.json()["accepted"]) == (200, len(external_ids))
    assert [row[1] for row in rows(Delivery.objects.get())] == external_ids


def test_export_endpoint_reads_the_identity_from_its_own_column(open_door: OpenDoor) -> None:
    door = open_door(Stream.EXPORT_CONTACTS, column_map={"No.": "contact_number"})
    door.post([{"No.": "0048213"}, {"contactNumber": "0048213"}])
    assert rows(Delivery.objects.get()) == [(0, "0048213", "waiting", ""), (1, "", "parked", "rejected")]


def test_same_body_twice_is_two_deliveries_because_a_b_a_is_a_legitimate_history(door: Door) -> None:
    body = raw([CONTACT])
    assert [door.post(body).status_code for _ in range(3)] == [200, 200, 200]
    assert Delivery.objects.filter(state=DeliveryState.WAITING).count() == 3


def test_same_number_twice_in_a_batch_is_two_records(door: Door) -> None:
    door.post([contact(), contact(role="MEMBER")])
    assert [row[1] for row in rows(Delivery.objects.get())] == ["0048213", "0048213"]


def test_missing_blocks_unknown_fields_and_unknown_values_are_accepted(door: Door) -> None:
    answer = door.post([{"contactNumber": "0048213", "type": "ROBOT", "brandNew": {"a": [1]}}])
    assert answer.json() == {"received": 1, "accepted": 1, "rejected": 0}


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=UTF-8",
        "application/json; charset=utf-16",
        "application/vnd.api+json",
        "text/plain",
        "text/html",
        "application/xml",
        "application/octet-stream",
        "nonsense",
        "",
    ],
)
def test_body_is_read_whatever_its_content_type_says(door: Door, content_type: str) -> None:
    assert door.post([CONTACT], content_type=content_type).status_code == 200


@pytest.mark.parametrize(
    "accept", ["application/json", "text/html", "application/xml", "image/png", "*/*;q=0", "nonsense"]
)
def test_accept_header_cannot_cost_an_array(door: Door, accept: str) -> None:
    answer = door.post([CONTACT], HTTP_ACCEPT=accept)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


def test_byte_order_mark_is_accepted(door: Door) -> None:
    assert door.post(b"\xef\xbb\xbf" + raw([CONTACT])).status_code == 200


def test_url_works_without_its_final_slash_too(door: Door) -> None:
    assert door.post([CONTACT], path=door.path.rstrip("/")).status_code == 200


def test_institution_in_the_url_may_be_in_either_case(door: Door) -> None:
    code = door.endpoint.institution.code
    assert door.post([CONTACT], path=door.path.replace(code.lower(), code)).status_code == 200


def test_more_records_than_configured_are_taken_with_a_warning(open_door: OpenDoor) -> None:
    door = open_door(expected_batch_size=50)
    assert door.post([contact(contactNumber=str(n + 1)) for n in range(500)]).status_code == 200
    delivery = Delivery.objects.get()
    assert delivery.warning == "500 records in one array, 50 were expected"
    assert delivery.records.count() == 500


@pytest.mark.parametrize("count", [501, 20_000])
def test_absurd_number_of_records_is_413(door: Door, count: int) -> None:
    answer = door.post([{"contactNumber": str(n + 1)} for n in range(count)])
    assert (answer.status_code, answer.json()["error"]) == (413, "too_many_records")
    assert Delivery.objects.get().state == DeliveryState.REFUSED


def test_settings_of_the_institution_count_at_the_door(open_door: OpenDoor) -> None:
    institution = InstitutionFactory(settings={"webhook_max_records": 60, "contact_number_pattern": "C[0-9]+"})
    door = open_door(institution=institution)
    assert door.post([contact(contactNumber="C1")]).json()["accepted"] == 1
    assert door.post([contact(contactNumber="1")]).json()["rejected"] == 1
    assert door.post([contact(contactNumber="C1")] * 61).status_code == 413


def test_setting_that_cannot_be_used_does_not_close_the_door(open_door: OpenDoor) -> None:
    institution = InstitutionFactory(settings={"webhook_max_records": "many", "no_such_setting": 1})
    assert open_door(institution=institution).post([CONTACT]).status_code == 200


def test_column_map_that_cannot_be_used_does_not_close_the_door(open_door: OpenDoor) -> None:
    door = open_door(Stream.EXPORT_CONTACTS, column_map={"a": "shoe_size"})
    assert door.post([EXPORT_ROW]).json()["accepted"] == 1


def test_last_delivery_is_noted_on_the_endpoint_without_an_update_for_each(door: Door) -> None:
    door.post([CONTACT], REMOTE_ADDR="192.0.2.7")
    first = door.endpoint.last_delivery_at
    assert first is not None
    assert door.endpoint.last_address == "192.0.2.7"
    door.post([CONTACT], REMOTE_ADDR="192.0.2.8")
    assert door.endpoint.last_delivery_at == first


def test_answer_over_the_budget_is_told(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    institution = door.endpoint.institution
    institution.settings = {"webhook_response_budget_ms": 100}
    institution.save()
    door.post([CONTACT])
    assert "hook_slow" not in caplog.text
    with connection.cursor() as cursor:
        slowly = "BEGIN PERFORM pg_sleep(0.12); RETURN NEW; END"
        cursor.execute(f"CREATE FUNCTION slowly() RETURNS trigger AS '{slowly}' LANGUAGE plpgsql")
        cursor.execute("CREATE TRIGGER slow BEFORE INSERT ON sync_delivery FOR EACH ROW EXECUTE FUNCTION slowly()")
    assert door.post([CONTACT]).status_code == 200
    assert "hook_slow" in caplog.text


def test_one_request_costs_one_statement(door: Door, django_assert_num_queries: Any) -> None:
    door.post([CONTACT])
    with django_assert_num_queries(0):  # Django's counter sees none: the one statement runs on psycopg's own cursor
        door.post([CONTACT])
    assert Delivery.objects.count() == 2


def test_stored_values_can_be_read_back_by_postgresql(door: Door) -> None:
    spoiled = (rb'"\u0000"', rb'"\ud800"', b"1e400")
    records = [b'{"contactNumber": "%d", "x": %s}' % (n + 1, value) for n, value in enumerate(spoiled)]
    door.post(b"[" + b",".join(records) + b"]")
    delivery = Delivery.objects.get()
    assert json.dumps(list(delivery.records.values_list("problem_field", "problem_value", "problem"))).isascii()
    assert list(delivery.records.order_by("ordinal").values_list("external_id", flat=True)) == ["1", "2", "3"]
    assert delivery.rejected_count == 3

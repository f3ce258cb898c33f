"""What the door refuses of a caller it knows, and what it keeps of that."""

import hashlib
import json
import logging
from typing import Any

import pytest
from django.test import Client

from sync.models import Delivery, DeliveryState
from sync.services.refusals import KEPT_PER_ENDPOINT
from tests.factories.institutions import InstitutionFactory
from tests.sync.api.conftest import Door
from tests.sync.s360.samples import CONTACT, raw
from tests.sync.s360.test_strict import ACCEPTED, REFUSED, SPOILED


@pytest.mark.parametrize(("body", "status", "code"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_hostile_body_is_refused_and_kept(door: Door, body: bytes, status: int, code: str) -> None:
    answer = door.post(body)
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    kept = Delivery.objects.get()
    assert (kept.state, kept.refusal_status) == (DeliveryState.REFUSED, status)
    assert kept.refusal.startswith(f"{code}: ")
    assert bytes(kept.body) == body[: 64 * 1024]
    assert kept.body_size == len(body)
    assert kept.records.count() == 0


@pytest.mark.parametrize("body", [case[1] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED])
def test_good_control_passes_the_door(door: Door, body: bytes) -> None:
    assert door.post(body).status_code == 200


@pytest.mark.parametrize("record", [case[1] for case in SPOILED], ids=[case[0] for case in SPOILED])
def test_spoiled_record_is_parked_and_its_neighbours_are_not(door: Door, record: bytes) -> None:
    answer = door.post(b"[" + raw(CONTACT) + b"," + record + b"," + raw(CONTACT) + b"]")
    assert (answer.status_code, answer.json()) == (200, {"received": 3, "accepted": 2, "rejected": 1})
    states = Delivery.objects.get().records.order_by("ordinal").values_list("state", flat=True)
    assert list(states) == ["waiting", "parked", "waiting"]


@pytest.mark.parametrize("body", [b"null", b"true", b"5", b'"text"', b"0.5"])
def test_wrong_top_level_is_refused(door: Door, body: bytes) -> None:
    answer = door.post(body)
    assert (answer.status_code, answer.json()["error"]) == (400, "body_wrong_shape")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "GZIP", "gzip, identity", "x-unknown"])
def test_encoded_body_is_415_and_never_unpacked(door: Door, encoding: str) -> None:
    answer = door.post(raw([CONTACT]), HTTP_CONTENT_ENCODING=encoding)
    assert (answer.status_code, answer.json()["error"]) == (415, "body_encoded")


def test_identity_encoding_is_no_encoding(door: Door) -> None:
    assert door.post([CONTACT], HTTP_CONTENT_ENCODING="identity").status_code == 200


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data; boundary=x", "Multipart/Mixed", "application/x-www-form-urlencoded"],
)
def test_form_and_multipart_are_415(door: Door, content_type: str) -> None:
    answer = door.post(raw([CONTACT]), content_type=content_type)
    assert (answer.status_code, answer.json()["error"]) == (415, "media_type")


def test_json_content_type_can_be_asked_for(open_door: Any) -> None:
    door = open_door(institution=InstitutionFactory(settings={"webhook_require_json_content_type": True}))
    assert door.post([CONTACT], content_type="text/plain").status_code == 415
    assert door.post([CONTACT], content_type="application/json; charset=UTF-8").status_code == 200
    assert door.post([CONTACT], content_type="application/vnd.x+json").status_code == 200


@pytest.mark.parametrize("length", ["", "-1", "1e3", "+5", " 5", "five", "0x10", "1,2", "\u0665"])
def test_length_that_is_unknown_or_nonsense_is_refused(door: Door, length: str) -> None:
    answer = door.post(raw([CONTACT]), CONTENT_LENGTH=length)
    assert (answer.status_code, answer.json()["error"]) == (400, "length_unknown")


def test_declared_size_over_the_limit_is_413_before_the_body_is_read(door: Door) -> None:
    answer = door.post(raw([CONTACT]), CONTENT_LENGTH=str(10 * 1024**3))
    assert (answer.status_code, answer.json()["error"]) == (413, "body_too_large")
    kept = Delivery.objects.get()
    assert kept.body_size == 2**31 - 1
    assert bytes(kept.body) == raw([CONTACT])


def test_limit_of_the_process_holds_for_every_institution(door: Door, settings: Any) -> None:
    settings.HOOK_BODY_LIMIT_BYTES = 500
    assert door.post(b"[" + b" " * 498 + b"]").status_code == 200
    assert door.post(b"[" + b" " * 499 + b"]").status_code == 413


def test_body_shorter_than_declared_is_refused(door: Door) -> None:
    body = raw([CONTACT])
    answer = door.post(body, CONTENT_LENGTH=str(len(body) + 1))
    assert (answer.status_code, answer.json()["error"]) == (400, "body_cut")


def test_body_longer_than_declared_is_read_no_further_and_refused_as_json(door: Door) -> None:
    body = raw([CONTACT])
    assert door.post(body, CONTENT_LENGTH=str(len(body) - 1)).status_code == 400


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options", "trace"])
def test_other_methods_are_405_for_a_caller_who_knows_the_url(door: Door, method: str) -> None:
    answer = getattr(Client(), method)(door.path)
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert Delivery.objects.count() == 0


def test_large_refused_body_is_clipped_and_its_digest_is_of_all_of_it(door: Door) -> None:
    body = b"[" + b" " * 200_000
    door.post(body)
    kept = Delivery.objects.get()
    assert bytes(kept.body) == body[: 64 * 1024]
    assert (kept.body_size, bytes(kept.digest)) == (len(body), hashlib.sha256(body).digest())


def test_refusals_are_counted_on_the_endpoint_until_a_delivery_is_stored(door: Door) -> None:
    door.post([CONTACT])
    for _ in range(3):
        door.post(b"<html>")
    endpoint = door.endpoint
    assert (endpoint.refused_count, endpoint.refused_in_a_row) == (3, 3)
    assert endpoint.last_refusal.startswith("body_not_json: ")
    assert endpoint.last_refused_at is not None
    assert door.post([CONTACT]).status_code == 200
    endpoint = door.endpoint
    assert (endpoint.refused_count, endpoint.refused_in_a_row) == (3, 0)


def test_only_the_last_refused_bodies_are_kept_and_good_deliveries_are_never_cleaned_up(door: Door) -> None:
    door.post([CONTACT])
    for n in range(KEPT_PER_ENDPOINT + 40):
        door.post(f"<html>{n}".encode())
    kept = Delivery.objects.filter(state=DeliveryState.REFUSED).order_by("id")
    assert kept.count() == KEPT_PER_ENDPOINT
    assert bytes(kept[0].body) == b"<html>40"
    assert Delivery.objects.filter(state=DeliveryState.WAITING).count() == 1


def test_refusal_raises_an_alarm_with_ids_and_without_the_body(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        door.post(b'[{"contactNumber": "0048213", "email": "noor.marker@example.org"')
    (alarm,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    told = json.dumps(alarm.msg if isinstance(alarm.msg, dict) else alarm.getMessage(), default=str)
    assert "delivery_refused" in told
    assert door.endpoint.public_id in told
    assert "noor.marker" not in caplog.text
    assert door.issued.secret not in caplog.text

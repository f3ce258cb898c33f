"""Faults on demand: what reaches the caller, and what was applied all the same."""

from __future__ import annotations

import socket
import threading
import time
from email.utils import parsedate_to_datetime

import httpx
import pytest

from crm.practice.faults import UnknownFaultError
from crm.practice.misbehaviour import KINDS, SHOWN
from tests.crm.practice.clients import START, contact

CONTACTS = "/api/contacts"


def wait_until(holds, seconds=5.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.01)


def upsert_quickly(hubspot, *inputs):
    """With a client that gives up after a moment."""
    hubspot.http.timeout = httpx.Timeout(0.3)
    return hubspot.upsert(list(inputs))


@pytest.mark.parametrize("kind", ["reset_after_apply", "reset_mid_answer", "not_http"])
def test_cut_after_applying_leaves_the_write_behind(crm, hubspot, kind):
    crm.fail_next("hubspot", kind)

    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        hubspot.upsert([contact("1")])

    assert crm.ledger.creates_for("1") == 1
    assert hubspot.upsert([contact("1")]).json()["results"][0]["new"] is False


def test_cut_before_applying_leaves_nothing(crm, hubspot):
    crm.fail_next("hubspot", "reset_before_apply")

    with pytest.raises(httpx.ReadError, match="reset"):
        hubspot.upsert([contact("1")])

    assert crm.ledger.creates_for("1") == 0


def test_hang_after_applying_never_answers(crm, hubspot):
    crm.fail_next("hubspot", "apply_then_hang")

    with pytest.raises(httpx.ReadTimeout):
        upsert_quickly(hubspot, contact("1"))

    assert crm.ledger.creates_for("1") == 1
    assert crm.ledger.calls[-1].status is None


def test_hang_never_applies(crm, hubspot):
    crm.fail_next("hubspot", "hang")

    with pytest.raises(httpx.ReadTimeout):
        upsert_quickly(hubspot, contact("1"))

    wait_until(lambda: crm.ledger.calls[-1].fault == "hang")
    assert crm.contacts() == []


def test_write_lands_after_the_caller_gave_up(crm, hubspot):
    crm.fail_next("hubspot", "apply_after_giving_up", seconds=0.2)

    with pytest.raises(httpx.ReadTimeout):
        upsert_quickly(hubspot, contact("1"))

    assert crm.contacts() == []
    wait_until(lambda: crm.contacts() != [])
    assert crm.ledger.creates_for("1") == 1


def test_late_answer_is_applied_before_the_wait(crm, hubspot):
    crm.fail_next("hubspot", "late", seconds=0.3)
    began = time.monotonic()
    caller = threading.Thread(target=hubspot.upsert, args=([contact("1")],))
    caller.start()
    wait_until(lambda: crm.contacts() != [])
    assert time.monotonic() - began < 0.3

    caller.join()

    assert time.monotonic() - began >= 0.3
    assert crm.ledger.calls[-1].status == 200


def test_slow_call_waits_before_applying(crm, hubspot):
    crm.fail_next("hubspot", "slow", ms=200)
    began = time.monotonic()

    assert hubspot.upsert([contact("1")]).status_code == 200
    assert time.monotonic() - began >= 0.2


def test_latency_holds_every_call(crm, hubspot):
    crm.configure(latency_ms=100)
    began = time.monotonic()
    hubspot.upsert([contact("1")])

    assert time.monotonic() - began >= 0.1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
def test_server_error_applies_nothing(crm, hubspot, status):
    crm.fail_next("hubspot", "server_error", status=status)

    assert hubspot.upsert([contact("1")]).status_code == status
    assert crm.contacts() == []


def test_server_error_after_applying_leaves_the_write(crm, hubspot):
    crm.fail_next("hubspot", "server_error_after_apply", status=502)

    assert hubspot.upsert([contact("1")]).status_code == 502
    assert crm.ledger.creates_for("1") == 1


@pytest.mark.parametrize(("apply", "created"), [(True, 1), (False, 0)])
def test_garbage_is_a_200_nobody_can_read(crm, hubspot, apply, created):
    crm.fail_next("hubspot", "garbage", apply=apply)

    reply = hubspot.upsert([contact("1")])

    assert reply.status_code == 200
    with pytest.raises(ValueError, match="Expecting value"):
        reply.json()
    assert crm.ledger.creates_for("1") == created


def test_endless_answer_goes_on_until_the_caller_leaves(crm, hubspot):
    crm.fail_next("hubspot", "endless")
    body = {"inputs": [contact("1")]}
    path = "/crm/objects/2026-03/contacts/batch/upsert"

    received = 0
    with hubspot.http.stream("POST", path, json=body) as reply:
        for chunk in reply.iter_raw():
            received += len(chunk)
            if received > 8_000_000:
                break

    assert received > 8_000_000
    assert crm.ledger.creates_for("1") == 1


def test_too_large_answer_and_gzip_bomb_are_as_large_as_asked(crm, hubspot):
    crm.fail_next("hubspot", "too_large", mb=6)
    assert len(hubspot.upsert([contact("1")]).content) > 6_000_000

    crm.fail_next("hubspot", "gzip_bomb", mb=6)
    reply = hubspot.upsert([contact("1")])
    assert int(reply.headers["Content-Length"]) < 20_000
    assert len(reply.content) == 6_000_000


@pytest.mark.parametrize(("wanted", "shown"), [(None, None), (7, "7"), (864_000, "864000"), ("soon", "soon")])
def test_429_shows_the_retry_after_it_was_given(crm, hubspot, wanted, shown):
    crm.fail_next("hubspot", "throttled", retry_after=wanted)

    reply = hubspot.upsert([contact("1")])

    assert (reply.status_code, reply.json()["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    assert reply.headers.get("Retry-After") == shown
    assert crm.contacts() == []


def test_429_can_name_a_date(crm, hubspot):
    crm.fail_next("hubspot", "throttled", retry_after="date", seconds=45)

    date = parsedate_to_datetime(hubspot.upsert([contact("1")]).headers["Retry-After"])

    assert date.timestamp() == START + 45


@pytest.mark.parametrize(
    ("kind", "status", "member", "value"),
    [
        ("daily_quota", 429, "policyName", "DAILY"),
        ("unauthorized", 401, "category", "EXPIRED_AUTHENTICATION"),
        ("forbidden", 403, "category", "MISSING_SCOPES"),
        ("locked", 423, "category", "LOCKED"),
        ("migrating", 477, "message", "Migration in progress"),
        ("bad_request", 400, "category", "VALIDATION_ERROR"),
    ],
)
def test_refusal_has_hubspots_body_and_applies_nothing(crm, hubspot, kind, status, member, value):
    crm.fail_next("hubspot", kind)

    reply = hubspot.upsert([contact("1")])

    assert (reply.status_code, reply.json()[member]) == (status, value)
    assert crm.contacts() == []


@pytest.mark.parametrize(
    ("kind", "status"), [("throttled", 429), ("unauthorized", 401), ("forbidden", 403), ("bad_request", 400)]
)
def test_refusal_of_the_plain_face_flags_an_error(crm, rest, kind, status):
    crm.fail_next("generic", kind)

    reply = rest.call("POST", CONTACTS, {"external_id": "1"})

    assert (reply.status_code, reply.json()["error"]) == (status, True)
    assert crm.contacts() == []


def test_soft_error_is_a_200_that_stored_nothing(crm, rest):
    crm.fail_next("generic", "soft_error", message="Nope")

    reply = rest.call("POST", CONTACTS, {"external_id": "1"})

    assert (reply.status_code, reply.json()) == (200, {"error": True, "message": "Nope"})
    assert crm.contacts() == []


def test_pending_answer_was_applied_but_tells_nothing(crm, hubspot):
    crm.fail_next("hubspot", "pending")

    body = hubspot.upsert([contact("1")]).json()

    assert (body["status"], body["results"]) == ("PENDING", [])
    assert crm.ledger.creates_for("1") == 1


def test_forgotten_results_were_applied(crm, hubspot):
    crm.fail_next("hubspot", "forget_results")

    reply = hubspot.upsert([contact(str(number)) for number in range(4)])

    assert [each["objectWriteTraceId"] for each in reply.json()["results"]] == ["w3", "w1"]
    assert len(crm.contacts()) == 4


def test_fault_meets_the_next_calls_of_its_face_and_path_only(crm, hubspot, rest):
    crm.fail_next("hubspot", "server_error", 2, path="batch/upsert")

    assert rest.call("GET", CONTACTS).status_code == 200
    assert hubspot.search().status_code == 200
    assert [hubspot.upsert([contact("1")]).status_code for _ in range(3)] == [503, 503, 200]
    assert crm.core.faults.standing() == []


def test_fault_can_name_the_method(crm, rest):
    crm.fail_next("generic", "server_error", path="POST /api/contacts")

    assert rest.call("GET", CONTACTS).status_code == 200
    assert rest.call("POST", CONTACTS, {"external_id": "1"}).status_code == 503


def test_share_of_calls_fails_until_the_fault_is_lifted(crm, rest):
    fault = crm.fail_some("*", "server_error", 0.3)
    failed = [rest.call("GET", CONTACTS).status_code for _ in range(200)].count(503)

    assert 35 <= failed <= 85
    assert fault.hits == failed
    crm.clear_faults()
    assert rest.call("GET", CONTACTS).status_code == 200


@pytest.mark.parametrize(
    ("face", "kind", "params"),
    [("hubspot", "flood", {}), ("fax", "late", {}), ("*", "late", {"minutes": 5}), ("*", "hang", {"ms": 1})],
)
def test_fault_nobody_knows_is_refused(crm, face, kind, params):
    with pytest.raises(UnknownFaultError):
        crm.fail_next(face, kind, **params)


def test_share_beyond_one_is_refused(crm):
    with pytest.raises(UnknownFaultError):
        crm.fail_some("*", "late", 1.5)


def test_every_fault_has_a_line_for_people():
    assert set(SHOWN) == set(KINDS)
    assert len(set(SHOWN.values())) == len(SHOWN)


def test_hanging_calls_end_when_the_server_stops(crm, hubspot):
    crm.fail_next("hubspot", "apply_then_hang")
    address = crm.url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1]))) as caller:
        caller.sendall(b"GET /account-info/v3/details HTTP/1.1\r\nAuthorization: Bearer t\r\n\r\n")
        wait_until(lambda: any(each.applied_at for each in crm.ledger.calls))

        crm.stop()

        caller.settimeout(5)
        assert caller.recv(10) == b""

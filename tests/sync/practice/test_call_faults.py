"""Every way a call can go wrong: what the caller sees, and what was really done (counted in the ledger)."""

import threading
import time

import httpx
import pytest

from sync.practice.api_auth import signed_token

NUMBER = "0000100000"


def done(s360) -> int:
    return len(s360.ledger.effects())


def test_late_does_the_work_and_answers_late(s360, call):
    s360.fault("late", times=1, seconds=0.2)
    started = time.monotonic()
    assert call.save(contactNumber=NUMBER, email="a@example.org").json()["statusCode"] == "success"
    assert time.monotonic() - started >= 0.2
    assert done(s360) == 1


def test_hang_does_the_work_and_never_answers(s360, call):
    s360.fault("hang", times=1)
    call.client.timeout = httpx.Timeout(0.2)
    with pytest.raises(httpx.ReadTimeout):
        call.save(contactNumber=NUMBER, email="a@example.org")
    assert done(s360) == 1
    assert s360.ledger.calls()[-1].status is None
    assert s360.ledger.calls()[-1].fault == "hang"


def test_late_work_is_done_after_the_caller_gave_up(s360, call):
    s360.fault("late_work", times=1, seconds=0.4)
    call.client.timeout = httpx.Timeout(0.1)
    with pytest.raises(httpx.ReadTimeout):
        call.save(contactNumber=NUMBER, email="a@example.org")
    assert done(s360) == 0
    end = time.monotonic() + 5
    while not done(s360) and time.monotonic() < end:
        time.sleep(0.01)
    assert done(s360) == 1
    assert s360.contact(NUMBER)["individualContact"]["email"] == "a@example.org"


@pytest.mark.parametrize("applied", [False, True])
def test_reset_cuts_the_connection_before_or_after_the_work(s360, call, applied):
    s360.fault("reset", times=1, applied=applied)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        call.save(contactNumber=NUMBER, email="a@example.org")
    assert done(s360) == int(applied)
    assert call.save(contactNumber=NUMBER, email="b@example.org").status_code == 200


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_may_or_may_not_have_done_the_work(s360, call, status, applied):
    s360.fault("status", times=1, status=status, applied=applied)
    assert call.save(contactNumber=NUMBER, email="a@example.org").status_code == status
    assert done(s360) == int(applied)


@pytest.mark.parametrize("retry_after", [None, "3", "864000", "nonsense"])
@pytest.mark.parametrize("status", [509, 429])
def test_throttled_does_nothing_and_may_say_how_long(s360, call, status, retry_after):
    s360.fault("throttled", times=1, status=status, retry_after=retry_after)
    answer = call.save(contactNumber=NUMBER, email="a@example.org")
    assert (answer.status_code, answer.headers.get("Retry-After"), answer.content) == (status, retry_after, b"")
    assert done(s360) == 0


def test_a_refusal_is_http_200_with_a_failing_status_code(s360, call):
    s360.fault("refusal", times=1, detail="CONTACT_LOCKED")
    answer = call.save(contactNumber=NUMBER, email="a@example.org")
    assert (answer.status_code, answer.json()["statusCode"]) == (200, "CONTACT_LOCKED")
    assert done(s360) == 0


@pytest.mark.parametrize("status", [401, 403])
def test_unauthorized_does_nothing(s360, call, status):
    s360.fault("unauthorized", times=1, status=status)
    assert call.save(contactNumber=NUMBER, email="a@example.org").status_code == status
    assert done(s360) == 0


@pytest.mark.parametrize("applied", [False, True])
def test_garbage_is_http_200_that_is_not_json(s360, call, applied):
    s360.fault("garbage", times=1, applied=applied)
    answer = call.save(contactNumber=NUMBER, email="a@example.org")
    assert (answer.status_code, answer.text[:6]) == (200, "<html>")
    assert done(s360) == int(applied)


def test_an_endless_answer_goes_on_until_the_caller_leaves(s360, call):
    path = "/tnco/backend-apis/contactInformationPublicService/v2_21/saveIndividualContactData"
    s360.fault("endless", times=1, applied=True)
    body = {"individualContactData": {"contactNumber": NUMBER, "email": "a@example.org"}}
    headers = {"Authorization": f"Bearer {signed_token(s360.credentials, time.time())}"}
    with call.client.stream("POST", path, json=body, headers=headers) as answer:
        sizes = [len(chunk) for chunk, _ in zip(answer.iter_raw(), range(50), strict=False)]
    assert sum(sizes) > 200_000
    assert done(s360) == 1


def test_a_bomb_is_small_on_the_wire_and_large_unpacked(s360, call):
    s360.fault("bomb", times=1)
    answer = call("getContactData", contactNumber=NUMBER)
    assert int(answer.headers["Content-Length"]) < 100_000
    assert len(answer.content) == 50_000_000


def test_a_fault_is_used_up_after_its_times_and_can_be_narrowed(s360, call):
    s360.fault("status", times=2, method="saveIndividualContactData", number=NUMBER)
    assert call("getContactData", contactNumber=NUMBER).status_code == 200
    assert call.save(contactNumber="100000", email="a@example.org").status_code == 200
    answers = [call.save(contactNumber=NUMBER, email="b@example.org").status_code for _ in range(3)]
    assert answers == [500, 500, 200]
    assert s360.faults.standing() == []


def test_a_fault_by_chance_is_repeatable_and_clears(s360, call):
    s360.fault("status", probability=0.5)
    statuses = [call("getContactData", contactNumber=NUMBER).status_code for _ in range(40)]
    assert 8 < statuses.count(500) < 32
    s360.clear_faults()
    assert {call("getContactData", contactNumber=NUMBER).status_code for _ in range(10)} == {200}


@pytest.mark.parametrize("wrong", [{"kind": "earthquake"}, {"kind": "late", "minutes": 3}])
def test_a_fault_that_is_not_understood_is_refused(s360, wrong):
    with pytest.raises(ValueError, match=r"earthquake|minutes"):
        s360.fault(**wrong)


def test_stopping_lets_every_waiting_caller_go(s360, call):
    s360.fault("hang", times=1)
    outcome: list[str] = []

    def hang() -> None:
        try:
            call.save(contactNumber=NUMBER, email="a@example.org")
        except httpx.HTTPError as error:
            outcome.append(type(error).__name__)

    waiting = threading.Thread(target=hang)
    waiting.start()
    end = time.monotonic() + 5
    while not done(s360) and time.monotonic() < end:
        time.sleep(0.01)
    s360.stop()
    waiting.join(timeout=3)
    assert outcome in (["RemoteProtocolError"], ["ReadError"])

"""Every way a call can go wrong, over real HTTP: its kind, and whether a write may have been done; then the ledger."""

import time

import pytest

from sync.http.client import CallFailedError
from tests.sync.http.certificates import Authority
from tests.sync.http.raw_server import RawServer, http
from tests.sync.s360.client_support import SECRET, Opener, calls, effects

NUMBER = "0000100000"
PERSON = {"contact_type": "INDIVIDUAL", "role": "PUBLIC"}
IMPATIENT = {"read_seconds": 0.3, "total_seconds": 1.0}


def read(client):
    return failure_of(lambda: client.get_contact(NUMBER))


def save(client):
    return failure_of(lambda: client.save_individual_contact(NUMBER, {"email": "a@example.org"}, **PERSON))


def failure_of(act):
    with pytest.raises(CallFailedError) as raised:
        act()
    assert SECRET not in repr(raised.value) + str(raised.value) + repr(raised.value.failure)
    return raised.value.failure


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_is_transient_and_a_write_may_have_been_done(s360, connect, status):
    s360.fault("status", status=status, applied=True)
    asked, wrote = read(connect()), save(connect())
    assert (asked.kind, asked.code, asked.outcome_unknown) == ("transient", str(status), False)
    assert (wrote.kind, wrote.code, wrote.outcome_unknown) == ("transient", str(status), True)
    assert effects(s360) == 1


@pytest.mark.parametrize(
    ("sent", "wait"), [(None, 60.0), ("3", 3.0), ("864000", 900.0), ("nonsense", 60.0), ("-5", 60.0)]
)
@pytest.mark.parametrize("status", [509, 429])
def test_too_many_calls_is_throttled_with_a_pause_and_nothing_done(s360, connect, status, sent, wait):
    s360.fault("throttled", status=status, retry_after=sent)
    for failure in (read(connect()), save(connect())):
        assert (failure.kind, failure.scope, failure.code) == ("throttled", "connection", str(status))
        assert (failure.retry_after, failure.outcome_unknown) == (wait, False)
    assert effects(s360) == 0


def test_the_pause_and_the_statuses_of_throttling_are_settings(s360, connect):
    s360.fault("throttled", status=503)
    failure = save(connect(api_throttle_statuses=[503], api_throttle_pause_seconds=90))
    assert (failure.kind, failure.retry_after, failure.outcome_unknown) == ("throttled", 90.0, False)
    s360.clear_faults()
    s360.fault("throttled", status=429)
    assert read(connect(api_throttle_statuses=[503])).kind == "throttled"


def test_the_real_limit_of_s360_is_met_as_throttled(s360, connect):
    s360.limit(1)
    client = connect()
    client.get_order(s360.order_ids()[0])
    assert read(client).kind == "throttled"


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_stop_the_connection_after_one_call(s360, connect, status):
    s360.fault("unauthorized", status=status)
    failure = save(connect(clock=lambda: 1_700_000_000.0))
    assert (failure.kind, failure.scope, failure.code) == ("misconfigured", "connection", str(status))
    assert not failure.outcome_unknown
    assert (len(calls(s360)), effects(s360)) == (1, 0)


def test_another_status_can_mean_refused_credentials(s360, connect):
    s360.fault("status", status=418)
    assert read(connect(api_auth_failure_statuses=[418])).kind == "misconfigured"


def test_a_wrong_secret_is_told_in_the_words_of_s360(s360, connect):
    failure = read(connect(access={"secret": "another-secret"}))
    assert (failure.kind, failure.message) == ("misconfigured", "S-360 answered 401: the signature is wrong")


def test_http_200_with_a_failing_status_code_is_a_refusal_in_the_words_of_s360(s360, connect):
    s360.fault("refusal", detail="CONTACT_LOCKED")
    failure = save(connect())
    assert (failure.kind, failure.scope, failure.code) == ("permanent", "record", "CONTACT_LOCKED")
    assert (failure.message, failure.outcome_unknown) == ("refused on demand: CONTACT_LOCKED", False)
    assert (len(calls(s360)), effects(s360)) == (1, 0)


def test_a_refusal_repeats_no_address_it_was_given(s360, connect):
    client = connect()
    failure = failure_of(lambda: client.save_individual_contact(NUMBER, {"country": "ada@example.org"}, **PERSON))
    assert failure.code == "PRACTICE_INVALID_COUNTRY"
    assert "ada@" not in failure.message


def test_a_refusal_may_be_one_that_passes(s360, connect):
    s360.fault("refusal", detail="CONTACT_LOCKED")
    failure = save(connect(api_retryable_status_codes=["CONTACT_LOCKED"]))
    assert (failure.kind, failure.outcome_unknown) == ("transient", False)


def test_writing_a_contact_that_vanished_is_refused_for_good_and_creates_nobody(s360, connect):
    s360.vanish(NUMBER)
    failure = save(connect())
    assert (failure.kind, failure.code) == ("permanent", "PRACTICE_CONTACT_UNKNOWN")
    assert effects(s360) == 0


@pytest.mark.parametrize(
    "body", ["<html>502</html>", "", "[]", "null", "{}", '{"statusCode": 7}', "[" * 5000, "\ufffd"]
)
@pytest.mark.parametrize("applied", [False, True])
def test_an_answer_that_cannot_be_read_leaves_a_write_unknown(s360, connect, body, applied):
    s360.fault("garbage", body=body, applied=applied)
    asked, wrote = read(connect()), save(connect())
    assert (asked.kind, asked.code, asked.outcome_unknown) == ("transient", "answer_unreadable", False)
    assert (wrote.kind, wrote.code, wrote.outcome_unknown) == ("transient", "answer_unreadable", True)
    assert effects(s360) == int(applied)


@pytest.mark.parametrize(
    "body", ['{"statusCode": "success", "statusCode": "NO"}', '{"statusCode": "success", "x": "\\u0000"}']
)
def test_an_answer_that_says_two_things_or_cannot_be_stored_is_unreadable(s360, connect, body):
    s360.fault("garbage", body=body)
    assert save(connect()).code == "answer_unreadable"


def test_work_in_progress_is_asked_again_later_and_a_write_is_not_repeated(s360, connect):
    s360.fault("garbage", body='{"statusCode": "in_progress", "requestId": 17}')
    wrote, asked = save(connect()), read(connect(api_async_poll_seconds=5))
    assert (wrote.kind, wrote.code, wrote.outcome_unknown, wrote.retry_after) == ("transient", "in_progress", True, 2.0)
    assert (asked.outcome_unknown, asked.retry_after, asked.request_id) == (False, 5.0, "17")


@pytest.mark.parametrize("kind", ["hang", "late_work"])
def test_silence_leaves_a_write_unknown(s360, connect, kind):
    s360.fault(kind, seconds=2.0)
    wrote = save(connect(http=IMPATIENT))
    assert (wrote.kind, wrote.code, wrote.outcome_unknown) == ("transient", "timeout", True)
    s360.clear_faults()
    s360.fault(kind, seconds=2.0)
    asked = read(connect(http=IMPATIENT))
    assert (asked.kind, asked.code, asked.outcome_unknown) == ("transient", "timeout", False)


@pytest.mark.parametrize("applied", [False, True])
def test_a_cut_connection_leaves_a_write_unknown(s360, connect, applied):
    s360.fault("reset", applied=applied)
    wrote, asked = save(connect()), read(connect())
    assert (wrote.kind, wrote.outcome_unknown) == ("transient", True)
    assert (asked.kind, asked.outcome_unknown) == ("transient", False)
    assert effects(s360) == int(applied)


@pytest.mark.parametrize(("kind", "how"), [("bomb", {}), ("endless", {"seconds": 0.0})])
def test_an_answer_without_end_is_cut_and_leaves_a_write_unknown(s360, connect, kind, how):
    s360.fault(kind, applied=True, **how)
    wrote = save(connect())
    assert (wrote.kind, wrote.code, wrote.outcome_unknown) == ("transient", "answer_too_large", True)
    assert effects(s360) == 1


def test_an_answer_that_drips_ends_with_the_call(s360, connect):
    s360.fault("endless", seconds=0.1)
    started = time.monotonic()
    assert save(connect(http={"read_seconds": 5.0, "total_seconds": 0.5})).code == "timeout"
    assert time.monotonic() - started < 3


def test_nobody_there_is_known_not_to_have_been_done():
    with RawServer(http("200 OK", b"{}")) as server:
        gone = server.url
    opener = Opener(gone)
    failure = save(opener())
    assert (failure.kind, failure.code, failure.outcome_unknown) == ("transient", "connect_failed", False)
    assert failure.message == "no connection to S-360 could be made"
    opener.close()


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_no_redirect_is_followed(s360, status):
    with RawServer(http(status, b"", f"Location: {s360.url}/")) as server:
        opener = Opener(server.url)
        failure = save(opener())
        opener.close()
    assert (failure.kind, failure.scope, failure.outcome_unknown) == ("misconfigured", "connection", False)
    assert calls(s360) == []


@pytest.mark.parametrize("status", ["404 Not Found", "405 Not Allowed", "410 Gone"])
def test_a_service_that_is_not_offered_stops_the_connection_not_the_record(status):
    with RawServer(http(status, b"no such method")) as server:
        opener = Opener(server.url)
        failure = save(opener())
        opener.close()
    assert (failure.kind, failure.scope) == ("misconfigured", "connection")
    assert "does not offer the service" in failure.message


def test_a_certificate_nobody_vouches_for_ends_the_call_before_a_byte_of_it(tmp_path):
    with RawServer(http("200 OK", b"{}"), context=Authority(tmp_path).server_context()) as server:
        opener = Opener(server.url)
        failure = save(opener())
        opener.close()
    assert (failure.kind, failure.scope, failure.code) == ("misconfigured", "connection", "tls_certificate")
    assert "the certificate of S-360 is not accepted" in failure.message

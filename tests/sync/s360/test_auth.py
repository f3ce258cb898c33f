"""Signed tokens, each fresh; fetched tokens, kept a while and shared by threads."""

import base64
import hmac
import json
import threading
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.http.client import CallFailedError
from sync.practice.api_auth import ApiAuth, Credentials
from sync.s360.access import ApiSettings, AuthMode
from sync.s360.auth import TokenCache, cache_key, shared_tokens, signed_token
from tests.sync.http.raw_server import RawServer, http
from tests.sync.s360.client_support import SECRET, Opener, calls, effects

TOKEN = {"auth_mode": AuthMode.TOKEN}
NUMBER = "0000100000"
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)


@pytest.fixture(autouse=True)
def no_token_is_kept() -> None:
    shared_tokens._kept.clear()


def parts_of(token: str) -> tuple[dict, dict, bytes, str]:
    head, body, signature = token.split(".")
    header, claims, signed = (base64.urlsafe_b64decode(p + "=" * (-len(p) % 4)) for p in (head, body, signature))
    return json.loads(header), json.loads(claims), signed, f"{head}.{body}"


@given(
    st.builds(ApiSettings, st.just("https://x.example.org"), TEXTS, TEXTS, TEXTS, TEXTS),
    st.floats(1_500_000_000, 4_000_000_000),
    st.sampled_from(["seconds", "milliseconds"]),
)
def test_a_signed_token_says_who_we_are_now_and_for_less_than_thirty_seconds(access, now, unit):
    token = signed_token(access, now=now, unit=unit)
    header, claims, signature, unsigned = parts_of(token)
    factor = 1000 if unit == "milliseconds" else 1
    assert header == {"alg": "HS256", "typ": "JWT"}
    assert (claims["sub"], claims["aud"], claims["iss"]) == (access.institution, access.operator, access.partner)
    assert 0 <= now - claims["iat"] / factor < 1
    assert claims["exp"] - claims["iat"] == 25 * factor
    assert set(claims) == {"sub", "aud", "iss", "iat", "exp"}
    assert signature == hmac.digest(access.secret.encode(), unsigned.encode(), sha256)
    assert token.isascii()


@given(TEXTS, TEXTS, TEXTS, TEXTS, st.sampled_from(["seconds", "milliseconds"]), st.floats(0, 0.99))
def test_s360_takes_it_at_once_and_not_seconds_later(institution, operator, partner, secret, unit, age):
    access = ApiSettings("https://x.example.org", institution, operator, partner, secret)
    now = 1_700_000_000.25
    clock = [now + age]
    door = ApiAuth(lambda: clock[0])
    door.credentials = Credentials(institution, operator, partner, secret, unit)
    assert door.refusal(f"Bearer {signed_token(access, now=now, unit=unit)}") == ""
    clock[0] = now + 2.1
    assert door.refusal(f"Bearer {signed_token(access, now=now, unit=unit)}") == "iat is not of this second"


def test_the_secret_is_in_no_text_of_the_access():
    access = ApiSettings("https://x.example.org", "HALL", "OP", "partner", SECRET)
    assert SECRET not in repr(access)
    assert SECRET not in cache_key(access, "/auth")


def test_every_call_carries_a_token_of_its_own(s360, connect):
    now = [1_700_000_000.0]
    s360.api.auth._clock = lambda: now[0]
    client = connect(clock=lambda: now[0])
    for _ in range(3):
        assert client.get_contact(NUMBER) is not None
        now[0] += 60
    assert len(calls(s360)) == 3


@pytest.mark.parametrize(("aged", "sent"), [(1.5, 2), (0.3, 1)])
@pytest.mark.parametrize("unit", ["seconds", "milliseconds"])
def test_a_token_refused_when_it_had_aged_on_the_way_is_signed_once_more(s360, connect, aged, sent, unit):
    s360.fault("unauthorized", times=1)
    s360.credentials.unit = unit
    now = [1_700_000_000.25]
    s360.api.auth._clock = lambda: now[0]

    def clock() -> float:
        now[0] += aged
        return now[0]

    def save() -> None:
        client = connect(clock=clock, jwt_time_unit=unit)
        client.save_individual_contact(NUMBER, {"email": "a@example.org"}, contact_type=None, role=None)

    if sent == 1:
        with pytest.raises(CallFailedError, match="401"):
            save()
    else:
        save()
    assert (len(calls(s360)), effects(s360)) == (sent, sent - 1)


@pytest.mark.parametrize("unit", ["seconds", "milliseconds"])
def test_the_unit_of_times_is_a_setting(s360, connect, unit):
    s360.credentials.unit = unit
    assert connect(jwt_time_unit=unit).get_contact(NUMBER) is not None
    other = {"seconds": "milliseconds", "milliseconds": "seconds"}[unit]
    with pytest.raises(CallFailedError, match="iat is not of this second"):
        connect(jwt_time_unit=other).get_contact(NUMBER)


@pytest.mark.parametrize("skew", [-5.0, 5.0])
def test_a_clock_that_is_off_is_refused_in_words(s360, connect, skew):
    real = s360.api.auth._clock
    with pytest.raises(CallFailedError) as raised:
        connect(clock=lambda: real() + skew).get_contact(NUMBER)
    failure = raised.value.failure
    assert (failure.kind, failure.message) == ("misconfigured", "S-360 answered 401: iat is not of this second")


def test_one_fetched_token_serves_many_calls(s360, connect):
    for _ in range(3):
        assert connect(access=TOKEN).get_contact(NUMBER) is not None
    assert calls(s360) == ["auth", "getContactData", "getContactData", "getContactData"]


def test_a_fetched_token_may_leave_out_the_partner(s360, connect):
    assert connect(access={**TOKEN, "partner": ""}).get_contact(NUMBER) is not None


def test_every_request_asks_for_a_permit_the_exchange_too(s360, connect):
    asked: list[str] = []
    client = connect(access=TOKEN, permit=lambda service, method: asked.append(method))
    client.get_contact(NUMBER)
    client.get_contact(NUMBER)
    assert asked == ["auth", "getContactData", "getContactData"]


def test_a_token_s360_forgot_is_fetched_once_more_and_the_write_done_once(s360, connect):
    client = connect(access=TOKEN)
    client.get_contact(NUMBER)
    s360.api.auth.forget_tokens()
    client.save_individual_contact(NUMBER, {"email": "a@example.org"}, contact_type=None, role=None)
    assert calls(s360)[2:] == ["saveIndividualContactData", "auth", "saveIndividualContactData"]
    assert effects(s360) == 1


def test_refused_all_the_same_means_three_calls_and_no_more(s360, connect):
    client = connect(access=TOKEN)
    client.get_contact(NUMBER)
    s360.fault("unauthorized")
    s360.ledger.clear()
    with pytest.raises(CallFailedError) as raised:
        client.get_contact(NUMBER)
    assert (raised.value.failure.kind, raised.value.failure.scope) == ("misconfigured", "connection")
    assert calls(s360) == ["getContactData", "auth", "getContactData"]


def test_a_wrong_secret_fetches_nothing_and_a_new_one_serves_at_once(s360, connect):
    with pytest.raises(CallFailedError) as raised:
        connect(access={**TOKEN, "secret": "old-secret"}).get_contact(NUMBER)
    failure = raised.value.failure
    assert (failure.kind, failure.scope, failure.code) == ("misconfigured", "connection", "401")
    assert calls(s360) == ["auth"]
    assert connect(access=TOKEN).get_contact(NUMBER) is not None


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"token": 7}', b'{"token": ""}', b'{"token": "a\\nb"}']
)
def test_an_exchange_without_a_token_is_no_token(body):
    with RawServer(http("200 OK", body)) as server:
        opener = Opener(server.url, **TOKEN)
        with pytest.raises(CallFailedError) as raised:
            opener().save_individual_contact(NUMBER, {"email": "a@example.org"}, contact_type=None, role=None)
        opener.close()
    failure = raised.value.failure
    assert (failure.kind, failure.code, failure.outcome_unknown) == ("transient", "token_missing", False)


def test_an_exchange_that_is_throttled_is_throttled():
    with RawServer(http("509 Slow", b"", "Retry-After: 7")) as server:
        opener = Opener(server.url, **TOKEN)
        with pytest.raises(CallFailedError) as raised:
            opener().get_contact(NUMBER)
        opener.close()
    assert (raised.value.failure.kind, raised.value.failure.retry_after) == ("throttled", 7.0)


class Fetcher:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        return f"token-{self.count}"


def test_a_token_is_used_until_its_time_is_over():
    now, fetch = [0.0], Fetcher()
    cache = TokenCache(lambda: now[0])
    assert [cache.token("a", seconds=25, fetch=fetch) for _ in range(2)] == ["token-1", "token-1"]
    now[0] = 24.9
    assert cache.token("a", seconds=25, fetch=fetch) == "token-1"
    now[0] = 25.0
    assert cache.token("a", seconds=25, fetch=fetch) == "token-2"
    assert cache.token("b", seconds=25, fetch=fetch) == "token-3"


def test_the_life_of_a_token_begins_before_the_exchange():
    now = [0.0]

    def slow_fetch() -> str:
        now[0] += 20
        return "late"

    cache = TokenCache(lambda: now[0])
    cache.token("a", seconds=25, fetch=slow_fetch)
    now[0] = 26
    assert cache.token("a", seconds=25, fetch=Fetcher()) == "token-1"


def test_forgetting_a_refused_token_spares_its_successor():
    fetch = Fetcher()
    cache = TokenCache()
    cache.token("a", seconds=25, fetch=fetch)
    cache.forget("a", "token-1")
    assert cache.token("a", seconds=25, fetch=fetch) == "token-2"
    cache.forget("a", "token-1")
    assert cache.token("a", seconds=25, fetch=fetch) == "token-2"


def test_a_failed_exchange_keeps_nothing():
    cache = TokenCache()

    def fail() -> str:
        raise OSError("away")

    for _ in range(2):
        with pytest.raises(OSError, match="away"):
            cache.token("a", seconds=25, fetch=fail)
    assert cache.token("a", seconds=25, fetch=Fetcher()) == "token-1"


def test_threads_that_need_the_same_token_cause_one_exchange(s360, connect):
    client = connect(access=TOKEN)
    threads = [threading.Thread(target=client.get_contact, args=(NUMBER,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls(s360).count("auth") == 1
    assert calls(s360).count("getContactData") == 8

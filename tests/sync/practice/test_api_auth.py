import time

import httpx
import pytest

from sync.practice.api_auth import ApiAuth, Credentials, signed_token


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def refusal(token: str, clock: Clock | None = None, **credentials: object) -> str:
    auth = ApiAuth(clock or Clock())
    auth.credentials = Credentials(**credentials)
    return auth.refusal(f"Bearer {token}")


def test_a_token_signed_this_second_is_taken():
    assert refusal(signed_token(Credentials(), Clock.now)) == ""
    assert refusal(signed_token(Credentials(unit="milliseconds"), Clock.now), unit="milliseconds") == ""


@pytest.mark.parametrize("skew", [-3.0, 2.5, 60.0])
def test_a_token_from_another_second_is_refused(skew):
    assert refusal(signed_token(Credentials(), Clock.now - skew)) == "iat is not of this second"


@pytest.mark.parametrize(
    ("other", "complaint"),
    [
        ({"secret": "old"}, "the signature is wrong"),
        ({"institution": "OTHER"}, "sub is not PRACTICE"),
        ({"operator": "OTHER_CRM"}, "aud is not PRACTICE_CRM"),
        ({"partner": "other"}, "iss is not practice-crm"),
        ({"unit": "milliseconds"}, "iat is not of this second"),
    ],
)
def test_a_token_for_somebody_else_is_refused(other, complaint):
    assert refusal(signed_token(Credentials(**other), Clock.now)) == complaint


@pytest.mark.parametrize("token", ["", "x", "a.b", "a.b.c", "e30.e30.e30", "....", "é.é.é"])
def test_what_is_no_token_is_refused(token):
    assert refusal(token)


def test_a_fetched_token_serves_until_it_expires_and_no_longer():
    clock = Clock()
    auth = ApiAuth(clock)
    token = auth.exchange({"operator": "PRACTICE_CRM", "secret": auth.credentials.secret})
    assert auth.refusal(f"Bearer {token}") == ""
    clock.now += 31
    assert auth.refusal(f"Bearer {token}") == "the token has expired"


@pytest.mark.parametrize(
    "body",
    [{}, {"operator": "PRACTICE_CRM", "secret": "no"}, {"operator": "X"}, {"operator": "PRACTICE_CRM", "partner": "x"}],
)
def test_a_wrong_secret_fetches_nothing(body):
    assert ApiAuth().exchange(body) is None


def test_over_http_both_ways_in_work_and_the_rest_is_401(s360, call):
    ours = s360.credentials
    body = {"operator": ours.operator, "partner": ours.partner, "secret": ours.secret}
    for module in ("tnai", "tnco"):
        answer = call.client.post(f"/{module}/backend-apis/v1/auth", json=body)
        assert call("getContactData", contactNumber="0000100000", token=answer.json()["token"]).status_code == 200
    assert call.client.post("/tnai/backend-apis/v1/auth", json=body | {"secret": "no"}).status_code == 401
    assert call("getContactData", contactNumber="0000100000", token="no").status_code == 401
    assert httpx.post(s360.url + "/tnco/backend-apis/contactInformationPublicService/v2_21/x").status_code == 401


def test_a_new_secret_stops_the_old_one_at_once(s360, call):
    old = signed_token(s360.credentials, time.time())
    s360.credentials.secret = "rotated"
    assert call("getContactData", contactNumber="0000100000", token=old).status_code == 401
    assert call("getContactData", contactNumber="0000100000").status_code == 200

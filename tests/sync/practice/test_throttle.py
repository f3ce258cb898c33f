import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.practice.throttle import Limit, Throttle


def admitted(limit: Limit, arrivals: list[tuple[str, float]]) -> list[bool]:
    throttle = Throttle()
    throttle.limit = limit
    return [throttle.admits(service, at) for service, at in arrivals]


def test_a_sliding_window_lets_a_call_in_when_the_first_has_left_it():
    calls = [("a", t) for t in (1000.0, 1030.0, 1059.9, 1060.0, 1060.1)]
    assert admitted(Limit(calls=2), calls) == [True, True, False, True, False]


def test_a_fixed_minute_forgets_at_the_full_minute():
    calls = [("a", t) for t in (1018.0, 1019.9, 1019.95, 1020.0, 1020.1, 1020.2)]
    assert admitted(Limit(calls=2, window="fixed"), calls) == [True, True, False, True, True, False]


def test_the_older_rule_counts_each_service_for_itself():
    calls = [("contacts", 1.0), ("contacts", 2.0), ("orders", 3.0), ("orders", 4.0)]
    assert admitted(Limit(calls=None, calls_per_service=1), calls) == [True, False, True, False]
    assert admitted(Limit(calls=2, calls_per_service=1), [*calls[:3], ("tickets", 4.0)]) == [True, False, True, False]


def test_refused_calls_do_not_fill_the_window():
    calls = [("a", 0.0), *[("a", float(t)) for t in range(1, 60)], ("a", 60.0)]
    assert admitted(Limit(calls=1), calls) == [True, *[False] * 59, True]


@given(st.lists(st.floats(0, 300), max_size=80), st.integers(1, 5))
def test_no_sliding_window_ever_holds_more_than_the_limit(times, most):
    arrivals = sorted(times)
    answers = admitted(Limit(calls=most), [("a", t) for t in arrivals])
    let_in = [t for t, ok in zip(arrivals, answers, strict=True) if ok]
    assert all(later - earlier >= 60 for earlier, later in zip(let_in, let_in[most:], strict=False))


@pytest.mark.parametrize(
    ("status", "retry_after"), [(509, None), (429, "7"), (509, "soon"), (429, "Fri, 31 Dec 2999 23:59:59 GMT")]
)
def test_over_http_the_limit_answers_as_it_was_told_and_does_nothing(s360, call, status, retry_after):
    s360.limit(2, status=status, retry_after=retry_after)
    answers = [call.save(contactNumber="0000100000", email=f"n{i}@example.org") for i in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, status, status]
    assert answers[2].headers.get("Retry-After") == retry_after
    assert len(s360.ledger.effects()) == 2
    assert s360.ledger.most_calls_within(60) == 4


def test_the_limit_may_change_while_it_runs(s360, call):
    s360.limit(1)
    read = {"contactNumber": "0000100000"}
    assert [call("getContactData", **read).status_code for _ in range(2)] == [200, 509]
    s360.limit(3)
    assert [call("getContactData", **read).status_code for _ in range(3)] == [200, 200, 509]
    s360.limit(None)
    assert call("getContactData", **read).status_code == 200


def test_the_page_and_the_control_api_are_outside_the_limit(s360, web: httpx.Client):
    s360.limit(0)
    assert web.get("/").status_code == 200
    assert web.get("/_practice/state").json()["api"]["calls_in_window"] == 0

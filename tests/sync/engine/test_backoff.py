from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.engine.backoff import (
    AGE_LIMIT,
    BACKOFF_BOUNDS_SECONDS,
    Decision,
    NextStep,
    backoff_bound,
    decide,
    next_attempt_at,
)
from sync.engine.failures import FAILURE_KINDS, FAILURE_SCOPES, Failure

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
draws = st.floats(0, 1)


def failing(kind="transient", scope="record", **more) -> Failure:
    return Failure(kind, scope, "a_code", "What the vendor said.", **more)


def decision(failure, *, attempt=1, age=timedelta(0), draw=1.0, throttles=1) -> Decision:
    return decide(failure, attempt=attempt, now=NOW, first_failed_at=NOW - age, draw=draw, throttles=throttles)


def test_waits_grow_and_together_fill_the_three_days():
    assert all(shorter < longer for shorter, longer in pairwise(BACKOFF_BOUNDS_SECONDS))
    assert sum(BACKOFF_BOUNDS_SECONDS) >= AGE_LIMIT.total_seconds()


@given(st.integers(-3, 50), draws, st.timedeltas(timedelta(0), AGE_LIMIT - timedelta(seconds=1)))
def test_next_attempt_lies_within_its_bound_and_within_the_age_limit(attempt, draw, age):
    at = next_attempt_at(attempt=attempt, now=NOW, first_failed_at=NOW - age, draw=draw)
    assert at is not None
    assert NOW <= at <= min(NOW + backoff_bound(attempt), NOW - age + AGE_LIMIT)


@given(st.lists(draws, min_size=400, max_size=400))
def test_any_luck_ends_in_parking_at_the_age_limit_and_never_later(luck):
    now, tries = NOW, 0
    for attempt, draw in enumerate(luck, start=1):
        at = next_attempt_at(attempt=attempt, now=now, first_failed_at=NOW, draw=draw)
        if at is None:
            break
        now, tries = at, attempt
    assert now <= NOW + AGE_LIMIT
    assert tries >= len(BACKOFF_BOUNDS_SECONDS) - 1


def test_transient_failure_is_retried_and_counted():
    assert decision(failing(), attempt=3, draw=0.5) == Decision(NextStep.RETRY, NOW + timedelta(seconds=150))


def test_old_entry_is_parked_as_exhausted_never_dropped():
    assert decision(failing(), age=AGE_LIMIT) == Decision(NextStep.PARK, cause="retries_exhausted")


def test_unclear_outcome_is_read_before_anything_else_whatever_its_kind():
    for kind in FAILURE_KINDS:
        made = decision(failing(kind, outcome_unknown=True), age=AGE_LIMIT * 2)
        assert made == Decision(NextStep.VERIFY, NOW + timedelta(seconds=120))


@pytest.mark.parametrize(
    ("retry_after", "throttles", "seconds"), [(None, 1, 60), (None, 3, 240), (None, 99, 900), (7, 4, 7), (9e9, 1, 900)]
)
def test_throttled_pauses_the_connection_and_is_no_attempt(retry_after, throttles, seconds):
    made = decision(failing("throttled", "connection", retry_after=retry_after), throttles=throttles, age=AGE_LIMIT)
    assert made == Decision(NextStep.PAUSE, NOW + timedelta(seconds=seconds), counts=False)


def test_refused_credential_stops_the_connection_until_a_person_acts():
    assert decision(failing("misconfigured", "connection")) == Decision(NextStep.PAUSE, counts=False, cause="a_code")


@pytest.mark.parametrize(
    ("kind", "scope"), [("misconfigured", "record"), ("permanent", "record"), ("internal", "record")]
)
def test_what_needs_other_data_is_parked_at_once_under_the_vendors_code(kind, scope):
    assert decision(failing(kind, scope)) == Decision(NextStep.PARK, cause="a_code")


@given(st.sampled_from(FAILURE_KINDS), st.sampled_from(FAILURE_SCOPES), st.booleans(), st.integers(1, 99), draws)
def test_every_failure_has_a_next_step_and_no_time_in_the_past(kind, scope, unknown, attempt, draw):
    made = decision(failing(kind, scope, outcome_unknown=unknown), attempt=attempt, draw=draw)
    assert made.at is None or made.at >= NOW
    assert (made.at is not None) == (made.step in (NextStep.RETRY, NextStep.VERIFY) or (kind == "throttled"))
    assert made.step is not NextStep.PARK or made.cause

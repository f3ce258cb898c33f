import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.engine.breaker import (
    LONGEST_OPEN,
    PROBE_LEASE,
    Breaker,
    CallResult,
    Phase,
    ask,
    from_dict,
    record,
    reset,
    to_dict,
)

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
OK, FAILED, UNAUTHORISED = CallResult.OK, CallResult.FAILED, CallResult.UNAUTHORISED


def after(*results, every=timedelta(seconds=1), breaker=None) -> Breaker:
    state = breaker or Breaker()
    for number, result in enumerate(results):
        state = record(state, NOW + every * number, result)
    return state


def opened() -> Breaker:
    return after(*[FAILED] * 10)


def test_seven_of_ten_failures_open_it_and_six_do_not():
    assert after(*[OK] * 3, *[FAILED] * 7).phase is Phase.OPEN
    assert after(*[OK] * 4, *[FAILED] * 6).phase is Phase.CLOSED


def test_nine_failures_are_too_few_to_judge():
    assert after(*[FAILED] * 9).phase is Phase.CLOSED


def test_failures_of_more_than_five_minutes_ago_are_forgotten():
    assert after(*[FAILED] * 10, every=timedelta(seconds=40)).phase is Phase.CLOSED


def test_third_refused_credential_in_a_row_opens_it_and_says_why():
    assert after(UNAUTHORISED, UNAUTHORISED).phase is Phase.CLOSED
    assert after(UNAUTHORISED, OK, UNAUTHORISED, UNAUTHORISED).phase is Phase.CLOSED
    state = after(OK, UNAUTHORISED, UNAUTHORISED, UNAUTHORISED)
    assert (state.phase, state.why) == (Phase.OPEN, "unauthorised")


def test_open_breaker_refuses_calls_for_a_minute_and_then_lets_one_probe_through():
    until = NOW + timedelta(seconds=9 + 60)  # the tenth call failed at second nine
    state = opened()
    assert not ask(state, until - timedelta(microseconds=1)).granted
    leave = ask(state, until)
    assert (leave.granted, leave.probe, leave.breaker.phase) == (True, True, Phase.PROBING)
    assert not ask(leave.breaker, until + timedelta(seconds=1)).granted


def test_probe_whose_worker_died_is_given_up_after_its_lease():
    probing = ask(opened(), NOW + timedelta(hours=1)).breaker
    assert not ask(probing, NOW + timedelta(hours=1) + PROBE_LEASE - timedelta(seconds=1)).granted
    assert ask(probing, NOW + timedelta(hours=1) + PROBE_LEASE).probe


def test_successful_probe_closes_it_with_a_clean_memory():
    probing = ask(opened(), NOW + timedelta(hours=1)).breaker
    assert record(probing, NOW + timedelta(hours=1), OK) == Breaker() == reset()


@pytest.mark.parametrize("result", [FAILED, UNAUTHORISED])
def test_failed_probe_doubles_the_pause_up_to_ten_minutes(result):
    state, pauses = opened(), []
    for _ in range(6):
        at = state.until or NOW
        state = record(ask(state, at).breaker, at, result)
        pauses.append(((state.until or NOW) - at).total_seconds())
    assert pauses == [120, 240, 480, 600, 600, 600]


def test_results_of_calls_made_before_it_opened_change_nothing():
    state = opened()
    assert record(state, NOW, OK) is state
    assert record(state, NOW, UNAUTHORISED) is state


def test_outage_of_six_hours_costs_at_most_one_probe_a_minute():
    state, now, calls = opened(), NOW, 0
    while now < NOW + timedelta(hours=6):
        leave = ask(state, now)
        state = leave.breaker
        if leave.granted:
            calls += 1
            state = record(state, now, FAILED)
        now += timedelta(seconds=5)
    assert calls <= 40


histories = st.lists(
    st.tuples(st.sampled_from(CallResult), st.floats(0, 400).map(lambda seconds: timedelta(seconds=seconds))),
    max_size=60,
)


@given(histories)
def test_any_history_stays_small_survives_storing_and_never_blocks_for_long(history):
    state, now = Breaker(), NOW
    for result, gap in history:
        now += gap
        leave = ask(state, now)
        state = leave.breaker
        if leave.granted:
            state = record(state, now, result)
        assert len(state.buckets) <= 11
        assert from_dict(json.loads(json.dumps(to_dict(state)))) == state
        assert state.until is None or state.until <= now + LONGEST_OPEN
        assert (state.phase is Phase.CLOSED) == (state.until is None)


@given(histories)
def test_healthy_connection_is_never_stopped(history):
    state, now = Breaker(), NOW
    for _, gap in history:
        now += gap
        state = record(state, now, OK)
        assert ask(state, now).granted


def test_clock_that_runs_behind_does_not_lose_calls():
    state = record(record(Breaker(), NOW, FAILED), NOW - timedelta(minutes=2), FAILED)
    assert sum(bucket.failed for bucket in state.buckets) == 2


def test_new_breaker_is_stored_as_nothing_and_nothing_is_a_new_breaker():
    assert to_dict(Breaker()) == {}
    assert from_dict({}) == Breaker()


def test_senseless_row_is_refused_rather_than_guessed():
    with pytest.raises(ValueError, match="half"):
        from_dict({"phase": "half"})

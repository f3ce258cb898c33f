from hypothesis import given
from hypothesis import strategies as st

from sync.engine.pacing import (
    calls_for,
    ceiling_of,
    rate_under,
    recovered,
    seconds_for,
    slowed,
    take,
    throttle_pause_seconds,
    worst_window_calls,
)

RATE, BURST = 2.7, 9  # 162 a minute under a limit of 180


def send_all(gaps, *, rate, burst):
    """Times at which permits were granted to a caller that asks after each gap, waiting when told to."""
    now = tat = 0.0
    granted = []
    for gap in gaps:
        now += gap
        permit = take(tat=tat, now=now, rate_per_second=rate, burst=burst)
        if not permit.granted:
            now += permit.wait_seconds + 1e-9
            permit = take(tat=tat, now=now, rate_per_second=rate, burst=burst)
        assert permit.granted
        tat = permit.tat
        granted.append(now)
    return granted


def busiest_minute(times):
    return max((sum(1 for other in times if start <= other < start + 60) for start in times), default=0)


def test_pace_for_the_whole_contract_keeps_to_it_as_arrivals_are_counted():
    assert worst_window_calls(rate_per_second=RATE, burst=BURST) == 176
    assert rate_under(180, burst=BURST) * 62 + BURST == 180
    assert worst_window_calls(rate_per_second=rate_under(180, burst=BURST), burst=BURST) == 180


def test_greedy_caller_gets_the_burst_and_then_the_rate():
    times = send_all([0.0] * 200, rate=RATE, burst=BURST)
    assert times[BURST - 1] == 0
    assert times[BURST] > 0
    assert 170 <= busiest_minute(times) <= 171


@given(st.lists(st.floats(0, 20), max_size=200), st.lists(st.floats(0, 2), min_size=200, max_size=200))
def test_no_minute_at_the_other_side_is_over_the_ceiling(gaps, delays):
    """However the caller rests and runs, and however the network bunches what it sends."""
    arrivals = [time + delay for time, delay in zip(send_all(gaps, rate=RATE, burst=BURST), delays, strict=False)]
    assert busiest_minute(arrivals) <= 176


def test_block_stops_everybody_until_its_end():
    blocked = take(tat=0, now=10, rate_per_second=RATE, burst=BURST, blocked_until=25)
    assert (blocked.granted, blocked.tat, blocked.wait_seconds) == (False, 0, 15)
    assert take(tat=0, now=25, rate_per_second=RATE, burst=BURST, blocked_until=25).granted


def test_senseless_limit_fails_closed():
    assert not take(tat=0, now=0, rate_per_second=0, burst=BURST).granted
    assert not take(tat=0, now=0, rate_per_second=-1, burst=BURST).granted
    assert not take(tat=0, now=0, rate_per_second=RATE, burst=0).granted
    assert rate_under(5, burst=9) == 0


@given(st.floats(1, 1000), st.integers(1, 50))
def test_rate_under_a_ceiling_never_exceeds_it(ceiling, burst):
    rate = rate_under(ceiling, burst=burst)
    assert rate == 0 or worst_window_calls(rate_per_second=rate, burst=burst) <= ceiling + 1e-6


@given(st.floats(0.1, 10), st.lists(st.one_of(st.just("refused"), st.floats(0, 30)), max_size=40))
def test_rate_stays_between_a_tenth_and_the_whole_of_its_ceiling(ceiling, story):
    rate = ceiling
    for event in story:
        rate = slowed(rate, ceiling) if event == "refused" else recovered(rate, ceiling, event)
        assert ceiling * 0.1 <= rate <= ceiling


def test_refusal_takes_a_third_and_quiet_gives_it_back_slowly():
    assert slowed(100, 100) == 70
    assert slowed(11, 100) == 10
    assert recovered(70, 100, 2) == 80
    assert recovered(70, 100, 60) == 100
    assert recovered(70, 100, -5) == 70


def test_pause_doubles_up_to_a_quarter_of_an_hour_unless_told():
    assert [throttle_pause_seconds(n) for n in (0, 1, 2, 3, 4, 5, 60)] == [60, 60, 120, 240, 480, 900, 900]
    assert [throttle_pause_seconds(1, asked) for asked in (0, 7.5, -3, 864_000)] == [0, 7.5, 0, 900]


def test_budget_share_is_a_share():
    assert ceiling_of(180, 0.5) == 90
    assert ceiling_of(180, 3) == 180
    assert ceiling_of(180, -1) == 0


def test_mass_update_is_counted_in_calls_and_seconds():
    assert calls_for(100_000, 1.1) == 110_000
    assert seconds_for(10_809, rate_per_second=3, burst=9) == 3600
    assert seconds_for(5, rate_per_second=3, burst=9) == 0
    assert seconds_for(5, rate_per_second=0, burst=9) == float("inf")
    assert seconds_for(0, rate_per_second=0, burst=9) == 0

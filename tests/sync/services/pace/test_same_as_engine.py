"""The statement in PostgreSQL decides as the pure functions do, whatever the order of calls, rests and refusals."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.engine.pacing import burst_for, rate_under, recovered, slowed, take, throttle_pause_seconds
from sync.models import Lane, PaceBucket, PaceCall
from sync.services.pace import note_throttled
from sync.services.pace.layers import layers_of
from sync.services.pace.permits import _decide, remake
from tests.factories import ApiAccessFactory
from tests.sync.services.pace.clock import let_pass

pytestmark = pytest.mark.django_db
STEPS = st.one_of(
    st.just(("take", 0)),
    st.tuples(st.just("pass"), st.floats(0, 3)),
    st.tuples(st.just("pass"), st.floats(0, 400)),
    st.tuples(st.just("refuse"), st.none() | st.floats(0, 1000)),
)
BLUR = 1e-4


def expected_permit(bucket, now, ceiling):
    factor = recovered(bucket.rate_factor, 1.0, (now - bucket.factor_since).total_seconds() / 60)
    rate, burst = rate_under(ceiling, burst=burst_for(ceiling)) * factor, burst_for(ceiling)
    tat = burst / rate if bucket.tat is None else (bucket.tat - now).total_seconds()
    return take(
        tat=tat, now=0.0, rate_per_second=rate, burst=burst, blocked_until=(bucket.blocked_until - now).total_seconds()
    )


def check_take(institution, ceiling):
    before = PaceBucket.objects.get()
    row = _decide(institution.pk, Lane.LIVE, "", "", layers_of(institution.pk, Lane.LIVE, "", ""))
    expected = expected_permit(before, row.now, ceiling)
    if row.why == "window":
        assert PaceCall.objects.count() >= int(ceiling)
        return
    assert row.is_granted == expected.granted or expected.wait_seconds < BLUR
    if row.is_granted:
        assert (PaceBucket.objects.get().tat - row.now).total_seconds() == pytest.approx(expected.tat, abs=BLUR)
    elif before.blocked_until > row.now:
        assert row.wait_seconds >= expected.wait_seconds - BLUR
    else:
        assert row.wait_seconds == pytest.approx(expected.wait_seconds, abs=BLUR)


def check_refusal(institution, retry_after):
    before = PaceBucket.objects.get()
    pause = note_throttled(institution.pk, retry_after)
    after = PaceBucket.objects.get()
    now = after.last_throttled_at
    if before.blocked_until > now:
        assert after.rate_factor == before.rate_factor
        assert after.blocked_until >= before.blocked_until
        return
    quiet_minutes = (now - before.factor_since).total_seconds() / 60
    assert after.rate_factor == pytest.approx(slowed(recovered(before.rate_factor, 1.0, quiet_minutes), 1.0))
    follows = before.throttles_in_a_row and quiet_minutes < 1
    assert after.throttles_in_a_row == (before.throttles_in_a_row + 1 if follows else 1)
    assert pause == pytest.approx(throttle_pause_seconds(after.throttles_in_a_row, retry_after), abs=BLUR)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contract=st.integers(2, 600), steps=st.lists(STEPS, max_size=25))
def test_statement_decides_as_the_engine(db, contract, steps):
    institution = ApiAccessFactory(calls_per_minute=contract, budget_share="1.00").institution
    remake(institution.pk, layers_of(institution.pk, Lane.LIVE, "", ""))
    try:
        for name, value in steps:
            if name == "take":
                check_take(institution, float(contract))
            elif name == "pass":
                let_pass(value)
            else:
                check_refusal(institution, value)
    finally:
        institution.delete()

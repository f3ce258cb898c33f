"""One call's right: pace, lanes, layers, allowances, refusals, lost rows; on the database's clock."""

from datetime import timedelta
from time import monotonic

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from sync.engine.pacing import burst_for, rate_under
from sync.models import Allowance, EntryState, Lane, OperatorAction, OutboxEntry, PaceBucket, PaceCall, Target
from sync.services.pace import Why, budget, note_throttled, reset_pace, take_permit
from tests.factories import ApiAccessFactory, InstitutionFactory, OutboxEntryFactory
from tests.sync.services.pace.clock import let_pass

pytestmark = pytest.mark.django_db
CEILING = 180
RATE = rate_under(CEILING, burst=burst_for(CEILING))
STEP = 1 / RATE
NAP = 2 * STEP  # a worker that wakes late: the burst makes up for it


@pytest.fixture
def institution():
    """The whole contract of 180 is ours, and the bucket has rested."""
    found = ApiAccessFactory(calls_per_minute=180, budget_share="1.00").institution
    take_permit(found.pk, Lane.LIVE, "contact", "get")
    let_pass(120)
    return found


def take(institution, lane=Lane.LIVE, service="contact", method="get"):
    return take_permit(institution.pk, lane, service, method)


def take_all(institution, lane=Lane.LIVE):
    """Permits granted until the first refusal, and that refusal."""
    granted = 0
    while (permit := take(institution, lane)).granted:
        granted += 1
    return granted, permit


def spend(institution, seconds, lane=Lane.LIVE, nap=NAP):
    """Calls of a greedy caller in so many seconds."""
    granted, skipped, began = 0, 0.0, monotonic()
    while (left := seconds - skipped - (monotonic() - began)) > 0:
        permit = take(institution, lane)
        granted += permit.granted
        if not permit.granted:
            pause = min(max(permit.wait_seconds, nap), left) + 0.001
            let_pass(pause)
            skipped += pause
    return granted


def allow(institution, calls, *, starts=-10.0, ends=600.0, **more):
    now = timezone.now()
    return Allowance.objects.create(
        institution=institution,
        starts_at=now + timedelta(seconds=starts),
        ends_at=now + timedelta(seconds=ends),
        calls_per_minute=calls,
        ticket="SX-1",
        asked_by="ada",
        **({"approved_by": "ben", "approved_at": now} | more),
    )


def test_rested_bucket_grants_a_burst_and_then_one_call_a_step(institution):
    granted, refused = take_all(institution)

    assert granted == burst_for(CEILING)
    assert refused.why == Why.INSTITUTION
    assert 0 < refused.wait_seconds <= STEP


def test_wait_that_was_told_is_enough_and_no_longer_than_needed(institution):
    _, refused = take_all(institution)

    let_pass(refused.wait_seconds + 0.001)

    assert take(institution).granted
    assert not take(institution).granted


def test_refused_permit_changes_nothing(institution):
    take_all(institution)
    before = PaceBucket.objects.values().get()

    take(institution)

    assert PaceBucket.objects.values().get() == before


def test_greedy_caller_gets_nearly_all_of_the_limit_and_never_more(institution):
    assert 168 <= spend(institution, 60) <= CEILING


def test_only_our_share_is_taken():
    institution = ApiAccessFactory(calls_per_minute=180, budget_share="0.50").institution
    take(institution)

    assert 80 <= spend(institution, 62) <= 90


def test_institution_without_api_access_gets_no_permit():
    permit = take(InstitutionFactory())

    assert (permit.granted, permit.why, permit.wait_seconds) == (False, Why.NO_ACCESS, 900)


def test_limit_too_small_to_keep_grants_nothing():
    institution = ApiAccessFactory(calls_per_minute=1, budget_share="1.00").institution
    take(institution)
    let_pass(3000)

    permit = take(institution)

    assert (permit.granted, permit.wait_seconds) == (False, 900)


def test_institutions_do_not_share_a_bucket(institution):
    other = ApiAccessFactory(calls_per_minute=180, budget_share="1.00").institution
    take(other)
    let_pass(60)
    take_all(institution)

    assert take(other).granted


# --- lanes
# ---------------------------------------------------------------------------------------------------------------


def test_bulk_takes_at_most_its_share(institution):
    take(institution, Lane.BULK)
    let_pass(120)

    assert 95 <= spend(institution, 60, Lane.BULK) <= 108
    assert take(institution, Lane.LIVE).granted


def test_bulk_yields_to_due_live_work_and_goes_on_after_it(institution):
    take(institution, Lane.BULK)
    let_pass(120)
    entry = OutboxEntryFactory(contact__institution=institution, target=Target.S360, lane=Lane.LIVE)

    refused = take(institution, Lane.BULK)
    assert (refused.granted, refused.why) == (False, Why.LIVE_FIRST)
    assert refused.wait_seconds == pytest.approx(STEP)
    assert take(institution, Lane.LIVE).granted
    assert take(institution, Lane.RETRY).granted

    entry.delete()
    assert take(institution, Lane.BULK).granted


@pytest.mark.parametrize(
    "change",
    [
        {"lane": Lane.RETRY},
        {"lane": Lane.BULK},
        {"target": Target.CRM},
        {"state": EntryState.PARKED},
        {"due_at": timezone.now() + timedelta(hours=1)},
    ],
)
def test_bulk_does_not_yield_to_what_is_not_live_and_due(institution, change):
    take(institution, Lane.BULK)
    let_pass(120)
    entry = OutboxEntryFactory(contact__institution=institution, target=Target.S360, lane=Lane.LIVE)
    OutboxEntry.objects.filter(pk=entry.pk).update(**change)

    assert take(institution, Lane.BULK).granted


def test_bulk_does_not_yield_to_another_institution(institution):
    take(institution, Lane.BULK)
    let_pass(120)
    OutboxEntryFactory(target=Target.S360, lane=Lane.LIVE)

    assert take(institution, Lane.BULK).granted


def test_bulk_yields_to_a_live_entry_whose_worker_waits_for_its_permit(institution):
    take(institution, Lane.BULK)
    let_pass(120)
    entry = OutboxEntryFactory(contact__institution=institution, target=Target.S360, lane=Lane.OPERATOR)
    soon = timezone.now() + timedelta(minutes=1)
    OutboxEntry.objects.filter(pk=entry.pk).update(state=EntryState.CLAIMED, owner="w", lease_until=soon)

    assert take(institution, Lane.BULK).why == Why.LIVE_FIRST

    OutboxEntry.objects.filter(pk=entry.pk).update(lease_until=timezone.now() - timedelta(minutes=1))
    assert take(institution, Lane.BULK).granted


def test_live_entry_held_up_by_its_own_record_does_not_stop_bulk(institution):
    take(institution, Lane.BULK)
    let_pass(120)
    waiting = OutboxEntryFactory(contact__institution=institution, target=Target.S360, lane=Lane.LIVE)
    flying = OutboxEntryFactory(contact__institution=institution, target=Target.S360, lane=Lane.BULK)
    OutboxEntry.objects.filter(pk=flying.pk).update(state=EntryState.UNCERTAIN, contact=waiting.contact)

    assert take(institution, Lane.BULK).granted


# --- service and method
# --------------------------------------------------------------------------------------------------


def test_each_service_has_its_own_limit_when_one_is_set(institution):
    institution.settings = {"api_calls_per_minute_per_service": 60}
    institution.save()
    take(institution, service="contact")
    take(institution, service="order")
    let_pass(120)

    while (permit := take(institution, service="contact")).granted:
        pass

    assert permit.why == Why.SERVICE
    assert take(institution, service="order").granted


def test_method_with_a_limit_of_its_own_goes_once_in_ten_minutes(institution):
    institution.settings = {"api_minutes_between_calls": {"createCulturalContact": 10}}
    institution.save()
    take(institution, method="createCulturalContact")
    let_pass(603)

    assert take(institution, method="createCulturalContact").granted
    let_pass(599)
    refused = take(institution, method="createCulturalContact")
    assert (refused.granted, refused.why) == (False, Why.METHOD)
    assert 2 < refused.wait_seconds <= 3
    assert take(institution, method="get").granted
    let_pass(3)
    assert take(institution, method="createCulturalContact").granted


def test_layer_that_refuses_spends_nothing_of_the_others(institution):
    institution.settings = {"api_minutes_between_calls": {"slow": 10}}
    institution.save()
    take(institution, method="slow")
    before = PaceBucket.objects.get(layer="institution").tat

    for _ in range(5):
        assert take(institution, method="slow").why == Why.METHOD

    assert PaceBucket.objects.get(layer="institution").tat == before


# --- allowances
# ----------------------------------------------------------------------------------------------------------


def test_allowance_raises_the_pace_while_it_runs_and_ends_by_the_clock(institution):
    allow(institution, 600, starts=30, ends=90)

    assert spend(institution, 29) < 100
    let_pass(1)
    raised = spend(institution, 50, nap=0.3)
    assert raised > 400
    let_pass(9)

    ended = take(institution)
    assert (ended.granted, ended.why) == (False, Why.WINDOW)
    assert ended.wait_seconds > 1


def test_after_an_allowance_each_call_fits_into_the_minute_before_it(institution):
    allow(institution, 600, ends=40)
    spend(institution, 38)
    last_raised = PaceCall.objects.latest("id").pk

    spend(institution, 90)

    times = list(PaceCall.objects.order_by("id").values_list("at", flat=True))
    after = list(PaceCall.objects.filter(pk__gt=last_raised).values_list("at", flat=True))
    assert len(after) > 80
    for moment in after:
        assert sum(moment - timedelta(seconds=60) < other <= moment for other in times) <= CEILING


def test_others_keep_their_part_of_a_raised_limit():
    institution = ApiAccessFactory(calls_per_minute=180, budget_share="0.50").institution
    allow(institution, 600)

    assert budget(institution.pk).ours_per_minute == 510


@pytest.mark.parametrize(
    "change",
    [
        {"approved_by": "", "approved_at": None},
        {"ended_at": timezone.now() - timedelta(seconds=1)},
        {"starts": 60.0},
        {"starts": -60.0, "ends": 1.0},
    ],
)
def test_allowance_counts_only_when_approved_and_running(institution, change):
    allow(institution, 600, **change)

    assert budget(institution.pk).ours_per_minute == CEILING


def test_nobody_approves_their_own_allowance(institution):
    with pytest.raises(IntegrityError), transaction.atomic():
        allow(institution, 600, approved_by="ada")


# --- refusals
# ------------------------------------------------------------------------------------------------------------


def test_refusal_stops_everybody_and_lowers_the_pace(institution):
    assert note_throttled(institution.pk) == 60

    refused = take(institution)
    assert refused.why == Why.BLOCKED
    assert 59 < refused.wait_seconds <= 60
    let_pass(60)
    assert not take(institution).granted
    let_pass(STEP / 0.7)
    assert take(institution).granted
    assert not take(institution).granted
    assert budget(institution.pk).pace_per_minute == pytest.approx(RATE * 60 * 0.7, abs=2)


def test_refusals_of_calls_in_flight_slow_down_once(institution):
    for _ in range(4):
        note_throttled(institution.pk)

    bucket = PaceBucket.objects.get()
    assert (bucket.rate_factor, bucket.throttles_in_a_row, bucket.throttled_count) == (0.7, 1, 4)


@pytest.mark.parametrize(
    ("asked", "pause"), [(7, 7), (0, 0), (864_000, 900), (-5, 60), (float("nan"), 60), (float("inf"), 60)]
)
def test_retry_after_is_honoured_up_to_a_quarter_of_an_hour(institution, asked, pause):
    assert note_throttled(institution.pk, asked) == pause
    if pause:
        assert pause - 1 < take(institution).wait_seconds <= pause


def test_first_pause_is_a_setting_of_the_institution(institution):
    institution.settings = {"api_throttle_pause_seconds": 90}
    institution.save()

    assert note_throttled(institution.pk) == 90


def test_longer_retry_after_during_a_pause_extends_it(institution):
    note_throttled(institution.pk)

    assert note_throttled(institution.pk, 300) == 300
    assert note_throttled(institution.pk, 10) == pytest.approx(300, abs=1)


def test_pauses_double_while_refusals_follow_each_other(institution):
    pauses = []
    for _ in range(6):
        pauses.append(note_throttled(institution.pk))
        let_pass(pauses[-1] + 1)

    assert pauses == [60, 120, 240, 480, 900, 900]
    assert PaceBucket.objects.get().rate_factor >= 0.1
    let_pass(120)
    assert note_throttled(institution.pk) == 60


def test_pace_never_falls_under_a_tenth_and_recovers_a_twentieth_a_minute(institution):
    for _ in range(12):
        note_throttled(institution.pk, 0)
    assert PaceBucket.objects.get().rate_factor == pytest.approx(0.1, abs=0.001)

    let_pass(600)
    assert budget(institution.pk).pace_per_minute == pytest.approx(RATE * 60 * 0.6, abs=1)
    let_pass(3600)
    assert budget(institution.pk).pace_per_minute == pytest.approx(RATE * 60, abs=1)


def test_limit_silently_cut_to_a_third_costs_few_refusals(institution):
    """S-360 allows 60 in any minute where the contract says 180; half an hour of greedy work."""
    calls, refusals, passed = [], 0, 0.0
    while passed < 1800:
        permit = take(institution)
        if permit.granted:
            calls = [at for at in calls if at > passed - 60]
            if len(calls) >= 60:
                refusals += 1
                note_throttled(institution.pk)
            else:
                calls.append(passed)
        else:
            nap = max(permit.wait_seconds, 3.0)
            let_pass(nap)
            passed += nap
    made = PaceCall.objects.filter(is_refused=False).count()

    assert made > 500
    assert refusals / made <= 0.02


# --- rows lost or spoiled
# ------------------------------------------------------------------------------------------------


def test_lost_row_is_made_anew_slow_with_an_alarm(institution):
    spend(institution, 10)
    let_pass(120)
    PaceBucket.objects.all().delete()

    first = take(institution)
    assert not first.granted
    assert first.wait_seconds == pytest.approx(STEP / 0.1, rel=0.01)
    assert spend(institution, STEP / 0.1) <= 1
    assert budget(institution.pk).remade_at is not None


def test_row_lost_in_a_busy_minute_does_not_double_it(institution):
    spend(institution, 60)
    PaceBucket.objects.all().delete()

    assert take(institution).why in (Why.WINDOW, Why.INSTITUTION)
    assert spend(institution, 30) <= 9


@pytest.mark.parametrize(
    "change",
    [
        "tat = now() + interval '3 days'",
        "tat = 'infinity'",
        "blocked_until = now() + interval '10 days'",
        "rate_factor = 50",
        "rate_factor = 'NaN'",
        "rate_factor = 0",
        "factor_since = 'infinity'",
    ],
)
def test_spoiled_row_is_made_anew_slow_with_an_alarm(institution, change):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE sync_pacebucket SET {change}")  # noqa: S608

    assert not take(institution).granted
    bucket = PaceBucket.objects.get()
    assert bucket.remade_at is not None
    assert bucket.rate_factor == 0.1
    assert spend(institution, STEP / 0.1 + 1) in (1, 2)


def test_emptied_bucket_cannot_buy_more_than_the_minute_holds(institution):
    """Somebody who sets the bucket back again and again still meets the count of calls."""
    granted = 0
    for _ in range(100):
        granted += take_all(institution)[0]
        PaceBucket.objects.update(tat=timezone.now() - timedelta(hours=1))

    assert granted == CEILING
    assert take(institution).why == Why.WINDOW


def test_first_bucket_of_an_institution_raises_no_alarm():
    institution = ApiAccessFactory().institution

    assert not take(institution).granted
    assert PaceBucket.objects.get().remade_at is None


def test_lost_row_during_a_refusal_is_made_and_blocked(institution):
    PaceBucket.objects.all().delete()

    assert note_throttled(institution.pk) == 60
    assert take(institution).why == Why.BLOCKED


def test_clock_set_back_grants_nothing_early(institution):
    take_all(institution)
    let_pass(-5)

    assert 5 < take(institution).wait_seconds <= 5 + STEP


# --- budget and reset
# ----------------------------------------------------------------------------------------------------


def test_budget_tells_calls_by_lane_refusals_and_what_others_seem_to_spend(institution):
    let_pass(120)
    take(institution, Lane.LIVE)
    take(institution, Lane.OPERATOR)
    take(institution, Lane.LIVE)
    note_throttled(institution.pk)

    told = budget(institution.pk)

    assert told.by_lane == (("Operator", 1), ("Live", 2), ("Retry", 0), ("Bulk", 0))
    assert (told.spent_this_minute, told.refused_this_minute, told.limit_per_minute) == (3, 1, 180)
    assert told.others_per_minute == 177
    assert 59 < told.next_free_seconds <= 62


def test_next_free_slot_is_when_the_next_permit_is_granted(institution):
    take_all(institution)
    told = budget(institution.pk).next_free_seconds

    assert 0 < told <= STEP
    let_pass(told + 0.001)
    assert take(institution).granted


def test_reset_ends_pause_slow_down_and_alarm_and_is_audited(institution):
    note_throttled(institution.pk, 600)
    PaceBucket.objects.update(remade_at=timezone.now())

    assert reset_pace(institution.pk, actor="ada", reason="SecuTix says it is free") == 1

    told = budget(institution.pk)
    assert (told.blocked_until, told.remade_at) == (None, None)
    take(institution)
    let_pass(STEP)
    assert take(institution).granted
    action = OperatorAction.objects.get(verb="reset_pace")
    assert (action.actor, action.reason, action.before[str(institution.pk)]["rate_factor"]) == (
        "ada",
        "SecuTix says it is free",
        0.7,
    )

"""The figures of the home page and `manage.py status`: exact on a small ledger, bounded on a large one."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from sync.models import Contact, Entity, EntryState, Heartbeat, Lane, OutboxEntry, RecordState, Target
from sync.services.figures import collect_figures, counting, far_side
from sync.services.figures.causes import parked_counts
from sync.services.figures.shapes import ConnectionFigures, Count, Level, Pulse
from tests.factories import (
    ApiAccessFactory,
    CauseFactory,
    ContactFactory,
    DeliveryFactory,
    DeliveryRecordFactory,
    InstitutionFactory,
    OrderFactory,
    OutboxEntryFactory,
    SyncRunFactory,
    WebhookEndpointFactory,
)

pytestmark = pytest.mark.django_db


def ago(**span):
    return timezone.now() - timedelta(**span)


@pytest.fixture(autouse=True)
def no_connections(monkeypatch):
    monkeypatch.setattr(far_side, "_suppliers", {})


@pytest.fixture
def alive():
    Heartbeat.objects.create(name="beat")
    Heartbeat.objects.create(name="worker:host:1")


def connection(**changed):
    values = {
        "connection_id": 1,
        "name": "crm",
        "connector": "Plain REST",
        "state": "paused",
        "state_label": "Paused by an operator",
        "is_flowing": False,
        "is_operators_choice": True,
        "reason": "",
        "advice": "Resume it.",
        "since": None,
        "resume_at": None,
        "last_success_at": None,
        "institutions": (),
        "institution_ids": (),
    }
    return ConnectionFigures(**values | changed)


def test_fresh_console_is_empty_and_says_so(alive):
    figures = collect_figures()

    assert figures.is_empty
    assert figures.alarms == ()
    assert figures.outbound.waiting == Count(0)
    assert figures.outbound.is_switched_on
    assert not figures.inbound.is_switched_on


def test_outbound_lane_counts_each_state_once():
    OutboxEntryFactory()
    OutboxEntryFactory(due_at=timezone.now() + timedelta(hours=1))
    order = OrderFactory(contact=None, institution=InstitutionFactory(), contact_number="0000009")
    OutboxEntryFactory(entity=Entity.ORDER, contact=None, order=order, waits_for="contact")
    OutboxEntryFactory(state=EntryState.CLAIMED)
    OutboxEntryFactory(state=EntryState.SENDING)
    OutboxEntryFactory(state=EntryState.UNCERTAIN)
    OutboxEntryFactory(parked=True)
    OutboxEntryFactory(settled=True)
    OutboxEntryFactory(target=Target.S360)

    figures = collect_figures()

    lane = figures.outbound
    assert (lane.waiting, lane.held, lane.in_flight, lane.uncertain, lane.parked) == (
        Count(2),
        Count(1),
        Count(2),
        Count(1),
        Count(1),
    )
    assert lane.per_minute == 1
    assert figures.inbound.waiting == Count(1)
    assert figures.inbound.is_switched_on


def test_count_stops_at_its_cap_and_says_more(monkeypatch):
    monkeypatch.setattr("sync.services.figures.causes.COUNTS", _with_cap(3))
    cause = CauseFactory()
    for _ in range(5):
        OutboxEntryFactory(parked=True, contact=ContactFactory(institution=cause.institution), cause=cause)
    monkeypatch.setattr("sync.services.figures.causes.capped", lambda found: counting.capped(found, cap=3))

    [counts] = parked_counts([cause.pk]).values()

    assert counts.entries == Count(3, is_floor=True)
    assert str(counts.entries) == "more than 3"


def _with_cap(cap):
    from sync.services.figures import causes  # noqa: PLC0415  the module itself is what is patched

    return causes.COUNTS.replace(str(counting.CAP + 1), str(cap + 1))


def test_large_table_is_estimated_and_small_one_counted(monkeypatch):
    ContactFactory.create_batch(3)
    assert counting.size_of(Contact) == Count(3)

    monkeypatch.setattr(counting, "CAP", 2)
    assert counting.size_of(Contact) == Count(2, is_floor=True)  # statistics do not know the new rows yet


def test_delay_runs_from_the_post_to_the_crms_answer():
    delivery = DeliveryFactory(received_at=ago(seconds=10))
    record = DeliveryRecordFactory(delivery=delivery)
    contact = ContactFactory(institution=delivery.institution, last_record_id=record.pk)
    OutboxEntryFactory(contact=contact, settled=True, created_at=ago(seconds=9), settled_at=ago(seconds=8))

    lane = collect_figures().outbound

    assert lane.delay_p50_seconds == pytest.approx(2, abs=0.1)
    assert lane.delay_p95_seconds == pytest.approx(2, abs=0.1)


def test_delay_ignores_work_that_waited_for_a_person():
    record = DeliveryRecordFactory(delivery=DeliveryFactory(received_at=ago(days=2)))
    contact = ContactFactory(institution=record.delivery.institution, last_record_id=record.pk)
    OutboxEntryFactory(contact=contact, settled=True, created_at=ago(days=2), lane=Lane.OPERATOR)

    assert collect_figures().outbound.delay_p50_seconds is None


def test_rate_of_a_flood_follows_from_the_time_the_newest_rows_span(monkeypatch):
    monkeypatch.setattr("sync.services.figures.lanes.RATE_ROWS", 3)
    for _ in range(3):
        OutboxEntryFactory(settled=True, settled_at=ago(seconds=6))

    assert collect_figures().outbound.per_minute == pytest.approx(30, abs=2)


def test_nothing_to_do_is_not_a_record_sent():
    OutboxEntryFactory(settled=True, outcome="nothing_to_do")

    assert collect_figures().outbound.per_minute == 0


def test_work_due_for_long_raises_an_alarm(alive):
    OutboxEntryFactory(due_at=ago(minutes=8))

    figures = collect_figures()

    assert figures.outbound.oldest_due_seconds == pytest.approx(480, abs=5)
    assert [a.title for a in figures.alarms] == ["Work for the CRM has been due for 8 min without being sent."]


def test_work_behind_a_paused_connection_is_late_on_purpose(alive):
    entry = OutboxEntryFactory(due_at=ago(minutes=8))
    far_side.register_connections("crm", lambda: [connection(institution_ids=(entry.institution_id,))])

    figures = collect_figures()

    assert figures.outbound.oldest_due_seconds is None
    assert figures.outbound.waiting == Count(1)
    assert [(a.level, a.title) for a in figures.alarms] == [
        (Level.ATTENTION, "CRM connection crm: paused by an operator.")
    ]


def test_unreachable_crm_is_urgent_and_says_why_and_what_to_do(alive):
    broken = connection(
        state_label="Not reachable, probing", is_operators_choice=False, reason="HTTP 503.", advice="Wait."
    )
    far_side.register_connections("crm", lambda: [broken])

    [alarm] = collect_figures().alarms

    assert alarm.level is Level.URGENT
    assert alarm.advice == "HTTP 503. Wait."
    assert (alarm.screen, alarm.subject_id) == ("connection", 1)


@pytest.mark.parametrize(
    ("changed", "pulse"),
    [
        ({}, Pulse.NEVER),
        ({"last_delivery_at": timedelta(minutes=14)}, Pulse.ON_TIME),
        ({"last_delivery_at": timedelta(minutes=44)}, Pulse.ON_TIME),
        ({"last_delivery_at": timedelta(minutes=46)}, Pulse.QUIET),
        ({"last_delivery_at": timedelta(minutes=1), "refused_in_a_row": 1}, Pulse.REFUSED),
        ({"last_delivery_at": timedelta(minutes=1), "is_enabled": False}, Pulse.SWITCHED_OFF),
    ],
)
def test_pulse_of_a_stream_follows_its_interval(changed, pulse):
    changed = {
        name: timezone.now() - value if isinstance(value, timedelta) else value for name, value in changed.items()
    }
    WebhookEndpointFactory(**changed)

    [stream] = collect_figures().streams

    assert stream.pulse is pulse
    assert stream.interval_minutes == 15


def test_refused_deliveries_tell_when_s360_forgets(alive):
    endpoint = WebhookEndpointFactory(
        last_delivery_at=ago(minutes=40),
        refused_in_a_row=2,
        refused_count=7,
        last_refused_at=ago(minutes=10),
        last_refusal="The body is larger than 10 MB.",
    )

    figures = collect_figures()

    [stream] = figures.streams
    # first refusal at the earliest one interval before the last one: 25 min ago; the twelfth try comes 11 x 15 min
    # later
    assert stream.forgets_in_seconds == pytest.approx((165 - 25) * 60, abs=5)
    [alarm] = figures.alarms
    assert alarm.level is Level.URGENT
    assert alarm.title == f"{endpoint.institution.code} contacts: the last 2 deliveries were refused at our door."
    assert alarm.advice.startswith("The body is larger than 10 MB. S-360 keeps trying; in about 2 h 20 min")


def test_row_of_refusals_began_after_the_last_delivery_we_took():
    WebhookEndpointFactory(last_delivery_at=ago(minutes=20), refused_in_a_row=10, last_refused_at=ago(minutes=10))

    [stream] = collect_figures().streams

    assert stream.forgets_in_seconds == pytest.approx((165 - 20) * 60, abs=5)


def test_refusals_for_longer_than_twelve_tries_mean_records_are_lost(alive):
    WebhookEndpointFactory(last_delivery_at=ago(days=2), refused_in_a_row=5_000_000, last_refused_at=ago(minutes=1))

    [alarm] = collect_figures().alarms

    assert "may have given up records already" in alarm.advice


def test_door_counts_what_is_stored_and_not_applied():
    DeliveryFactory(state="waiting", payload=[{}, {}, {}], received_at=ago(minutes=3))
    DeliveryFactory(payload=[{}, {}])
    DeliveryFactory(state="refused", payload=[{}])
    DeliveryFactory(payload=[{}], received_at=ago(minutes=10))
    DeliveryRecordFactory(parked=True)

    door = collect_figures().door

    assert (door.deliveries_waiting, door.records_waiting, door.records_parked) == (Count(1), 3, Count(1))
    assert door.records_per_minute == 3  # the delivery of the parked record, and the two above
    assert door.oldest_waiting_seconds == pytest.approx(180, abs=5)


def test_causes_come_fullest_first_with_entries_and_records():
    small, large = CauseFactory(code="SMALL"), CauseFactory(code="LARGE", field="address_country")
    OutboxEntryFactory(parked=True, cause=small, contact=ContactFactory(institution=small.institution))
    for _ in range(2):
        OutboxEntryFactory(parked=True, cause=large, contact=ContactFactory(institution=large.institution))
    DeliveryRecordFactory(cause=large, state=RecordState.PARKED)
    CauseFactory(code="EMPTY")

    causes = collect_figures().causes

    assert [(c.title, c.entries, c.records) for c in causes] == [
        ("The CRM refuses Address country (LARGE)", Count(2), Count(1)),
        ("The CRM refuses Address country (SMALL)", Count(1), Count(0)),
    ]
    assert all(c.advice.endswith("re-queue this cause.") for c in causes)


def test_parked_work_is_an_alarm_that_leads_to_the_causes(alive):
    OutboxEntryFactory(parked=True)
    DeliveryRecordFactory(parked=True)

    [alarm] = collect_figures().alarms

    assert (alarm.title, alarm.screen) == ("2 records are parked.", "causes")


def test_run_shows_five_counters_that_add_up():
    SyncRunFactory(record_count=10, succeeded_count=5, warning_count=1, error_count=2, timeout_count=1)

    [run] = collect_figures().runs

    assert run.not_processed_count == 1
    parts = (run.succeeded_count, run.warning_count, run.error_count, run.timeout_count, run.not_processed_count)
    assert sum(parts) == run.record_count


def test_executions_that_are_always_full_are_an_alarm(alive):
    endpoint = WebhookEndpointFactory(institution__code="OPERAHALL")
    for minutes in (45, 30, 15):
        SyncRunFactory(
            endpoint=endpoint, started_at=ago(minutes=minutes), ended_at=ago(minutes=minutes), record_count=500
        )

    [alarm] = collect_figures().alarms

    assert (alarm.level, alarm.screen) == (Level.ATTENTION, "runs")
    assert alarm.title == "OPERAHALL contacts: the last 3 executions were full (500 records)."

    SyncRunFactory(endpoint=endpoint, ended_at=timezone.now(), record_count=120)
    assert collect_figures().alarms == ()


def test_budget_is_our_share_of_the_contracts_limit():
    ApiAccessFactory(calls_per_minute=180)

    [budget] = collect_figures().budgets

    assert (budget.limit_per_minute, budget.share_percent, budget.ours_per_minute, budget.spent_this_minute) == (
        180,
        66,
        118,
        0,
    )


def test_silent_worker_and_beat_are_urgent():
    Heartbeat.objects.create(name="beat", at=ago(minutes=3))

    figures = collect_figures()

    assert [(a.level, a.title) for a in figures.alarms] == [
        (Level.URGENT, "No worker is running."),
        (Level.URGENT, "The scheduler (beat) is not running; the last sign of life was 3 min ago."),
    ]


def test_one_living_worker_among_dead_ones_is_enough(alive):
    Heartbeat.objects.create(name="worker:host:2", at=ago(hours=3))

    figures = collect_figures()

    assert figures.parts.workers_alive == 1
    assert figures.alarms == ()


def test_number_of_statements_does_not_depend_on_the_number_of_rows(
    django_assert_num_queries, django_assert_max_num_queries
):
    def fill(times):
        for _ in range(times):
            OutboxEntryFactory(parked=True)
            OutboxEntryFactory()
            DeliveryRecordFactory(parked=True)
            SyncRunFactory()
            ApiAccessFactory()

    fill(1)
    with django_assert_max_num_queries(25) as few:
        collect_figures()
    fill(20)
    with django_assert_num_queries(len(few)):
        collect_figures()


def test_status_prints_the_same_figures_as_text():
    OutboxEntryFactory(parked=True)
    SyncRunFactory()

    out = StringIO()
    call_command("status", stdout=out)
    text = out.getvalue()

    assert "console -> CRM    0 records/min, 0 waiting, 0 in flight, 0 uncertain, 1 parked" in text
    assert "not switched on yet" in text
    assert "3 records = 3 succeeded + 0 with warnings + 0 with errors + 0 with timeout + 0 not processed" in text


def test_status_as_json_is_one_object():
    ContactFactory()
    OutboxEntry.objects.all().delete()

    out = StringIO()
    call_command("status", "--json", stdout=out)
    figures = json.loads(out.getvalue())

    assert figures["contacts"] == {"value": 1, "is_floor": False, "is_estimate": False}
    assert figures["outbound"]["parked"]["value"] == 0


def test_status_of_a_fresh_console_explains_the_first_steps():
    out = StringIO()
    call_command("status", stdout=out)

    assert out.getvalue().startswith("Nothing is set up yet")

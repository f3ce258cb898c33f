"""Everything a person can click that changes something: confirmed, permitted, done once, audited, and posted here."""

import pytest
from django.contrib import admin
from django.urls import reverse

from sync.admin.base import ConsoleAdmin
from sync.models import (
    Cause,
    DeliveryRecord,
    EntryState,
    EventKind,
    OperatorAction,
    OutboxEntry,
    RecordEvent,
    RecordState,
)
from tests.admin_support import choose, confirm, said, signed_in
from tests.factories import CauseFactory, ContactFactory, DeliveryRecordFactory, OutboxEntryFactory

pytestmark = pytest.mark.django_db

OUTBOX = "/admin/sync/outboxentry/"
RECORDS = "/admin/sync/deliveryrecord/"
OPERATOR = ("sync.view_outboxentry", "sync.view_cause", "sync.view_deliveryrecord", "sync.requeue_work")

# Every verb there is, and the test that posts it; a new verb fails here until it has one.
POSTED = {
    ("sync.outboxentry", "requeue"): "test_parked_entry_is_requeued_from_its_page",
    ("sync.outboxentry", "requeue_selected"): "test_selected_entries_are_requeued",
    ("sync.cause", "requeue"): "test_cause_is_requeued_as_a_whole",
    ("sync.deliveryrecord", "requeue"): "test_parked_record_is_read_again",
    ("sync.deliveryrecord", "confirm"): "test_held_record_is_applied_as_it_stands",
    ("sync.deliveryrecord", "dismiss"): "test_parked_record_is_dismissed",
    ("sync.deliveryrecord", "requeue_selected"): "test_selected_records_are_read_again",
    ("sync.deliveryrecord", "dismiss_selected"): "test_selected_records_are_dismissed",
    ("sync.webhookendpoint", "rotate"): "tests/sync/admin/test_endpoints.py",
    ("sync.webhookendpoint", "end-previous"): "tests/sync/admin/test_endpoints.py",
    ("sync.pacebucket", "reset"): "tests/sync/admin/test_pace.py",
    ("sync.allowance", "approve"): "tests/sync/admin/test_pace.py",
    ("sync.allowance", "end"): "tests/sync/admin/test_pace.py",
    ("crm.connection", "pause"): "tests/crm/admin/test_connections.py",
    ("crm.connection", "resume"): "tests/crm/admin/test_connections.py",
    ("crm.connection", "check"): "tests/crm/admin/test_connections.py",
    ("crm.connection", "probe"): "tests/crm/admin/test_connections.py",
}


def do(row, verb):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_do", args=[row.pk, verb])


def test_every_registered_verb_is_posted_by_a_test():
    registered = {
        (screen.opts.label_lower, verb.name)
        for screen in admin.site._registry.values()
        if isinstance(screen, ConsoleAdmin)
        for verb in (*screen.verbs, *screen.list_verbs)
    }

    assert registered == set(POSTED)
    assert all(name in globals() or name.startswith("tests/") for name in POSTED.values())


def test_no_screen_has_an_action_that_is_no_verb(rf, admin_user):
    request = rf.get("/admin/")
    request.user = admin_user
    for screen in admin.site._registry.values():
        if isinstance(screen, ConsoleAdmin):
            assert set(screen.get_actions(request)) == {verb.name for verb in screen.list_verbs}


def test_parked_entry_is_requeued_from_its_page():
    entry = OutboxEntryFactory(parked=True)
    client = signed_in(*OPERATOR, username="noor")

    answer = confirm(client, do(entry, "requeue"), reason="country list corrected")

    entry.refresh_from_db()
    assert (entry.state, entry.cause_id, entry.attempt_count) == (EntryState.WAITING, None, 0)
    assert answer["Location"] == reverse("admin:sync_outboxentry_change", args=[entry.pk])
    assert said(answer) == ["1 entry re-queued. What is sent is what is true now."]
    action = OperatorAction.objects.get()
    assert (action.actor, action.verb, action.reason) == ("noor", "requeue", "country list corrected")
    event = RecordEvent.objects.get(kind=EventKind.REQUEUED)
    assert (event.contact_id, event.actor) == (entry.contact_id, "noor")


def test_asking_changes_nothing():
    entry = OutboxEntryFactory(parked=True)

    page = signed_in(*OPERATOR).get(do(entry, "requeue")).content.decode()

    entry.refresh_from_db()
    assert entry.state == EntryState.PARKED
    assert "XX is not one of the allowed countries" in page
    assert not OperatorAction.objects.exists()


def test_second_click_of_the_same_form_does_nothing():
    entry = OutboxEntryFactory(parked=True)
    client = signed_in(*OPERATOR)
    key = client.get(do(entry, "requeue")).context["form"]["key"].value()
    form = {"confirmed": "yes", "key": key, "reason": ""}
    client.post(do(entry, "requeue"), form)
    OutboxEntry.objects.filter(pk=entry.pk).update(state=EntryState.PARKED, cause=CauseFactory())

    answer = client.post(do(entry, "requeue"), form)

    entry.refresh_from_db()
    assert entry.state == EntryState.PARKED
    assert said(answer)[-1] == "This was already done by the first click; nothing happened twice."
    assert OperatorAction.objects.count() == 1


def test_entry_settled_meanwhile_is_left_alone_and_the_person_told():
    entry = OutboxEntryFactory(parked=True)
    client = signed_in(*OPERATOR)
    key = client.get(do(entry, "requeue")).context["form"]["key"].value()
    OutboxEntry.objects.filter(pk=entry.pk).update(state=EntryState.SETTLED, outcome="done", cause=None)

    answer = client.post(do(entry, "requeue"), {"confirmed": "yes", "key": key, "reason": ""})

    entry.refresh_from_db()
    assert entry.state == EntryState.SETTLED
    assert said(answer) == [
        "0 entries re-queued; 1 left alone, because they are no longer parked. What is sent is what is true now."
    ]


@pytest.mark.parametrize("method", ["get", "post"])
def test_verb_without_its_permission_is_refused(method):
    entry = OutboxEntryFactory(parked=True)
    client = signed_in("sync.view_outboxentry")

    assert getattr(client, method)(do(entry, "requeue")).status_code == 403
    assert "Re-queue" not in client.get(reverse("admin:sync_outboxentry_change", args=[entry.pk])).content.decode()
    entry.refresh_from_db()
    assert entry.state == EntryState.PARKED


def test_unknown_verb_and_unknown_row_lead_home():
    entry = OutboxEntryFactory(parked=True)
    client = signed_in(*OPERATOR)

    assert client.get(do(entry, "explode")).status_code == 302
    assert client.get(reverse("admin:sync_outboxentry_do", args=[0, "requeue"])).status_code == 302


def test_selected_entries_are_requeued():
    first, second, _ = OutboxEntryFactory.create_batch(3, parked=True)
    client = signed_in(*OPERATOR)

    answer = choose(client, OUTBOX, "requeue_selected", [first, second])

    assert said(answer) == ["2 entries re-queued. What is sent is what is true now."]
    states = list(OutboxEntry.objects.order_by("id").values_list("state", flat=True))
    assert states == [EntryState.WAITING, EntryState.WAITING, EntryState.PARKED]


def test_everything_that_matches_the_filter_is_requeued_beyond_the_page_on_screen(monkeypatch):
    monkeypatch.setattr("sync.admin.outbox.PIECE", 2)
    cause = CauseFactory()
    entries = [
        OutboxEntryFactory(parked=True, cause=cause, contact=ContactFactory(institution=cause.institution))
        for _ in range(5)
    ]
    other = OutboxEntryFactory(parked=True)
    client = signed_in(*OPERATOR)

    answer = choose(client, f"{OUTBOX}?state=parked&cause={cause.pk}", "requeue_selected", entries[:1], everything=True)

    assert said(answer) == ["5 entries re-queued. What is sent is what is true now."]
    other.refresh_from_db()
    assert other.state == EntryState.PARKED
    action = OperatorAction.objects.get(verb="requeue_list")
    assert action.before == {"filter": f"state=parked&cause={cause.pk}"}


def test_selection_skips_what_cannot_be_requeued():
    parked, settled = OutboxEntryFactory(parked=True), OutboxEntryFactory(settled=True)
    client = signed_in(*OPERATOR)

    answer = choose(client, OUTBOX, "requeue_selected", [parked, settled])

    assert said(answer) == ["1 entry re-queued. What is sent is what is true now."]
    settled.refresh_from_db()
    assert settled.state == EntryState.SETTLED


def test_list_verb_without_its_permission_does_nothing():
    entry = OutboxEntryFactory(parked=True)
    client = signed_in("sync.view_outboxentry")

    client.post(OUTBOX, {"action": "requeue_selected", "_selected_action": [entry.pk], "index": "0"})
    client.post(OUTBOX, {"action": "requeue_selected", "_selected_action": [entry.pk], "confirmed": "yes", "key": "x"})

    entry.refresh_from_db()
    assert entry.state == EntryState.PARKED


def test_many_rows_at_once_must_be_confirmed_by_typing_their_number(monkeypatch):
    monkeypatch.setattr("sync.admin.page.TYPED_ABOVE", 1)
    entries = OutboxEntryFactory.create_batch(2, parked=True)
    client = signed_in(*OPERATOR)

    refused = choose(client, OUTBOX, "requeue_selected", entries, typed="3")
    assert refused.status_code == 200
    assert "Type 2 to confirm." in refused.content.decode()
    assert OutboxEntry.objects.filter(state=EntryState.PARKED).count() == 2

    choose(client, OUTBOX, "requeue_selected", entries, typed="2")
    assert OutboxEntry.objects.filter(state=EntryState.PARKED).count() == 0


def test_cause_is_requeued_as_a_whole():
    cause = CauseFactory()
    entry = OutboxEntryFactory(parked=True, cause=cause, contact=ContactFactory(institution=cause.institution))
    record = DeliveryRecordFactory(cause=cause, state=RecordState.PARKED)
    other = OutboxEntryFactory(parked=True)
    client = signed_in(*OPERATOR)

    answer = confirm(client, do(cause, "requeue"))

    assert said(answer) == ["2 records re-queued. What is sent is what is true now."]
    for row, state in ((entry, EntryState.WAITING), (record, RecordState.WAITING), (other, EntryState.PARKED)):
        row.refresh_from_db()
        assert row.state == state
    page = client.get(reverse("admin:sync_cause_change", args=[cause.pk])).content.decode()
    assert "nothing parked" in page
    assert "Re-queue all of this cause" not in page
    assert Cause.objects.get(pk=cause.pk).lifted_at is not None


def test_parked_record_is_read_again():
    record = DeliveryRecordFactory(parked=True)

    answer = confirm(signed_in(*OPERATOR), do(record, "requeue"))

    record.refresh_from_db()
    assert (record.state, record.is_confirmed) == (RecordState.WAITING, False)
    assert said(answer) == ["1 record re-queued. What is sent is what is true now."]


def test_held_record_is_applied_as_it_stands():
    record = DeliveryRecordFactory(parked=True, outcome="held")

    confirm(signed_in(*OPERATOR), do(record, "confirm"), reason="looked up in S-360")

    record.refresh_from_db()
    assert (record.state, record.is_confirmed) == (RecordState.WAITING, True)
    assert OperatorAction.objects.get().reason == "looked up in S-360"


def test_parked_record_is_dismissed():
    record = DeliveryRecordFactory(parked=True)

    answer = confirm(signed_in(*OPERATOR), do(record, "dismiss"), reason="test data")

    record.refresh_from_db()
    assert (record.state, record.outcome) == (RecordState.SETTLED, "dismissed")
    assert said(answer) == ["1 record dismissed."]


@pytest.mark.parametrize("verb", ["confirm", "dismiss"])
def test_decisions_against_the_data_need_a_reason(verb):
    record = DeliveryRecordFactory(parked=True)

    answer = confirm(signed_in(*OPERATOR), do(record, verb), reason="")

    assert answer.status_code == 200
    assert answer.context["form"].errors == {"reason": ["This field is required."]}
    record.refresh_from_db()
    assert record.state == RecordState.PARKED


def test_selected_records_are_read_again():
    records = DeliveryRecordFactory.create_batch(3, parked=True)

    answer = choose(signed_in(*OPERATOR), RECORDS, "requeue_selected", records[:1], everything=True)

    assert said(answer) == ["3 records re-queued. What is sent is what is true now."]
    assert DeliveryRecord.objects.filter(state=RecordState.WAITING).count() == 3


def test_selected_records_are_dismissed():
    first, second = DeliveryRecordFactory.create_batch(2, parked=True)

    answer = choose(signed_in(*OPERATOR), RECORDS, "dismiss_selected", [first])

    assert said(answer) == ["1 record dismissed."]
    second.refresh_from_db()
    assert second.state == RecordState.PARKED

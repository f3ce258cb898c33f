"""The outbox, deliveries, runs and attempts: filters that work, and words for states and times."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from sync.admin.entry_words import next_move
from sync.models import EntryState, OutboxEntry
from tests.admin_support import signed_in
from tests.factories import (
    AttemptFactory,
    CauseFactory,
    ContactFactory,
    DeliveryFactory,
    DeliveryRecordFactory,
    OrderFactory,
    OutboxEntryFactory,
    SyncRunFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return signed_in(is_superuser=True)


def rows(client, url):
    return [row.pk for row in client.get(url).context["cl"].result_list]


def in_a_while(**span):
    return timezone.now() + timedelta(**span)


@pytest.fixture
def ledger():
    cause = CauseFactory()
    hall = cause.institution
    order = OrderFactory(contact=None, institution=hall, contact_number="9")
    return {
        "parked": OutboxEntryFactory(parked=True, cause=cause, contact=ContactFactory(institution=hall)),
        "waiting": OutboxEntryFactory(created_at=in_a_while(hours=-2)),
        "held": OutboxEntryFactory(entity="order", contact=None, order=order, waits_for="contact"),
        "sending": OutboxEntryFactory(state=EntryState.SENDING, lane=0),
        "uncertain": OutboxEntryFactory(state=EntryState.UNCERTAIN),
        "settled": OutboxEntryFactory(settled=True),
        "to S-360": OutboxEntryFactory(target="s360", state=EntryState.CLAIMED),
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=parked", ["parked"]),
        ("state=waiting", ["waiting"]),
        ("state=held", ["held"]),
        ("state=in_flight", ["to S-360", "sending"]),
        ("state=uncertain", ["uncertain"]),
        ("state=settled", ["settled"]),
        ("target=s360", ["to S-360"]),
        ("entity=order", ["held"]),
        ("lane=0", ["sending"]),
        ("age=1h", ["waiting"]),
        ("age=1d", []),
        ("state=in_flight&target=crm", ["sending"]),
        ("state=nonsense&cause=x", None),
    ],
)
def test_each_filter_of_the_outbox_shows_just_what_it_names(client, ledger, query, found):
    names = {entry.pk: name for name, entry in ledger.items()}

    shown = [names[pk] for pk in rows(client, f"/admin/sync/outboxentry/?{query}")]

    assert shown == (found if found is not None else list(reversed(ledger)))


def test_outbox_by_cause_and_by_institution(client, ledger):
    parked = ledger["parked"]

    assert rows(client, f"/admin/sync/outboxentry/?cause={parked.cause_id}") == [parked.pk]
    assert rows(client, f"/admin/sync/outboxentry/?institution={parked.institution_id}") == [
        ledger["held"].pk,
        parked.pk,
    ]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"due_at": timedelta(minutes=5, seconds=1)}, "next try in 5 min"),
        ({"due_at": timedelta(seconds=-1)}, "due now"),
        ({"due_at": timedelta(minutes=-8)}, "due for 8 min"),
        ({"waits_for": "contact"}, "goes as soon as its contact is in the CRM"),
        ({"state": EntryState.SENDING}, "being sent now"),
        ({"state": EntryState.UNCERTAIN, "lease_until": timedelta(minutes=2, seconds=1)}, "the CRM is read in 2 min"),
        ({"state": EntryState.UNCERTAIN}, "the CRM is read soon"),
        ({"state": EntryState.PARKED}, "waits for you"),
        ({"state": EntryState.SETTLED, "settled_at": timedelta(hours=-3)}, "ended 3 h ago"),
    ],
)
def test_due_time_is_said_in_words(values, words):
    moments = {
        name: timezone.now() + value if isinstance(value, timedelta) else value for name, value in values.items()
    }

    assert next_move(OutboxEntry(**{"due_at": timezone.now(), **moments})) == words


def test_entry_page_links_to_record_attempt_and_cause(client):
    entry = OutboxEntryFactory(parked=True, attempt=AttemptFactory(), intent={"email": "a@example.org"})

    text = client.get(reverse("admin:sync_outboxentry_change", args=[entry.pk])).content.decode()

    for name, pk in (("contact", entry.contact_id), ("attempt", entry.attempt_id), ("cause", entry.cause_id)):
        assert f"/admin/sync/{name}/{pk}/change/" in text
    assert "E-mail" in text


def test_attempt_page_lists_its_entries(client):
    attempt = AttemptFactory(started_at=in_a_while(seconds=-3), ended_at=in_a_while(seconds=-2), record_count=2)
    settled = OutboxEntryFactory(settled=True, attempt=attempt, settled_at=in_a_while(seconds=-2))
    parked = OutboxEntryFactory(parked=True, attempt=attempt)
    other = OutboxEntryFactory(settled=True)

    text = client.get(reverse("admin:sync_attempt_change", args=[attempt.pk])).content.decode()

    for entry, is_listed in ((settled, True), (parked, True), (other, False)):
        assert (f"/admin/sync/outboxentry/{entry.pk}/change/" in text) is is_listed


def test_attempt_without_an_answer_says_so(client):
    attempt = AttemptFactory(ended_at=None, outcome="open")

    text = client.get(reverse("admin:sync_attempt_change", args=[attempt.pk])).content.decode()

    assert "no answer yet" in text


def test_run_page_shows_five_counters_and_its_deliveries(client):
    run = SyncRunFactory(record_count=10, succeeded_count=5, warning_count=1, error_count=2, timeout_count=1)
    delivery = DeliveryFactory(endpoint=run.endpoint, run=run)

    answer = client.get(reverse("admin:sync_syncrun_change", args=[run.pk]))

    facts = {fact.label: str(fact.value) for fact in answer.context["page"].facts}
    counters = ("Succeeded", "With warnings", "With errors", "With timeout", "Not processed")
    assert [int("".join(filter(str.isdigit, facts[name]))) for name in counters] == [5, 1, 2, 1, 1]
    assert "do not add up" not in answer.content.decode()
    assert f"/admin/sync/delivery/{delivery.pk}/change/" in answer.content.decode()


def test_run_whose_counters_do_not_add_up_says_so(client):
    run = SyncRunFactory(record_count=3, succeeded_count=4)

    text = client.get(reverse("admin:sync_syncrun_change", args=[run.pk])).content.decode()

    assert "The counters do not add up to the records received." in text


@pytest.mark.parametrize(("query", "found"), [("trouble", [2]), ("warnings", [1]), ("clean", [0])])
def test_runs_are_filtered_by_their_result(client, query, found):
    runs = [SyncRunFactory(), SyncRunFactory(warning_count=1), SyncRunFactory(error_count=1)]

    assert rows(client, f"/admin/sync/syncrun/?result={query}") == [runs[place].pk for place in found]


def test_delivery_page_shows_each_record_with_outcome_reason_and_a_link_to_the_contact(client):
    delivery = DeliveryFactory(warning="This request came a second time.")
    contact = ContactFactory(institution=delivery.institution, contact_number="0000123")
    DeliveryRecordFactory(delivery=delivery, external_id="0000123", ordinal=0)
    DeliveryRecordFactory(delivery=delivery, parked=True, ordinal=1, external_id="")

    text = client.get(reverse("admin:sync_delivery_change", args=[delivery.pk])).content.decode()

    assert f"/admin/sync/contact/{contact.pk}/change/" in text
    assert "birthDate: 31.02.1990 is no date" in text
    assert "could not be read" in text
    assert "This request came a second time." in text


def test_refused_delivery_says_with_what_and_why(client):
    delivery = DeliveryFactory(
        state="refused", refusal_status=413, refusal="too_large: 11 MB.", payload=[], body=b"\xff\x00"
    )

    text = client.get(reverse("admin:sync_delivery_change", args=[delivery.pk])).content.decode()

    assert "Refused with HTTP 413: too_large: 11 MB." in text


def test_order_delivery_links_its_orders(client):
    order = OrderFactory()
    delivery = DeliveryFactory(endpoint__institution=order.institution, endpoint__stream="orders")
    DeliveryRecordFactory(delivery=delivery, external_id=str(order.order_id))
    DeliveryRecordFactory(delivery=delivery, external_id="9" * 30)

    text = client.get(reverse("admin:sync_delivery_change", args=[delivery.pk])).content.decode()

    assert f"/admin/sync/order/{order.pk}/change/" in text


def test_delivery_records_are_filtered_by_state_outcome_cause_and_institution(client):
    parked = DeliveryRecordFactory(parked=True)
    DeliveryRecordFactory()

    base = "/admin/sync/deliveryrecord/"
    for query in (
        "state=parked",
        "outcome=rejected",
        f"cause={parked.cause_id}",
        f"institution={parked.delivery.institution_id}",
    ):
        assert rows(client, f"{base}?{query}") == [parked.pk], query


def test_causes_are_filtered_by_whether_something_is_parked(client):
    entry, record, empty = OutboxEntryFactory(parked=True), DeliveryRecordFactory(parked=True), CauseFactory()

    assert set(rows(client, "/admin/sync/cause/?parked=yes")) == {entry.cause_id, record.cause_id}
    assert rows(client, "/admin/sync/cause/?parked=no") == [empty.pk]

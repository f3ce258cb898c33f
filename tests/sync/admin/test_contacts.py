"""Finding a contact, and what its page and an order's page tell."""

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.models import FieldMapping
from sync.models import Contact, EntryState, EventKind
from sync.models import Order as OrderRow
from tests.admin_support import signed_in
from tests.factories import (
    AttemptFactory,
    BindingFactory,
    CauseFactory,
    ContactAliasFactory,
    ContactFactory,
    DeliveryRecordFactory,
    InstitutionFactory,
    OrderFactory,
    OrderLineFactory,
    OutboxEntryFactory,
    PairingFactory,
    RecordEventFactory,
)

pytestmark = pytest.mark.django_db

LIST = "/admin/sync/contact/"
EVERYTHING = ("sync.view_contact", "sync.view_order", "sync.view_personal_data", "sync.view_raw_payload")


@pytest.fixture
def client():
    return signed_in(*EVERYTHING)


def numbers(answer):
    return [contact.contact_number for contact in answer.context["cl"].result_list]


def page(client, record):
    name = "contact" if isinstance(record, Contact) else "order"
    return client.get(reverse(f"admin:sync_{name}_change", args=[record.pk])).content.decode()


@pytest.fixture
def hall():
    return InstitutionFactory(code="OPERAHALL")


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("0000123", ["0000123"]),
        ("00001", ["0000199", "0000123"]),
        ("0000199", ["0000199"]),
        ("9", ["9000001"]),
        ("99", []),
        ("ada@example.org", ["0000123"]),
        ("Ada@Example.org", ["0000123"]),
        ("ada@", []),
        ("Ad", ["0000123"]),
        ("ada", ["0000123"]),
        ("Love", []),
        ("X-7", ["X-7"]),
        ("%", []),
    ],
)
def test_search_by_number_whole_mail_or_beginning_of_the_name(client, hall, term, found):
    ContactFactory(institution=hall, contact_number="0000123", display_name="Ada Lovelord", email="ada@example.org")
    for number in ("0000199", "9000001", "X-7"):
        ContactFactory(institution=hall, contact_number=number, display_name="Noor Peeters")

    assert numbers(client.get(LIST, {"q": term})) == found


def test_without_the_permission_only_numbers_are_searched(hall):
    ContactFactory(institution=hall, contact_number="0000123", display_name="Ada Lovelord", email="ada@example.org")
    client = signed_in("sync.view_contact")

    assert numbers(client.get(LIST, {"q": "ada@example.org"})) == []
    assert numbers(client.get(LIST, {"q": "Ada"})) == []
    assert numbers(client.get(LIST, {"q": "0000123"})) == ["0000123"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("lifecycle=anonymised", "anonymised"),
        ("frozen=yes", "frozen"),
        ("in_crm=yes", "in the crm"),
        ("parked=yes", "parked"),
    ],
)
def test_each_filter_shows_just_what_it_names(client, hall, query, found):
    for name, values in {
        "anonymised": {"lifecycle": "anonymised"},
        "frozen": {"frozen_at": timezone.now()},
        "in the crm": {"is_in_crm": True},
        "parked": {},
    }.items():
        contact = ContactFactory(institution=hall, contact_number=name, **values)
        OutboxEntryFactory(contact=contact, parked=name == "parked")

    assert numbers(client.get(f"{LIST}?{query}")) == [found]


def test_institution_filter_and_unknown_values_of_filters(client, hall):
    ContactFactory(institution=hall, contact_number="1")
    ContactFactory(contact_number="2")

    assert numbers(client.get(f"{LIST}?institution={hall.pk}")) == ["1"]
    assert client.get(f"{LIST}?institution=x&lifecycle=x&frozen=x&parked=x").status_code == 200


def test_page_puts_both_sides_and_the_agreed_pair_next_to_each_other(client, hall):
    pairing = PairingFactory(institution=hall)
    for field in ("email", "title", "town"):
        FieldMapping.objects.create(connection=pairing.connection, field=field, remote_name=field)
    contact = ContactFactory(
        institution=hall,
        s360_view={"email": "new@example.org", "title": "UNDEFINED", "town": "Ghent", "language": "nl"},
        crm_view={"email": "old@example.org", "title": "Dr", "town": "Ghent"},
        agreed={
            "email": ["old@example.org", "old@example.org"],
            "title": ["UNDEFINED", "Dr"],
            "town": ["Ghent", "Ghent"],
        },
    )
    BindingFactory(connection=pairing.connection, contact=contact, remote_id="70001")

    values = (
        signed_in(*EVERYTHING).get(reverse("admin:sync_contact_change", args=[contact.pk])).context["page"].sections[0]
    )

    rows = {row[0]: [str(cell) for cell in row[1:]] for row in values.rows}
    assert "<b>new@example.org</b>" in rows["E-mail"][0]
    assert rows["E-mail"][2] == "old@example.org"
    assert "Changed in S-360 only: goes to the CRM." in rows["E-mail"][3]
    assert rows["Title"][2] == "UNDEFINED = Dr"
    assert "In agreement." in rows["Title"][3]
    assert "Not in the field mapping: it stays here." in rows["Language"][3]
    text = page(client, contact)
    assert "70001" in text
    assert "to the CRM: E-mail" in text


def test_page_of_a_contact_without_a_crm_says_so(client):
    text = page(client, ContactFactory())

    assert "The institution is not paired with a CRM yet." in text
    assert "not paired yet" in text


def test_frozen_contact_and_parked_entry_stand_above_everything(client):
    contact = ContactFactory(frozen_at=timezone.now(), frozen_reason="12 reversals in an hour.")
    cause = CauseFactory(institution=contact.institution, code="value_not_mapped", field="title", value_class="LADIES")
    OutboxEntryFactory(contact=contact, parked=True, cause=cause)

    text = page(client, contact)

    assert "Frozen: nothing is sent in either direction. 12 reversals in an hour." in text
    assert "Value missing in the field mapping (Title: LADIES)" in text
    assert "Re-queue</a>" not in text
    operator = signed_in(*EVERYTHING, "sync.requeue_work")
    assert "Re-queue</a>" in page(operator, contact)


def test_what_is_in_flight_is_not_planned_again(client, hall):
    pairing = PairingFactory(institution=hall)
    FieldMapping.objects.create(connection=pairing.connection, field="email", remote_name="email")
    contact = ContactFactory(institution=hall, s360_view={"email": "new@example.org"})
    OutboxEntryFactory(contact=contact, state=EntryState.SENDING, intent={"email": "new@example.org"})

    assert "A send of this field is under way" in page(client, contact)


def test_absorbed_numbers_and_the_head_of_a_merge_are_shown(client):
    head = ContactFactory(contact_number="0000001")
    ContactAliasFactory(contact=head, contact_number="0000002")
    merged = ContactFactory(institution=head.institution, merged_into=head, lifecycle="merged")

    assert "0000002" in page(client, head)
    assert "Merged into 0000001" in page(client, merged)


@pytest.mark.parametrize(
    ("kind", "detail", "sentence"),
    [
        (EventKind.RECEIVED, {"new": True}, "S-360 sent this record for the first time."),
        (
            EventKind.RECEIVED,
            {"changed": {"email": ["a@example.org", "b@example.org"]}},
            "a@example.org \u2192 b@example.org",
        ),
        (EventKind.UNCHANGED, {}, "S-360 sent it again; nothing had changed."),
        (EventKind.PUSHED, {"status": "created", "remote_id": "7", "sent": ["email"]}, "Created there as 7: E-mail."),
        (EventKind.NOTHING_TO_SEND, {}, "the CRM already holds everything it should"),
        (EventKind.RETRY, {"message": "HTTP 503", "seconds": 30}, "HTTP 503. The next try comes in 30 s."),
        (EventKind.RETRY, {"message": "HTTP 429"}, "It goes on as soon as the CRM takes calls again."),
        (EventKind.UNCERTAIN, {"message": "No answer"}, "nothing is sent twice"),
        (
            EventKind.PARKED,
            {"field": "email", "value": "a***", "reason": "no at sign"},
            "Not taken over: E-mail is a***, no at sign.",
        ),
        (EventKind.PARKED, {"message": "no such option", "code": "X1"}, "no such option (X1)."),
        (EventKind.HELD, {"reason": "Old request.", "fields": ["town"]}, "Old request. Not applied yet: Town."),
        (EventKind.STALE, {"reason": "A newer delivery was applied first."}, "An older delivery came late"),
        (EventKind.RELEASED, {"reason": "Its contact is in the CRM now."}, "Its contact is in the CRM now."),
        (EventKind.ANONYMISED, {"fields": ["email"]}, "every personal value is gone here too"),
        (EventKind.RECEIVED, {"changed": {}, "warnings": ["role: unknown code"]}, "(noted: role: unknown code)"),
    ],
)
def test_story_is_told_in_sentences(client, kind, detail, sentence):
    contact = ContactFactory()
    RecordEventFactory(contact=contact, kind=kind, detail=detail)

    assert sentence in page(client, contact)


@pytest.mark.parametrize("kind", EventKind.values)
def test_every_kind_of_event_can_be_told_without_details(client, kind):
    contact = ContactFactory()
    RecordEventFactory(contact=contact, kind=kind, detail={})

    assert EventKind(kind).label in page(client, contact)


def test_story_links_to_what_still_exists_only(client):
    contact = ContactFactory()
    record = DeliveryRecordFactory()
    attempt = AttemptFactory()
    RecordEventFactory(contact=contact, delivery_record_id=record.pk, attempt_id=attempt.pk, entry_id=424242)

    text = page(client, contact)

    assert f"/admin/sync/delivery/{record.delivery_id}/change/#record-{record.pk}" in text
    assert f"/admin/sync/attempt/{attempt.pk}/change/" in text
    assert "424242" not in text


def test_story_is_paged_newest_first(client):
    contact = ContactFactory()
    for place in range(53):
        RecordEventFactory(contact=contact, kind=EventKind.RELEASED, detail={"reason": f"line {place:02d}."})

    first = page(client, contact)
    url = reverse("admin:sync_contact_change", args=[contact.pk])
    section = client.get(url).context["page"].sections[4]
    older = client.get(section.older_url).content.decode()

    assert first.index("line 52.") < first.index("line 03.")
    assert "line 02." not in first
    assert "line 02." in older
    assert "line 03." not in older
    assert client.get(f"{url}?before=x").status_code == 200


def test_order_page_shows_lines_totals_and_its_contact(client):
    order = OrderFactory(contact=ContactFactory(contact_number="0000777"))
    OrderLineFactory(order=order)
    OrderLineFactory(order=order, quantity=1, unit_price=9, total_amount=9)

    answer = client.get(reverse("admin:sync_order_change", args=[order.pk]))

    lines = answer.context["page"].sections[0]
    assert [row[-1] for row in lines.rows] == ["91.00", "9.00", "100.00"]
    assert lines.rows[-1][5] == "3"
    assert "0000777" in answer.content.decode()


def test_order_that_waits_for_its_contact_says_so(client):
    order = OrderFactory(contact=None, institution=InstitutionFactory(), contact_number="0000009")
    OutboxEntryFactory(entity="order", contact=None, order=order, waits_for="contact")

    text = page(client, order)

    assert "Its contact 0000009 is not known here yet." in text
    assert "goes as soon as its contact is in the CRM" in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=777", [777]),
        ("q=0000123", [555]),
        ("q=0000009", [777]),
        ("q=99999999999999999999999", []),
        ("contact=anonymous", [888]),
        ("contact=unknown", [777]),
        ("contact=held", [777]),
        ("in_crm=yes", [888]),
    ],
)
def test_orders_are_found_by_id_by_contact_and_by_filter(client, query, found):
    contact = ContactFactory(contact_number="0000123")
    hall = contact.institution
    OrderFactory(order_id=555, contact=contact)
    waiting = OrderFactory(order_id=777, contact=None, institution=hall, contact_number="0000009")
    OutboxEntryFactory(entity="order", contact=None, order=waiting, waits_for="contact")
    OrderFactory(order_id=888, contact=None, institution=hall, contact_number="", is_in_crm=True)

    answer = client.get(f"/admin/sync/order/?{query}")

    assert [order.order_id for order in answer.context["cl"].result_list] == found


def test_names_that_look_like_html_are_shown_as_text(client, hall):
    hostile = "<script>alert(1)</script>"
    contact = ContactFactory(institution=hall, display_name=hostile, email=hostile, s360_view={"last_name": hostile})
    order = OrderFactory(contact=contact, s360_view={"products": hostile}, order_state=hostile)
    RecordEventFactory(contact=contact, kind=EventKind.RECEIVED, detail={"changed": {"last_name": [hostile, hostile]}})

    for text in (client.get(LIST).content.decode(), page(client, contact), page(client, order)):
        assert hostile not in text
        assert "&lt;script&gt;alert(1)" in text
    assert OrderRow.objects.count() == 1

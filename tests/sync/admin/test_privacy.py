"""Personal values are masked wherever a person without the permission looks; payloads need one more."""

import pytest
from django.urls import reverse

from sync.models import EventKind
from tests.admin_support import signed_in
from tests.factories import ContactFactory, DeliveryFactory, OrderFactory, OutboxEntryFactory, RecordEventFactory

pytestmark = pytest.mark.django_db

MARKERS = ("Markermann", "Markera", "marker.mail", "+49301112233", "Markerhausen", "MARKER_NEED")
VIEWS = (
    "sync.view_contact",
    "sync.view_order",
    "sync.view_delivery",
    "sync.view_deliveryrecord",
    "sync.view_outboxentry",
    "sync.view_cause",
    "sync.view_attempt",
    "crm.view_binding",
)


@pytest.fixture
def contact():
    view = {
        "first_name": "Markera",
        "last_name": "Markermann",
        "email": "marker.mail@example.org",
        "mobile_phone": "+49301112233",
        "town": "Markerhausen",
        "criterion.ACCESS": ["MARKER_NEED"],
        "language": "de",
    }
    contact = ContactFactory(
        s360_view=view,
        crm_view=view,
        agreed={name: [value, value] for name, value in view.items()},
        display_name="Markera Markermann",
        email="marker.mail@example.org",
        raw={"lastname": "Markermann"},
    )
    changed = {name: [value, value] for name, value in view.items()}
    RecordEventFactory(contact=contact, kind=EventKind.RECEIVED, detail={"changed": changed})
    OutboxEntryFactory(contact=contact, parked=True, intent=view)
    return contact


def pages(contact):
    delivery = DeliveryFactory(payload=[{"lastname": "Markermann"}], endpoint__institution=contact.institution)
    order = OrderFactory(contact=contact, raw={"name": "Markermann"})
    rows = {
        "contact": contact.pk,
        "order": order.pk,
        "delivery": delivery.pk,
        "outboxentry": contact.entries.get().pk,
        "cause": contact.entries.get().cause_id,
    }
    changes = [reverse(f"admin:sync_{name}_change", args=[pk]) for name, pk in rows.items()]
    return [*changes, *(reverse(f"admin:sync_{name}_changelist") for name in rows), reverse("admin:index")]


def test_no_page_shows_a_personal_value_without_the_permission(contact):
    client = signed_in(*VIEWS, "sync.view_raw_payload")

    for url in pages(contact):
        text = client.get(url).content.decode()
        assert [marker for marker in MARKERS if marker in text] == [], url


def test_masked_values_keep_just_enough_to_recognise(contact):
    client = signed_in(*VIEWS)

    text = client.get(reverse("admin:sync_contact_change", args=[contact.pk])).content.decode()

    assert "m***@e***.org" in text
    assert "***33" in text
    assert "personal values are masked" in text
    assert ">de<" in text.replace(" ", "")  # a language names nobody


def test_with_the_permission_everything_but_the_payload_is_shown(contact):
    client = signed_in(*VIEWS, "sync.view_personal_data")

    text = client.get(reverse("admin:sync_contact_change", args=[contact.pk])).content.decode()

    assert all(marker in text for marker in MARKERS)
    assert "&quot;lastname&quot;" not in text
    assert "Your role does not include seeing payloads." in text


def test_payload_and_body_need_both_permissions(contact):
    client = signed_in(*VIEWS, "sync.view_personal_data", "sync.view_raw_payload")
    delivery = DeliveryFactory(payload=[{"lastname": "Markermann"}])

    assert (
        "&quot;lastname&quot;" in client.get(reverse("admin:sync_contact_change", args=[contact.pk])).content.decode()
    )
    assert "Markermann" in client.get(reverse("admin:sync_delivery_change", args=[delivery.pk])).content.decode()

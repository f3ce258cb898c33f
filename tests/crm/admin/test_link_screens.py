"""The buttons that link a contact to a record the CRM already has, posted as a person does."""

import pytest
from django.urls import reverse

from crm.models import Binding
from sync.models import Cause, OperatorAction, OutboxEntry, RecordEvent
from tests.admin_support import confirm, said, signed_in
from tests.flows.world import a_world, contact_record

NUMBER = "0048213"
EMAIL = f"noor.{NUMBER}@example.org"
SEE = ("sync.view_contact", "sync.view_cause", "sync.view_outboxentry")
MAY = (*SEE, "crm.link_records")


@pytest.fixture
def world(transactional_db):
    with a_world() as made:
        made.known = str(
            made.crm.people.create({"firstname": "Noor", "lastname": "Vandenberg", "email": EMAIL, "city": "Brugge"}).id
        )
        made.deliver(contact_record(NUMBER))
        made.work()
        yield made


@pytest.fixture
def contact(world):
    return world.contact(NUMBER)


def link_url(contact):
    return reverse("admin:crm_binding_link", args=[contact.pk])


def cause_url():
    return reverse("admin:crm_binding_link_cause", args=[Cause.objects.get().pk])


def labels(client, url):
    return {button.label: button.url for button in client.get(url).context["console_buttons"]}


def test_the_button_is_on_the_contact_its_entry_and_its_cause(world, contact):
    client = signed_in(*MAY)
    entry, cause = OutboxEntry.objects.get(), Cause.objects.get()
    label = f"Link to CRM record {world.known}"

    assert labels(client, f"/admin/sync/contact/{contact.pk}/change/")[label] == link_url(contact)
    assert labels(client, f"/admin/sync/outboxentry/{entry.pk}/change/")[label] == link_url(contact)
    assert labels(client, f"/admin/sync/cause/{cause.pk}/change/")["Link those that certainly match"] == cause_url()


def test_without_the_permission_there_is_no_button_and_no_page(world, contact):
    client = signed_in(*SEE)
    for page in (
        f"contact/{contact.pk}",
        f"outboxentry/{OutboxEntry.objects.get().pk}",
        f"cause/{Cause.objects.get().pk}",
    ):
        assert not [label for label in labels(client, f"/admin/sync/{page}/change/") if label.startswith("Link")]

    assert client.get(link_url(contact)).status_code == 403
    assert client.post(link_url(contact), {"record": world.known, "key": "k"}).status_code == 403
    assert client.post(cause_url(), {"key": "k"}).status_code == 403
    assert not Binding.objects.exists()


def test_the_confirmation_shows_both_sides_masked_and_writes_nothing(world, contact):
    page = signed_in(*MAY).get(link_url(contact)).content.decode()

    assert "Brugge" not in page
    assert "Vandenberg" not in page
    assert "B***" in page
    assert "Sent afterwards: to the CRM" in page
    assert world.crm.contact(world.known).get("s360_contact_number") in (None, "")
    assert OperatorAction.objects.count() == 0


def test_who_may_see_people_sees_both_sides_as_they_are(world, contact):
    page = signed_in(*MAY, "sync.view_personal_data").get(link_url(contact)).content.decode()
    assert "Brugge" in page
    assert "Gent" in page


def test_confirming_links_the_record_that_was_shown(world, contact):
    client = signed_in(*MAY, username="noor")
    answer = confirm(client, link_url(contact), record=world.known, reason="the same person")
    world.push()

    assert answer.status_code == 302
    assert said(answer) == [f"Contact {NUMBER} is CRM record {world.known} from now on."]
    assert Binding.objects.get(contact=contact).remote_id == world.known
    assert world.crm.contact(world.known)["s360_contact_number"] == NUMBER
    event = RecordEvent.objects.get(kind="linked")
    assert (event.actor, event.detail["reason"]) == ("noor", "the same person")
    verbs = OperatorAction.objects.order_by("id").values_list("actor", "verb", "reason")
    assert list(verbs) == [
        ("noor", "link_record", "the same person"),
        ("noor", "record_linked", "the same person"),
        ("noor", "requeue", "the same person"),
    ]
    story = client.get(f"/admin/sync/contact/{contact.pk}/change/").content.decode()
    assert f"Linked to CRM record {world.known}, which was there before." in story


def test_a_double_click_links_once(world, contact):
    client = signed_in(*MAY)
    form = {"record": world.known, "key": "form-1", "reason": "", "confirmed": "yes"}
    client.post(link_url(contact), form)
    again = client.post(link_url(contact), form)

    assert said(again)[-1].startswith("This was already done")
    assert RecordEvent.objects.filter(kind="linked").count() == 1


def test_a_record_that_carries_another_number_is_told_instead_of_asked(world, contact):
    world.crm.people.edit(world.known, {"s360_contact_number": "0099999"})
    client = signed_in(*MAY)
    answer = client.get(link_url(contact))
    assert answer.status_code == 302
    assert "already carries the number 0099999" in said(answer)[0]

    posted = client.post(link_url(contact), {"record": world.known, "key": "k", "reason": "", "confirmed": "yes"})
    assert "already carries the number 0099999" in said(posted)[-1]
    assert not Binding.objects.exists()


def test_a_contact_no_refusal_named_a_record_for_is_told_so(world):
    world.deliver(contact_record("0000002"))
    world.apply()
    answer = signed_in(*MAY).get(link_url(world.contact("0000002")))
    assert said(answer) == ["The CRM's last refusal named no record to link to."]


def test_a_crm_that_is_away_is_told(world, contact):
    world.crm.fail_some("hubspot", "server_error", 1.0)
    client = signed_in(*MAY)
    assert "could not be read" in said(client.get(link_url(contact)))[0]
    assert "could not be read" in said(client.get(cause_url()))[-1]


def test_all_that_certainly_match_are_counted_and_then_linked(world):
    other = world.crm.people.create({"firstname": "Bram", "lastname": "Vandenberg", "email": "bram@example.org"})
    world.deliver(contact_record("0000002", email="bram@example.org"))
    world.work()
    client = signed_in(*MAY)
    page = client.get(cause_url()).content.decode()
    assert "Link 1 contact to their CRM records?" in page
    assert "1 left for a person: the first names do not agree" in page

    answer = confirm(client, cause_url())
    world.push()

    assert said(answer)[0].startswith("1 contact linked. 1 left for a person")
    assert Binding.objects.get().remote_id == world.known
    assert world.crm.contact(other.id).get("s360_contact_number") in (None, "")
    assert OperatorAction.objects.filter(verb="link_cause").count() == 1


def test_a_cause_without_a_certain_match_says_why(world):
    world.crm.people.edit(world.known, {"lastname": "Somebody"})
    answer = signed_in(*MAY).get(cause_url())
    assert said(answer) == ["None of them certainly matches. 1 left for a person: the last names do not agree."]

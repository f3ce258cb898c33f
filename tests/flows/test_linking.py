"""Contacts the CRM knew before the first push: linked by a person, or in bulk where nobody could doubt it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection as database

from crm.models import Binding, Connection
from crm.services.connection_state import pause_connection
from crm.services.link_records import (
    LinkRefusedError,
    candidate_for,
    link,
    link_contact,
    link_free_candidates,
    named_record,
    sort_candidates,
)
from sync.models import Cause, OperatorAction, OutboxEntry, RecordEvent
from sync.services.audit import AlreadyDoneError
from tests.flows.world import a_world, contact_record, order_record

NUMBER = "0048213"
EMAIL = f"noor.{NUMBER}@example.org"
NOOR = {"firstname": "Noor", "lastname": "Vandenberg", "email": EMAIL, "city": "Brugge"}


def in_conflict(world, person=None, **changes):
    """The CRM knows the person; the first push of the contact has been refused. Returns the CRM's id."""
    known = str(world.crm.people.create(person or NOOR).id)
    world.deliver(contact_record(NUMBER, **changes))
    world.work()
    assert the_entry().state == "parked"
    return known


def the_entry():
    return OutboxEntry.objects.exclude(state="settled").get()


def number_on(world, remote_id):
    return world.crm.contact(remote_id).get("s360_contact_number") or None


def test_a_person_the_crm_knows_is_linked_and_from_then_on_is_one_record(world):
    known = in_conflict(world)
    contact = world.contact(NUMBER)
    assert named_record(contact.pk) == known

    report = link_contact(contact.pk, known, "operator", "the same person")
    world.push()

    assert (report.remote_id, report.was_linked, report.requeued) == (known, False, True)
    assert len(world.crm.contacts()) == 1
    assert world.crm.contact(known)["s360_contact_number"] == NUMBER
    assert world.crm.contact(known)["city"] == "Gent"
    assert Binding.objects.get(contact=contact).remote_id == known
    assert world.story(contact) == ["received", "parked", "linked", "requeued", "pushed"]
    assert OutboxEntry.objects.get().outcome == "done"
    contact.refresh_from_db()
    assert contact.is_in_crm
    assert contact.agreed["last_name"] == ["Vandenberg", "Vandenberg"]

    world.deliver(contact_record(NUMBER, individualLastname="Married"))
    world.work()
    assert world.crm.contact(known)["lastname"] == "Married"
    assert len(world.crm.contacts()) == 1


def test_only_what_differs_is_sent_after_a_link(world):
    known = in_conflict(world)
    contact = world.contact(NUMBER)
    link_contact(contact.pk, known, "operator", "")
    world.push()

    pushed = RecordEvent.objects.get(contact_id=contact.pk, kind="pushed")
    assert "town" in pushed.detail["sent"]
    assert not {"email", "first_name", "last_name"} & set(pushed.detail["sent"])


def test_what_an_operator_sees_before_linking(world):
    known = in_conflict(world)
    candidate = candidate_for(world.contact(NUMBER))

    assert (candidate.remote_id, candidate.carries, candidate.obstacle) == (known, "", "")
    assert (candidate.masked_name, candidate.masked_email) == ("N*** V***", "n***@e***.org")
    assert {"email", "first_name", "last_name"} <= set(candidate.agreeing)
    assert "town" in candidate.differing
    assert candidate.plan.to_crm["town"] == "Gent"
    assert number_on(world, known) is None


def test_a_record_that_carries_another_number_is_refused_and_the_number_is_named(world):
    known = in_conflict(world, NOOR | {"s360_contact_number": "0099999"})
    candidate = candidate_for(world.contact(NUMBER))
    assert (candidate.carries, candidate.carries_another_number) == ("0099999", True)

    with pytest.raises(LinkRefusedError, match="0099999"):
        link_contact(world.contact(NUMBER).pk, known, "operator", "")
    assert number_on(world, known) == "0099999"
    assert the_entry().state == "parked"
    assert OperatorAction.objects.count() == 0


def test_a_record_that_belongs_to_another_contact_is_refused_and_the_contact_is_named(world):
    world.deliver(contact_record("0000001", email=EMAIL), contact_record(NUMBER, email=EMAIL))
    world.work()
    owner = Binding.objects.get().remote_id
    world.crm.people.edit(owner, {"s360_contact_number": ""})

    with pytest.raises(LinkRefusedError, match="belongs to contact 0000001"):
        link_contact(world.contact(NUMBER).pk, owner, "operator", "")
    assert not Binding.objects.filter(contact=world.contact(NUMBER)).exists()


def test_a_contact_that_is_another_record_already_is_refused(world):
    world.deliver(contact_record(NUMBER))
    world.work()
    other = str(world.crm.people.create({"lastname": "King", "email": "new@example.org"}).id)
    world.deliver(contact_record(NUMBER, email="new@example.org"))
    world.work()

    with pytest.raises(LinkRefusedError, match="already: merge"):
        link_contact(world.contact(NUMBER).pk, other, "operator", "")
    assert number_on(world, other) is None


def test_a_record_that_is_not_there_is_refused(world):
    in_conflict(world)
    with pytest.raises(LinkRefusedError, match="no record 987654"):
        link_contact(world.contact(NUMBER).pk, "987654", "operator", "")


def test_linking_twice_is_one_link_and_a_second_click_is_noticed(world):
    known = in_conflict(world)
    contact = world.contact(NUMBER)
    link_contact(contact.pk, known, "operator", "", key="form-1")
    with pytest.raises(AlreadyDoneError):
        link_contact(contact.pk, known, "operator", "", key="form-1")
    again = link_contact(contact.pk, known, "operator", "", key="form-2")
    world.push()

    assert (again.was_linked, again.requeued) == (True, False)
    assert world.story(contact).count("linked") == 1
    assert Binding.objects.count() == 1


def test_orders_that_waited_for_the_contact_go_after_the_link(world):
    known = in_conflict(world)
    world.deliver(order_record(contact=NUMBER), stream="orders")
    world.work()
    assert world.crm.orders() == []

    report = link_contact(world.contact(NUMBER).pk, known, "operator", "")
    world.push()

    assert report.freed == 1
    (order,) = world.crm.orders()
    assert order["contact_number"] == NUMBER


def test_a_refused_consent_in_the_crm_survives_the_link(world):
    known = in_conflict(world)
    contact = world.contact(NUMBER)
    contact.s360_view = contact.s360_view | {"consent.NEWSLETTER": "yes"}
    contact.save(update_fields=["s360_view"])
    world.crm.people.edit(known, {"s360_consent_newsletter": "no"})

    candidate = candidate_for(contact)
    assert candidate.view["consent.NEWSLETTER"] == "no"
    assert "consent.NEWSLETTER" not in candidate.plan.to_crm


def test_a_lost_answer_is_read_again_and_the_number_is_written_once(world):
    known = in_conflict(world)
    world.crm.fail_next("hubspot", "reset_after_apply", path="PATCH ")
    report = link_contact(world.contact(NUMBER).pk, known, "operator", "")

    assert report.remote_id == known
    assert number_on(world, known) == NUMBER
    assert world.crm.ledger.writes_for(NUMBER) == (0, 1, 0)


def test_a_write_that_never_arrived_changes_nothing_and_a_repeat_links(world):
    known = in_conflict(world)
    contact = world.contact(NUMBER)
    world.crm.fail_next("hubspot", "reset_before_apply", path="PATCH ")
    with pytest.raises(LinkRefusedError, match="asking again reads first"):
        link_contact(contact.pk, known, "operator", "")
    assert not Binding.objects.exists()
    assert the_entry().state == "parked"

    link_contact(contact.pk, known, "operator", "")
    assert world.crm.ledger.writes_for(NUMBER) == (0, 1, 0)


def test_a_console_that_died_after_the_write_goes_on_when_asked_again(world, monkeypatch):
    known = in_conflict(world)
    contact = world.contact(NUMBER)

    def die(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(link, "_write_down", die)
        with pytest.raises(KeyboardInterrupt):
            link_contact(contact.pk, known, "operator", "")
    assert number_on(world, known) == NUMBER
    assert not Binding.objects.exists()

    link_contact(contact.pk, known, "operator", "")
    world.push()
    assert Binding.objects.get().remote_id == known
    assert [a.verb for a in OperatorAction.objects.order_by("id")][-2:] == ["record_linked", "requeue"]


def test_a_crm_that_cannot_be_read_changes_nothing_and_says_so(world):
    known = in_conflict(world)
    world.crm.fail_some("hubspot", "server_error", 1.0)
    with pytest.raises(LinkRefusedError, match="could not be read"):
        link_contact(world.contact(NUMBER).pk, known, "operator", "")
    assert the_entry().state == "parked"


def test_a_paused_connection_links_nothing(world):
    known = in_conflict(world)
    pause_connection(world.connection.pk, "maintenance")
    calls = len(world.crm.ledger.calls)
    with pytest.raises(LinkRefusedError, match="maintenance"):
        link_contact(world.contact(NUMBER).pk, known, "operator", "")
    assert len(world.crm.ledger.calls) == calls


def test_a_contact_that_is_being_sent_is_left_alone(world):
    known = in_conflict(world)
    OutboxEntry.objects.update(state="sending")
    with pytest.raises(LinkRefusedError, match="being sent"):
        link_contact(world.contact(NUMBER).pk, known, "operator", "")
    assert number_on(world, known) is None


def test_two_contacts_linked_to_one_record_at_once_end_as_one_link(world):
    known = str(world.crm.people.create(NOOR).id)
    world.deliver(contact_record("0000001", email=EMAIL))
    world.deliver(contact_record("0000002", email=EMAIL))
    world.work()
    ready = threading.Barrier(2)

    def try_link(number):
        try:
            ready.wait()
            link_contact(world.contact(number).pk, known, "operator", "")
        except LinkRefusedError:
            return False
        else:
            return True
        finally:
            database.close()

    with ThreadPoolExecutor(2) as workers:
        done = list(workers.map(try_link, ["0000001", "0000002"]))

    assert done.count(True) == 1
    linked = "0000001" if done[0] else "0000002"
    assert number_on(world, known) == linked
    assert Binding.objects.get().contact.contact_number == linked


def test_a_contact_that_was_never_refused_can_be_linked_by_its_id(transactional_db):
    with a_world(connector="generic_rest") as world:
        known = str(world.crm.people.create(NOOR).id)
        world.deliver(contact_record(NUMBER))
        world.apply()
        OutboxEntry.objects.all().delete()
        contact = world.contact(NUMBER)
        assert candidate_for(contact) is None

        link_contact(contact.pk, known, "operator", "")
        world.push()

        assert len(world.crm.contacts()) == 1
        assert world.crm.contact(known)["s360_contact_number"] == NUMBER
        assert world.crm.contact(known)["city"] == "Gent"


def test_a_contact_without_a_crm_is_refused(world):
    in_conflict(world)
    contact = world.contact(NUMBER)
    Connection.objects.get(pk=world.connection.pk).pairings.all().delete()
    with pytest.raises(LinkRefusedError, match="not paired"):
        candidate_for(contact)


# --- all of a cause ---------------------------------------------------------------------------------------------------


def people(world, *given):
    """One CRM record a person: (first name, last name, e-mail, number it carries)."""
    return [
        str(
            world.crm.people.create(
                {"firstname": first, "lastname": last, "email": email, "s360_contact_number": number}
            ).id
        )
        for first, last, email, number in given
    ]


def test_in_bulk_only_those_that_certainly_match_are_linked(world):
    mail = [f"{n}@example.org" for n in range(5)]
    same, _family, _stranger, taken, nameless = people(
        world,
        ("Noor", "VANDENBERG", mail[0], ""),
        ("Bram", "Vandenberg", mail[1], ""),
        ("Noor", "Somebody", mail[2], ""),
        ("Noor", "Vandenberg", mail[3], "0099999"),
        ("", "Vandenberg", mail[4], ""),
    )
    world.deliver(*[contact_record(f"000000{n}", email=mail[n]) for n in range(5)])
    world.work()
    cause = Cause.objects.get()
    report = link_free_candidates(cause, "operator", "first sync")
    world.push()

    assert (report.linked, report.rest) == (2, 0)
    assert {(left.number, left.reason) for left in report.left} == {
        ("0000001", "the first names do not agree: it may be somebody of the same family"),
        ("0000002", "the last names do not agree"),
        ("0000003", "the CRM record carries another number"),
    }
    assert (number_on(world, same), number_on(world, nameless)) == ("0000000", "0000004")
    assert number_on(world, taken) == "0099999"
    assert set(OutboxEntry.objects.filter(state="parked").values_list("contact__contact_number", flat=True)) == {
        "0000001",
        "0000002",
        "0000003",
    }


def test_in_bulk_two_contacts_that_claim_one_record_are_both_left(world):
    people(world, ("Noor", "Vandenberg", EMAIL, ""))
    world.deliver(contact_record("0000001", email=EMAIL))
    world.deliver(contact_record("0000002", email=EMAIL))
    world.work()
    report = link_free_candidates(Cause.objects.get(), "operator", "")

    assert report.linked == 0
    assert report.reasons == [("several contacts claim one CRM record", 2)]
    assert not Binding.objects.exists()


def test_in_bulk_the_rest_is_counted_and_a_repeat_goes_on(world):
    mail = [f"{n}@example.org" for n in range(3)]
    people(world, *[("Noor", "Vandenberg", address, "") for address in mail])
    world.deliver(*[contact_record(f"000000{n}", email=mail[n]) for n in range(3)])
    world.work()
    cause = Cause.objects.get()
    assert len(sort_candidates(cause).certain) == 3

    first = link_free_candidates(cause, "operator", "", limit=2, key="form-1")
    with pytest.raises(AlreadyDoneError):
        link_free_candidates(cause, "operator", "", limit=2, key="form-1")
    second = link_free_candidates(cause, "operator", "")

    assert (first.linked, first.rest, second.linked, second.rest) == (2, 1, 1, 0)
    assert Binding.objects.count() == 3


def test_in_bulk_a_crm_that_stops_leaves_the_others_for_later(world):
    mail = [f"{n}@example.org" for n in range(3)]
    known = people(world, *[("Noor", "Vandenberg", address, "") for address in mail])
    world.deliver(*[contact_record(f"000000{n}", email=mail[n]) for n in range(3)])
    world.work()
    world.crm.fail_next("hubspot", "throttled", path="PATCH ", retry_after="30")
    report = link_free_candidates(Cause.objects.get(), "operator", "")

    assert report.linked == 0
    assert len(report.left) == 3
    assert sum("is not working" in left.reason for left in report.left) == 2
    assert [number_on(world, remote_id) for remote_id in known] == [None, None, None]
    assert OutboxEntry.objects.filter(state="parked").count() == 3


def test_in_bulk_time_that_is_up_stops_before_the_next_link(world):
    people(world, ("Noor", "Vandenberg", EMAIL, ""))
    world.deliver(contact_record(NUMBER))
    world.work()
    report = link_free_candidates(Cause.objects.get(), "operator", "", seconds=0)

    assert (report.linked, report.rest) == (0, 1)
    assert not Binding.objects.exists()


def test_the_version_remembered_is_the_one_after_the_number_was_written(world):
    known = in_conflict(world)
    before = candidate_for(world.contact(NUMBER)).version
    link_contact(world.contact(NUMBER).pk, known, "operator", "")
    assert Binding.objects.get().remote_version > before

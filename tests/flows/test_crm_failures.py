"""What the CRM does to us (failure model C), over real HTTP; effects are counted in the CRM's own ledger."""

from datetime import timedelta

import pytest
from django.db.models import F

from crm.models import Connection, FieldMapping
from crm.services.connection_state import pause_connection, resume_connection
from crm.services.push import batch
from sync.models import Attempt, Cause, OutboxEntry
from sync.services.requeue import requeue_cause, requeue_entries
from tests.flows.world import a_world, contact_record, order_record


def the_entry() -> OutboxEntry:
    return OutboxEntry.objects.exclude(state="settled").get()


def make_due() -> None:
    """Time passes: whatever waits is due, whatever rests may be read."""
    OutboxEntry.objects.update(due_at=F("due_at") - timedelta(days=1), lease_until=F("lease_until") - timedelta(days=1))
    Connection.objects.update(resume_at=F("resume_at") - timedelta(days=1))


def state_of(world) -> str:
    return Connection.objects.get(pk=world.connection.pk).state


def test_a_refused_record_is_parked_at_once_and_its_neighbours_are_written(world):
    world.crm.refuse("email", "bad@example.org", message="this address bounced")
    world.deliver(*[contact_record(f"{n:07d}") for n in range(9)], contact_record("0000009", email="bad@example.org"))
    world.work()

    entry = the_entry()
    assert (entry.state, entry.attempt_count) == ("parked", 1)
    assert entry.cause is not None
    assert entry.cause.field == "email"
    assert len(world.crm.contacts()) == 9


def test_lifting_the_cause_releases_exactly_what_waits_under_it(world):
    rule = world.crm.refuse("country", "XK", message="unknown country")
    records = [contact_record(f"{n:07d}") for n in range(4)]
    for record in records[:2]:
        record["addresses"][0]["countryCode"] = "XK"
    world.deliver(*records)
    world.work()
    cause = Cause.objects.get(target="crm")
    assert OutboxEntry.objects.filter(state="parked", cause=cause).count() == 2
    world.crm.lift(rule)
    requeue_cause(cause, "operator", "the country was added to the CRM")
    world.work()

    assert OutboxEntry.objects.exclude(state="settled").count() == 0
    assert len(world.crm.contacts()) == 4
    assert [world.crm.ledger.creates_for(f"{n:07d}") for n in range(4)] == [1, 1, 1, 1]


def test_a_new_edit_of_another_field_leaves_a_refused_record_parked(world):
    world.crm.refuse("email", "bad@example.org")
    world.deliver(contact_record(email="bad@example.org"))
    world.work()
    calls = len(world.crm.ledger.calls)
    world.deliver(contact_record(email="bad@example.org", individualLastname="Married"))
    world.work()
    assert the_entry().state == "parked"
    assert len(world.crm.ledger.calls) == calls
    world.deliver(contact_record(email="good@example.org", individualLastname="Married"))
    world.work()

    assert OutboxEntry.objects.exclude(state="settled").count() == 0
    assert world.crm.contact_by_number("0048213")["email"] == "good@example.org"


@pytest.mark.parametrize("connector", ["hubspot", "generic_rest"])
def test_an_answer_that_never_came_is_read_before_anything_is_sent_again(transactional_db, connector, settings):
    settings.CRM_VERIFY_SECONDS = 60
    with a_world(connector=connector) as world:
        face = "hubspot" if connector == "hubspot" else "generic"
        world.crm.fail_next(face, "reset_after_apply", path="POST")
        world.deliver(contact_record())
        world.work()
        entry = the_entry()
        assert entry.state == "uncertain"
        world.push()
        assert the_entry().state == "uncertain"  # not sent again on doubt
        make_due()
        assert world.resolve() == 1
        world.push()

        assert OutboxEntry.objects.get().outcome == "done"
        assert world.crm.ledger.creates_for("0048213") == 1
        assert world.crm.ledger.writes_for("0048213") == (1, 0, 0)
        assert world.contact("0048213").is_in_crm


def test_a_send_that_never_arrived_is_sent_again_after_the_reading(world):
    world.crm.fail_next("hubspot", "reset_before_apply", path="upsert")
    world.deliver(contact_record())
    world.work()
    assert the_entry().state == "uncertain"
    make_due()
    world.resolve()
    world.push()

    assert world.crm.ledger.creates_for("0048213") == 1
    assert world.crm.ledger.writes_for("0048213") == (1, 0, 0)


def test_being_told_to_slow_down_rests_the_connection_and_costs_no_attempt(world):
    world.crm.fail_next("hubspot", "throttled", retry_after="30")
    world.deliver(contact_record())
    world.work()
    assert state_of(world) == "over_limit"
    entry = the_entry()
    assert (entry.state, entry.attempt_count) == ("waiting", 0)
    calls = len(world.crm.ledger.calls)
    world.push()
    assert len(world.crm.ledger.calls) == calls
    make_due()
    world.push()

    assert state_of(world) == "ok"
    assert world.crm.ledger.creates_for("0048213") == 1


def test_a_dead_credential_stops_the_connection_after_three_calls_and_parks_nothing(world):
    Connection.objects.filter(pk=world.connection.pk).update(secrets_text="")
    connection = Connection.objects.get(pk=world.connection.pk)
    connection.secrets = {"access_token": "wrong"}
    connection.save()
    world.deliver(*[contact_record(f"{n:07d}") for n in range(5)])
    for _ in range(6):
        world.work()

    assert state_of(world) == "needs_credentials"
    assert len([c for c in world.crm.ledger.calls if c.status in (401, 403)]) == 3
    assert set(OutboxEntry.objects.values_list("state", flat=True)) == {"waiting"}
    connection = Connection.objects.get(pk=world.connection.pk)
    connection.secrets = {"access_token": "test-token"}
    connection.save()
    resume_connection(connection.pk)
    world.push()
    assert len(world.crm.contacts()) == 5


def test_an_outage_opens_the_breaker_and_one_probe_ends_it(world):
    fault = world.crm.fail_some("hubspot", "server_error", 1.0)
    world.deliver(*[contact_record(f"{n:07d}") for n in range(3)])
    for _ in range(20):
        world.work()
        make_due()
        world.resolve()
    assert state_of(world) == "breaker_open"
    calls = len(world.crm.ledger.calls)
    assert calls <= 11
    world.push()
    assert len(world.crm.ledger.calls) == calls
    assert set(OutboxEntry.objects.values_list("state", flat=True)) <= {"waiting", "uncertain"}
    assert fault
    world.crm.clear_faults()
    breaker = Connection.objects.get(pk=world.connection.pk).breaker
    Connection.objects.update(breaker=breaker | {"until": breaker["until"] - 86400}, resume_at=None)
    make_due()
    world.resolve()
    make_due()
    world.push()

    assert state_of(world) == "ok"
    assert len(world.crm.contacts()) == 3


def test_a_paused_connection_sends_nothing_and_catches_up_as_one_send(world):
    pause_connection(world.connection.pk, "maintenance")
    for name in ("One", "Two", "Three"):
        world.deliver(contact_record(individualLastname=name))
        world.work()
    assert world.crm.contacts() == []
    assert OutboxEntry.objects.count() == 1
    resume_connection(world.connection.pk)
    world.push()

    assert world.crm.ledger.writes_for("0048213") == (1, 0, 0)
    assert world.crm.contact_by_number("0048213")["lastname"] == "Three"


def test_an_all_or_nothing_crm_is_bisected_down_to_the_bad_record(transactional_db):
    with a_world(face_mode="all_or_nothing") as world:
        world.crm.refuse("email", "bad@example.org")
        records = [contact_record(f"{n:07d}") for n in range(50)]
        records[31]["individualContact"]["email"] = "bad@example.org"
        world.deliver(*records)
        world.work()

        assert len(world.crm.contacts()) == 49
        assert the_entry().state == "parked"
        assert len([c for c in world.crm.ledger.calls if "upsert" in c.path]) <= 1 + 4 * 6


def test_edits_during_a_send_become_exactly_one_more(world, monkeypatch):
    world.deliver(contact_record(individualLastname="Before"))
    world.apply()
    real_send = batch.send

    def send_while_somebody_edits(connector, entity, prepared, begin_before):
        monkeypatch.setattr(batch, "send", real_send)
        for n in range(10):
            world.deliver(contact_record(individualLastname=f"During {n}"))
            world.apply()
        return real_send(connector, entity, prepared, begin_before)

    monkeypatch.setattr(batch, "send", send_while_somebody_edits)
    world.push()

    assert world.crm.ledger.writes_for("0048213") == (1, 1, 0)
    assert world.crm.contact_by_number("0048213")["lastname"] == "During 9"


def test_requeueing_twice_is_one_requeue_and_settled_entries_are_left_alone(world):
    world.crm.refuse("email", "bad@example.org")
    world.deliver(contact_record(email="bad@example.org"), contact_record("1"))
    world.work()
    parked = the_entry()
    settled = OutboxEntry.objects.get(state="settled")
    world.crm.lift()
    report = requeue_entries([parked.pk, settled.pk], "operator", "fixed")
    again = requeue_entries([parked.pk], "operator", "fixed")
    world.push()

    assert (report.requeued, report.skipped) == (1, 1)
    assert again.requeued == 0
    assert world.crm.ledger.writes_for("0048213") == (1, 0, 0)


def test_every_send_left_an_attempt_with_its_end(world):
    world.deliver(contact_record())
    world.work()
    world.deliver(order_record(), stream="orders")
    world.work()

    attempts = Attempt.objects.order_by("id")
    assert [(a.entity, a.outcome, a.record_count) for a in attempts] == [
        ("contact", "accepted", 1),
        ("order", "accepted", 1),
    ]
    assert all(a.ended_at for a in attempts)


def test_a_mapping_to_a_property_the_crm_does_not_have_stops_the_connection_and_parks_nothing(world):
    FieldMapping.objects.filter(field="town").update(remote_name="no_such_property")
    world.deliver(*[contact_record(f"{n:07d}") for n in range(5)])
    for _ in range(10):
        world.work()

    connection = Connection.objects.get(pk=world.connection.pk)
    assert connection.state == "needs_credentials"
    assert "no_such_property" in connection.state_reason
    assert len([c for c in world.crm.ledger.calls if "upsert" in c.path]) == 3
    assert set(OutboxEntry.objects.values_list("state", "attempt_count")) == {("waiting", 0)}
    FieldMapping.objects.filter(field="town").update(remote_name="city")
    resume_connection(connection.pk)
    world.push()
    assert len(world.crm.contacts()) == 5


def test_a_family_sharing_one_address_is_sent_apart_so_that_the_crm_names_the_owner(world):
    shared = "family@example.org"
    world.deliver(*[contact_record(str(n), email=shared) for n in range(3)], contact_record("9"))
    world.work()

    owner = world.crm.contact_by_number("0")
    assert owner["email"] == shared
    parked = OutboxEntry.objects.filter(state="parked")
    assert {entry.contact.contact_number for entry in parked} == {"1", "2"}
    assert {entry.cause.code for entry in parked} == {"CONFLICT"}
    assert all(owner["id"] in entry.message for entry in parked)
    assert world.crm.contact_by_number("9") is not None

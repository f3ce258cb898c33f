"""Held changes settled by a read of S-360, over real HTTP; S-360's own ledger counts the reads."""

from datetime import timedelta

import pytest
from django.utils import timezone

from sync.models import ApiAccess, Cause, Delivery, DeliveryRecord, PaceBucket, SyncRun, WebhookEndpoint
from sync.practice import PracticeS360
from sync.services.confirm import confirm_held_records, institutions_with_held_records


@pytest.fixture
def s360():
    with PracticeS360(seed=1, contacts=40, orders=0) as server:
        yield server


@pytest.fixture
def watched(world, s360):
    """One contact of the practice S-360, known to the console; changes of its e-mail want a confirmation."""
    credentials = s360.credentials
    ApiAccess.objects.create(
        institution=world.institution,
        base_url=s360.url,
        virtual_operator=credentials.operator,
        partner=credentials.partner,
        secret=credentials.secret,
        calls_per_minute=6000,
    )
    credentials.institution = world.institution.code
    world.deliver(*[s360.contact(number) for number in s360.numbers()])
    world.work()
    WebhookEndpoint.objects.update(confirm_fields=["email"])
    return next(n for n in s360.numbers() if (held := world.crm.contact_by_number(n)) and held.get("email"))


def forged(s360, number, email="thief@example.org"):
    record = s360.contact(number)
    return record | {"individualContact": record["individualContact"] | {"email": email}}


def confirm(world) -> int:
    return confirm_held_records(world.institution.pk)


def test_a_change_s360_confirms_is_applied_with_one_read(world, s360, watched):
    s360.edit(watched, email="new.address@example.org")
    world.deliver(s360.contact(watched))
    world.work()
    assert world.contact(watched).s360_view["email"] != "new.address@example.org"
    assert institutions_with_held_records() == [world.institution.pk]
    assert confirm(world) == 1
    world.push()

    assert world.contact(watched).s360_view["email"] == "new.address@example.org"
    assert world.crm.contact_by_number(watched)["email"] == "new.address@example.org"
    assert len(s360.ledger.calls("getContactData")) == 1
    record = DeliveryRecord.objects.latest("id")
    assert (record.state, record.outcome) == ("settled", "applied")
    assert institutions_with_held_records() == []


def test_a_forged_change_is_never_applied(world, s360, watched):
    before = world.contact(watched).s360_view["email"]
    world.deliver(forged(s360, watched))
    world.work()
    assert confirm(world) == 1
    world.push()

    assert world.contact(watched).s360_view["email"] == before
    assert DeliveryRecord.objects.latest("id").outcome == "stale"
    run = SyncRun.objects.latest("id")
    assert (run.error_count, run.not_processed_count) == (0, 0)


def test_several_held_changes_of_one_contact_cost_one_read(world, s360, watched):
    for n in range(5):
        world.deliver(forged(s360, watched, f"thief{n}@example.org"))
    world.work()
    assert DeliveryRecord.objects.filter(outcome="held").count() == 5
    confirm(world)

    assert len(s360.ledger.calls("getContactData")) == 1
    assert not DeliveryRecord.objects.filter(outcome="held").exists()


def test_a_replayed_body_is_settled_by_what_s360_says_now(world, s360, watched):
    WebhookEndpoint.objects.update(confirm_fields=[])
    old = s360.contact(watched)
    world.deliver(old)
    s360.edit(watched, town="Utrecht")
    world.deliver(s360.contact(watched))
    world.work()
    Delivery.objects.update(received_at=timezone.now() - timedelta(days=60))
    world.deliver(old)
    world.work()
    assert DeliveryRecord.objects.latest("id").outcome == "held"
    confirm(world)

    assert world.contact(watched).s360_view["town"] == "Utrecht"
    assert DeliveryRecord.objects.latest("id").outcome == "stale"


def test_a_number_s360_does_not_know_any_more_waits_for_a_person(world, s360, watched):
    world.deliver(forged(s360, watched))
    world.work()
    s360.vanish(watched)
    confirm(world)
    confirm(world)

    assert len(s360.ledger.calls("getContactData")) == 1
    record = DeliveryRecord.objects.latest("id")
    assert (record.state, record.cause.code) == ("parked", "not_in_s360")


def test_s360_asking_to_slow_down_pauses_the_pace_and_leaves_the_record_held(world, s360, watched):
    world.deliver(forged(s360, watched))
    world.work()
    s360.fault("throttled", times=1, method="getContactData")
    assert confirm(world) == 0
    assert confirm(world) == 0

    assert len(s360.ledger.calls("getContactData")) == 1
    assert PaceBucket.objects.filter(blocked_until__gt=timezone.now()).exists()
    assert DeliveryRecord.objects.latest("id").outcome == "held"


def test_a_refused_credential_leaves_the_record_held(world, s360, watched):
    world.deliver(forged(s360, watched))
    world.work()
    s360.fault("unauthorized", times=1, method="getContactData")

    assert confirm(world) == 0
    assert DeliveryRecord.objects.latest("id").outcome == "held"
    assert Cause.objects.filter(code="needs_confirmation").exists()


def test_without_api_access_nothing_is_asked(world, s360, watched):
    world.deliver(forged(s360, watched))
    world.work()
    ApiAccess.objects.all().delete()

    assert confirm(world) == 0
    assert s360.ledger.calls("getContactData") == []

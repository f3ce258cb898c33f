"""An order is written in one call and tied to its contact in the next: what if the second goes wrong (C1)?"""

from datetime import timedelta

import pytest
from django.db.models import F

from crm.models import Connection
from sync.models import OutboxEntry
from tests.flows.world import contact_record, order_record

ORDER = "10000912204"


def make_due() -> None:
    Connection.objects.update(resume_at=F("resume_at") - timedelta(days=1))
    OutboxEntry.objects.update(due_at=F("due_at") - timedelta(days=1), lease_until=F("lease_until") - timedelta(days=1))


@pytest.mark.parametrize("kind", ["reset_before_apply", "reset_after_apply", "server_error"])
def test_a_link_that_failed_is_made_after_a_reading_and_the_order_is_written_once(world, kind):
    world.crm.fail_next("hubspot", kind, path="associate")
    world.deliver(contact_record())
    world.deliver(order_record(), stream="orders")
    world.work()
    assert OutboxEntry.objects.get(order__isnull=False).state == "uncertain"
    make_due()
    world.resolve()
    world.push()

    assert world.crm.ledger.links() == {ORDER: "0048213"}
    assert world.crm.ledger.writes_for(ORDER, "orders") == (1, 0, 0)
    assert OutboxEntry.objects.get(order__isnull=False).outcome == "done"


@pytest.mark.parametrize("kind", ["reset_before_apply", "throttled"])
def test_a_link_that_fails_again_after_the_reading_is_tried_later_and_the_order_is_not_sent(world, kind):
    world.crm.fail_next("hubspot", kind, count=2, path="associate")
    world.deliver(contact_record())
    world.deliver(order_record(), stream="orders")
    world.work()
    for _ in range(2):
        make_due()
        world.resolve()

    assert world.crm.ledger.links() == {ORDER: "0048213"}
    assert world.crm.ledger.writes_for(ORDER, "orders") == (1, 0, 0)
    assert OutboxEntry.objects.get(order__isnull=False).outcome == "done"


def test_a_link_that_fails_for_days_takes_the_ordinary_way_out(world):
    world.crm.fail_some("hubspot", "reset_before_apply", 1.0, path="associate")
    world.deliver(contact_record())
    world.deliver(order_record(), stream="orders")
    world.work()
    entry = OutboxEntry.objects.filter(order__isnull=False)
    entry.update(created_at=F("created_at") - timedelta(hours=76))
    make_due()
    world.resolve()
    assert entry.get().state == "waiting"
    entry.update(first_failed_at=F("first_failed_at") - timedelta(hours=76))
    make_due()
    world.push()

    parked = entry.get()
    assert parked.cause is not None
    assert (parked.state, parked.cause.code) == ("parked", "retries_exhausted")


def test_a_link_that_cannot_be_made_after_the_reading_either_goes_back_to_the_push(world):
    world.crm.fail_next("hubspot", "reset_before_apply", path="associate")
    world.deliver(contact_record())
    world.deliver(order_record(), stream="orders")
    world.work()
    world.crm.fail_next("hubspot", "bad_request", path="associate")
    make_due()
    world.resolve()
    assert OutboxEntry.objects.get(order__isnull=False).state == "waiting"
    make_due()
    world.push()

    assert world.crm.ledger.links() == {ORDER: "0048213"}
    assert OutboxEntry.objects.get(order__isnull=False).outcome == "done"


def test_an_order_that_never_arrived_is_sent_again_with_its_link(world):
    world.crm.fail_next("hubspot", "reset_before_apply", path="orders/batch/upsert")
    world.deliver(contact_record())
    world.deliver(order_record(), stream="orders")
    world.work()
    make_due()
    world.resolve()
    world.push()

    assert world.crm.ledger.links() == {ORDER: "0048213"}
    assert world.crm.ledger.writes_for(ORDER, "orders") == (1, 0, 0)

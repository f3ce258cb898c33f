"""What the sweep puts right: work held by the dead, orders that missed their contact, executions gone quiet."""

from datetime import timedelta

import pytest
from django.db.models import F

from crm.services.push import batch
from sync.models import Attempt, Contact, Delivery, DeliveryRecord, Order, OutboxEntry, SyncRun
from sync.services.intake import apply as apply_module
from sync.services.intake.claim import claim_deliveries, reclaim_expired_deliveries
from sync.services.intake.runs import end_quiet_runs
from sync.services.ledger.leases import expire_leases
from sync.services.ledger.release import release_what_can_go
from tests.flows.world import contact_record, order_record


class WorkerDiedError(BaseException):
    """Stands for kill -9: nothing after it runs, no handler catches it."""


def test_a_delivery_of_a_dead_worker_is_taken_over_once_its_lease_is_over(world):
    world.deliver(contact_record())
    claim_deliveries("dead-worker")
    assert reclaim_expired_deliveries() == 0
    Delivery.objects.update(lease_until=F("lease_until") - timedelta(hours=1))
    assert reclaim_expired_deliveries() == 1
    world.work()

    assert Delivery.objects.get().crash_count == 1
    assert world.crm.ledger.creates_for("0048213") == 1


def test_a_record_that_kills_its_worker_three_times_is_parked_and_its_neighbours_are_applied(world, monkeypatch):
    world.deliver(*[contact_record(f"{n:07d}") for n in range(5)])
    real = apply_module._apply

    def deadly(works, *rest):
        if any(w.external_id == "0000003" for w in works):
            raise WorkerDiedError
        real(works, *rest)

    monkeypatch.setattr(apply_module, "_apply", deadly)
    for _ in range(6):
        Delivery.objects.filter(state="claimed").update(lease_until=F("lease_until") - timedelta(hours=1))
        reclaim_expired_deliveries()
        try:
            world.apply()
        except WorkerDiedError:
            continue

    assert Contact.objects.count() == 4
    parked = DeliveryRecord.objects.get(state="parked")
    assert (parked.external_id, parked.outcome, parked.crash_count) == ("0000003", "failed", 3)
    assert parked.cause is not None
    assert parked.cause.kind == "internal"
    run = SyncRun.objects.get()
    assert (run.succeeded_count, run.timeout_count, run.not_processed_count) == (4, 1, 0)


def test_a_send_whose_worker_died_becomes_uncertain_and_is_read(world, monkeypatch):
    world.deliver(contact_record())
    world.apply()

    def dies_after_sending(*_args, **_kwargs):
        raise WorkerDiedError

    monkeypatch.setattr(batch, "settle_sent", dies_after_sending)
    with pytest.raises(WorkerDiedError):
        world.push()
    monkeypatch.undo()
    assert OutboxEntry.objects.get().state == "sending"
    assert expire_leases() == 0
    OutboxEntry.objects.update(lease_until=F("lease_until") - timedelta(hours=1))
    assert expire_leases() == 1
    assert OutboxEntry.objects.get().state == "uncertain"
    assert Attempt.objects.get().outcome == "unknown"
    OutboxEntry.objects.update(lease_until=F("lease_until") - timedelta(hours=1))
    world.resolve()
    world.push()

    assert OutboxEntry.objects.get().outcome == "done"
    assert world.crm.ledger.writes_for("0048213") == (1, 0, 0)
    assert world.story(world.contact("0048213")) == ["received", "uncertain", "pushed"]


def test_a_late_settle_of_a_worker_taken_for_dead_is_refused(world, monkeypatch):
    world.deliver(contact_record())
    world.apply()
    real = batch.settle_sent

    def stands_still_past_its_lease(*args, **kwargs):
        OutboxEntry.objects.update(lease_until=F("lease_until") - timedelta(hours=1))
        assert expire_leases() == 1
        real(*args, **kwargs)

    monkeypatch.setattr(batch, "settle_sent", stands_still_past_its_lease)
    world.push()

    entry = OutboxEntry.objects.get()
    assert (entry.state, entry.outcome) == ("uncertain", "")


def test_an_order_that_missed_its_contact_is_linked_and_freed_by_the_sweep(world):
    world.deliver(order_record(), stream="orders")
    world.work()
    world.deliver(contact_record())
    world.work()
    # As if neither transaction had seen the other: the order still waits, unlinked.
    order = world.order(10000912204)
    OutboxEntry.objects.filter(order=order).update(state="waiting", outcome="", waits_for="contact", settled_at=None)
    Order.objects.update(contact=None)
    assert release_what_can_go() == 1

    assert world.order(10000912204).contact == world.contact("0048213")
    assert OutboxEntry.objects.get(order=order).waits_for == ""


def test_an_execution_gone_quiet_ends(world):
    world.deliver(contact_record())
    world.apply()
    assert end_quiet_runs() == 0
    SyncRun.objects.update(last_delivery_at=F("last_delivery_at") - timedelta(minutes=1))
    assert end_quiet_runs() == 1
    run = SyncRun.objects.get()
    assert run.ended_at == run.last_delivery_at

"""Deliveries that come back because their worker died (A6): handled apart, so that one takes no others along."""

from datetime import timedelta

from django.db.models import F

from sync.models import Delivery
from sync.services.intake.claim import claim_deliveries, reclaim_expired_deliveries
from tests.flows.world import contact_record


def claimed_by(worker: str) -> list[tuple[int, int]]:
    """(place in the order of arrival, crashes so far)"""
    first = Delivery.objects.earliest("id").pk
    return [(delivery.id - first, delivery.crash_count) for delivery in claim_deliveries(worker)]


def end_leases() -> None:
    Delivery.objects.filter(state="claimed").update(lease_until=F("lease_until") - timedelta(days=1))
    reclaim_expired_deliveries()


def test_of_what_a_dead_worker_held_one_delivery_is_taken_at_a_time_and_what_is_new_goes_on(world):
    for n in range(3):
        world.deliver(contact_record(f"{n:07d}"))
    assert claimed_by("it died") == [(0, 0), (1, 0), (2, 0)]
    end_leases()
    world.deliver(contact_record("0000003"))

    assert claimed_by("second") == [(0, 1), (3, 0)]
    assert claimed_by("third") == [(1, 1)]
    assert claimed_by("fourth") == [(2, 1)]
    assert claimed_by("fifth") == []


def test_what_came_back_is_applied_like_anything_else(world):
    for n in range(3):
        world.deliver(contact_record(f"{n:07d}"))
    claim_deliveries("it died")
    end_leases()
    world.work()

    assert set(Delivery.objects.values_list("state", flat=True)) == {"settled"}
    assert len(world.crm.contacts()) == 3

"""The same state again, at once and later (B1): recorded as unchanged, and nothing is owed."""

import pytest

from sync.models import DeliveryRecord
from tests.flows.world import contact_record, order_record


def outcomes() -> list[str]:
    return list(DeliveryRecord.objects.order_by("id").values_list("outcome", flat=True))


@pytest.mark.parametrize(("stream", "record"), [("contacts", contact_record()), ("orders", order_record(contact=None))])
def test_the_same_state_ten_times_in_one_batch_is_one_change(world, stream, record):
    for _ in range(5):
        world.deliver(record, record, stream=stream)
    world.work()

    assert outcomes() == ["applied", *["unchanged"] * 9]


def test_the_same_state_later_is_unchanged_and_nothing_is_sent(world):
    for _ in range(3):
        world.deliver(contact_record())
        world.work()

    assert outcomes() == ["applied", "unchanged", "unchanged"]
    assert world.crm.ledger.writes_for("0048213") == (1, 0, 0)

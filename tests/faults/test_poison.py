"""One record ends its worker without a word, each time (A6): out of memory, a crash inside a library."""

from pathlib import Path

import pytest

from sync.models import Contact, Delivery, DeliveryRecord
from tests.faults.console import Console, is_quiet, parked, wait_until
from tests.flows.world import World, contact_record

POISON = "0000017"


@pytest.mark.parametrize("moment", ["die_on_record", "die_while_applying"])
def test_a_record_that_kills_its_worker_is_parked_after_three_deaths_and_its_neighbours_are_applied(
    console: Console, world: World, tmp_path: Path, moment: str
):
    deaths = tmp_path / "deaths"
    world.deliver(*[contact_record(f"{n:07d}") for n in range(50)])
    world.deliver(contact_record("7777777"))
    console.workers(1, hook=f"{moment}={POISON}@{deaths}")
    wait_until(lambda: is_quiet() and parked() != [], 38, "the poison is parked and the rest is settled")

    assert deaths.stat().st_size == 3
    assert parked() == [("record", "worker_died")]
    assert DeliveryRecord.objects.get(state="parked").external_id == POISON
    assert set(Delivery.objects.values_list("state", flat=True)) == {"settled"}
    assert Contact.objects.count() == 50
    assert len(world.crm.contacts()) == 50
    assert world.crm.contact_by_number(POISON) is None

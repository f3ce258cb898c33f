"""Workers die at any moment while S-360 delivers and the CRM misbehaves (A1, C1, C2): counted in the CRM's ledger."""

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from crm.models import Connection
from sync.practice import PracticeS360
from tests.faults.conftest import SEED
from tests.faults.console import (
    Console,
    Part,
    an_s360,
    given_up,
    is_quiet,
    parked,
    post_all,
    requeue_what_died,
    tell,
    wait_until,
)
from tests.flows.world import World, a_world

SETTLE_SECONDS = 60.0
LEAST_KILLS = 20
BREATH_SECONDS = 1.0
FACES = {"hubspot": "hubspot", "generic_rest": "generic"}


@dataclass(frozen=True)
class Size:
    """How many contacts and orders are edited, how many are new, and for how long workers die."""

    edited: int
    new_contacts: int
    new_orders: int
    kill_seconds: float

    @property
    def records(self) -> int:
        return 2 * self.edited + self.new_contacts + self.new_orders


NORMAL = Size(500, 700, 300, kill_seconds=16)
SMALL = Size(150, 200, 100, kill_seconds=12)
LONG = Size(1250, 1750, 750, kill_seconds=120)


def people(s360: PracticeS360, count: int, name: str) -> list[str]:
    return [
        s360.create_contact(
            individualFirstname="Noor", individualLastname=f"{name}{n}", email=f"{name.lower()}{n}@example.org"
        )
        for n in range(count)
    ]


def sales(s360: PracticeS360, contacts: Sequence[str], count: int) -> list[str]:
    return [
        str(s360.add_order(contactReference=contacts[n % len(contacts)], orderState="CLOSED", saleAmount=10_000 + n))
        for n in range(count)
    ]


def misbehave(world: World, face: str, *, hanging: float) -> None:
    """5 % applied without an answer, 3 % refused by a server error, 4 % told to slow down."""
    world.crm.clear_faults()
    for kind in ("reset_after_apply", "server_error"):  # chance may spare a short run: once each, whatever the dice say
        world.crm.fail_next(face, kind)
    world.crm.fail_some(face, "apply_then_hang", hanging)
    world.crm.fail_some(face, "reset_after_apply", 0.05 - hanging)
    world.crm.fail_some(face, "server_error", 0.03)
    world.crm.fail_some(face, "throttled", 0.04, retry_after="1")


def kill_while(busy: threading.Thread, workers: Part, seconds: float, chance: random.Random) -> int:
    """A worker dies every 50 to 250 ms, eight in a row and then a breath, until all is settled, or long enough."""
    kills, began = 0, time.monotonic()
    while time.monotonic() - began < seconds and (busy.is_alive() or not is_quiet() or kills < LEAST_KILLS):
        time.sleep(chance.uniform(0.05, 0.25))
        kills += workers.kill_child(chance)
        if kills % 8 == 0:
            time.sleep(BREATH_SECONDS)  # on a busy machine a worker that never lives a second never comes to a call
    return kills


def settle_everything(world: World, face: str) -> None:
    """The CRM goes on misbehaving for a while, only it no longer lets a living worker wait for half a minute."""
    misbehave(world, face, hanging=0.0)
    ends_at = time.monotonic() + 8
    wait_until(lambda: is_quiet() or time.monotonic() > ends_at, SETTLE_SECONDS, "never asked")
    world.crm.clear_faults()
    wait_until(is_quiet, SETTLE_SECONDS, "everything is settled after the last kill")
    if requeue_what_died():  # three kills in a row hit one innocent record: parked and visible, a person sends it on
        wait_until(is_quiet, SETTLE_SECONDS, "what was requeued is settled")


def written_otherwise(world: World, keys: Sequence[str], entity: str, *writes: int) -> dict[str, tuple[int, ...]]:
    """Keys the CRM did not write exactly so often (creates, updates, writes that changed nothing)."""
    counted = {key: tuple(world.crm.ledger.writes_for(key, entity)) for key in keys}
    return {key: found for key, found in counted.items() if found != writes}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("connector", "settings", "size"),
    [
        pytest.param("hubspot", {"batch_size": 10}, NORMAL, id="hubspot"),
        pytest.param("generic_rest", {"batch_size": 5, "batch_path": ""}, SMALL, id="one-by-one"),
        pytest.param("hubspot", {"batch_size": 10}, LONG, id="hubspot-long", marks=pytest.mark.soak),
        pytest.param("generic_rest", {"batch_size": 10}, LONG, id="batches-long", marks=pytest.mark.soak),
    ],
)
def test_each_record_is_written_once_a_state_while_workers_are_killed(
    console: Console, connector: str, settings: dict[str, Any], size: Size
):
    chance = random.Random(SEED)
    with a_world(connector=connector, seed=SEED) as world, an_s360(world, console) as s360:
        stored = Connection.objects.get()
        stored.settings |= settings  # small batches: more calls, more places to die at
        stored.save()
        console.web()
        workers = console.workers(3)
        known = people(s360, size.edited, "Known")
        sold = sales(s360, known, size.edited)
        post_all(s360)
        wait_until(is_quiet, SETTLE_SECONDS, "the calm beginning is settled")

        misbehave(world, FACES[connector], hanging=0.025)
        new = people(s360, size.new_contacts, "New")
        newly_sold = sales(s360, known, size.new_orders)
        for n, (number, order_id) in enumerate(zip(known, sold, strict=True)):
            s360.edit(number, individualLastname=f"Edited{n}")
            s360.edit_order(int(order_id), saleAmount=20_000 + n)
        for stream in ("contacts", "orders"):
            s360.configure(stream, per_execution=50, per_post=25)
        posting = threading.Thread(target=post_all, args=(s360,), kwargs={"pause": 0.1})
        posting.start()
        kills = kill_while(posting, workers, size.kill_seconds, chance)
        posting.join(60)
        last_kill = time.monotonic()
        settle_everything(world, FACES[connector])

        ledger = world.crm.ledger
        spoiled = [call for call in ledger.calls if call.fault]
        tell(
            f"seed {SEED}: {size.records} records, {kills} kills, {len(ledger.calls)} calls, {len(spoiled)} spoiled, "
            f"settled {time.monotonic() - last_kill:.1f} s after the last kill"
        )
        assert kills >= LEAST_KILLS
        assert spoiled
        assert given_up(s360) == []
        assert parked() == []
        assert written_otherwise(world, known, "contacts", 1, 1, 0) == {}
        assert written_otherwise(world, new, "contacts", 1, 0, 0) == {}
        assert written_otherwise(world, sold, "orders", 1, 1, 0) == {}
        assert written_otherwise(world, newly_sold, "orders", 1, 0, 0) == {}
        names = {row["s360_contact_number"]: row["lastname"] for row in world.crm.contacts()}
        assert [names[number] for number in known] == [f"Edited{n}" for n in range(size.edited)]
        assert set(ledger.links()) == {*sold, *newly_sold}
        assert ledger.bugs == []

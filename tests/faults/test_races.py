"""Several workers on the same records at once (A12, B2): no error, no deadlock left over, the last word wins."""

import itertools
import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections
from hypothesis import HealthCheck, given, settings
from hypothesis import seed as hypothesis_seed
from hypothesis import strategies as st

from sync.models import Contact, Delivery, DeliveryRecord, OutboxEntry
from sync.services.intake import apply as applying
from sync.services.intake.claim import claim_deliveries
from sync.tasks import sweep
from tests.faults.conftest import SEED
from tests.faults.console import is_quiet, tell
from tests.flows.world import World, a_world, contact_record, order_record

PEOPLE = 30
ROUNDS = int(os.environ.get("DEADLOCK_ROUNDS", "40"))


@contextmanager
def one_delivery_a_claim() -> Iterator[None]:
    """Ten deliveries a claim would leave nothing for the second worker to collide with."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(applying, "claim_deliveries", partial(claim_deliveries, limit=1))
        yield


def together(*works: Callable[[], Any]) -> list[BaseException]:
    """Run all of these at once, each in a thread with a connection of its own; what they raised."""
    raised: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> None:
        try:
            start.wait()
            work()
        except BaseException as error:  # noqa: BLE001 - told by the test that asked
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "a worker hangs"
    return raised


def apply_as(name: str) -> None:
    while applying.apply_due(name):
        pass


def push_until_quiet(world: World, name: str) -> None:
    """Bounded: what cannot be taken now is under way elsewhere."""
    from crm.services.push.run import push_due  # noqa: PLC0415 - beside its only use

    for _ in range(4000):
        push_due(world.connection.pk, name)
        if is_quiet():
            return
    raise AssertionError("never quiet")


def deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def waves(turn: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Every contact and every order of this round, every second round in the opposite order; some cannot be read."""
    people = [contact_record(f"{n:07d}", individualLastname=f"Round{turn}") for n in range(PEOPLE)]
    people[turn % PEOPLE]["individualContact"]["birthDate"] = "never"
    people[(turn * 7) % PEOPLE]["individualContact"]["individualGender"] = 17
    sales = [order_record(9_000 + n, f"{n:07d}", saleAmount=1000 * (turn + 1)) for n in range(PEOPLE)]
    return (people, sales) if turn % 2 else (people[::-1], sales[::-1])


@pytest.mark.slow
def test_batches_with_the_same_records_in_opposite_order_never_end_in_an_error(world: World):
    rounds = [*map(waves, range(ROUNDS))]
    last_people = [contact_record(f"{n:07d}", individualLastname="Last") for n in range(PEOPLE)]
    last_sales = [order_record(9_000 + n, f"{n:07d}", saleAmount=77_000) for n in range(PEOPLE)]
    for people, sales in [*rounds, (last_people, last_sales)]:
        world.deliver(*people)
        world.deliver(*sales, stream="orders")
    before = deadlocks()

    with one_delivery_a_claim():
        raised = together(
            partial(apply_as, "first"),
            partial(apply_as, "second"),
            partial(apply_as, "third"),
            partial(push_until_quiet, world, "first pusher"),
            partial(push_until_quiet, world, "second pusher"),
            lambda: [sweep() for _ in range(20)],
        )
    sweep()
    world.work()

    connection.close()
    tell(f"{2 * ROUNDS + 2} deliveries of {PEOPLE} records, {deadlocks() - before} deadlocks met and settled inside")
    assert raised == []
    assert set(Delivery.objects.values_list("state", flat=True)) == {"settled"}
    assert not DeliveryRecord.objects.filter(outcome="failed").exists()
    assert not OutboxEntry.objects.exclude(state="settled").exists()
    assert {row["lastname"] for row in world.crm.contacts()} == {"Last"}
    assert len(world.crm.contacts()) == PEOPLE
    assert {Decimal(row["hs_total_price"]) for row in world.crm.orders()} == {Decimal(77)}
    assert world.crm.ledger.double_creates() == world.crm.ledger.double_creates("orders") == {}
    noops = [world.crm.ledger.writes_for(f"{n:07d}").noops for n in range(PEOPLE)]
    assert noops == [0] * PEOPLE


NAMES = ("Ada", "Bo", "Cy")
TOWNS = ("Gent", "Brugge", None)
STATES = st.tuples(st.integers(0, 2), st.sampled_from(NAMES), st.sampled_from(TOWNS))
FIRST_NUMBERS = itertools.count(1, 10)


def in_any_order(count: int) -> Any:
    """Deliveries of three contacts, of one to three records each, some sent twice: whatever order they came in."""
    arrays = st.lists(STATES, min_size=1, max_size=3)
    return st.lists(arrays, min_size=2, max_size=count)


def check_last_word(world: World, arrays: list[list[tuple[int, str, str | None]]]) -> None:
    first = next(FIRST_NUMBERS)
    last: dict[str, tuple[str, str | None]] = {}
    for array in arrays:
        records = []
        for who, name, town in array:
            number = f"{first + who:07d}"
            record = contact_record(number, individualFirstname=name)
            record["addresses"][0]["town"] = town
            records.append(record)
            last[number] = (name, town)
        world.deliver(*records)
    with one_delivery_a_claim():
        raised = together(partial(apply_as, "first"), partial(apply_as, "second"))
    world.push()

    assert raised == []
    for number, (name, town) in last.items():
        view = Contact.objects.get(contact_number=number).s360_view
        held = world.crm.contact_by_number(number)
        assert (view["first_name"], view["town"]) == (name, town)
        assert held is not None
        assert (held["firstname"], held.get("city") or None) == (name, town)
        assert world.crm.ledger.writes_for(number) == (1, 0, 0)


@pytest.fixture
def lasting_world(transactional_db: None) -> Iterator[World]:
    with a_world(seed=SEED) as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("examples", [25, pytest.param(1000, marks=pytest.mark.soak)])
def test_whatever_the_order_of_arrival_two_workers_end_at_the_last_state_that_arrived(
    lasting_world: World, examples: int
):
    @hypothesis_seed(SEED)
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(arrays=in_any_order(8), repeats=st.randoms(use_true_random=False))
    def check(arrays: list[list[tuple[int, str, str | None]]], repeats: random.Random) -> None:
        sent = [array for array in arrays for _ in range(repeats.choice((1, 1, 2)))]
        repeats.shuffle(sent)
        check_last_word(lasting_world, sent)

    check()

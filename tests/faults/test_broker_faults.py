"""Valkey is flushed, frozen and gone (A7, A8), and beat runs twice (A14): webhooks answer, the rows are the truth."""

import os
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import Self

import pytest
import redis
from django.db import connection

from config.embedded.valkey import ValkeyServer
from config.supervisor.members import ProcessMember
from config.supervisor.processes import beat, worker
from sync.models import Heartbeat
from sync.practice import PracticeS360
from tests.faults.console import Console, an_s360, is_quiet, tell
from tests.flows.world import World

READY_SECONDS = 60
CATCH_UP_SECONDS = 30


@dataclass
class LiveTraffic:
    """S-360 posts five new contacts ten times a second, until told to stop."""

    s360: PracticeS360
    numbers: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self.done.set()
        if self.thread is not None:
            self.thread.join(30)

    def _run(self) -> None:
        while not self.done.wait(0.1):
            for _ in range(5):
                number = len(self.numbers)
                self.numbers.append(
                    self.s360.create_contact(individualLastname=f"Live{number}", email=f"live{number}@example.org")
                )
            self.s360.execute("contacts")

    def slowest(self) -> float:
        return max(delivery.seconds for delivery in self.s360.ledger.deliveries())

    def statuses(self) -> set[int | None]:
        return {delivery.status for delivery in self.s360.ledger.deliveries()}


def start_everything(console: Console, *, beats: int = 1) -> None:
    """Worker and beat under the supervisor, as `make run` has them, and the web server."""
    for name, member in [("worker", worker()), *((f"beat{n}", beat()) for n in range(beats))]:
        assert isinstance(member, ProcessMember)
        console.supervise(member, name)
    console.web()
    console.wait_until(
        lambda: Heartbeat.objects.filter(name="beat").exists(), READY_SECONDS, "beat and worker are alive"
    )


def seconds_since_worker_beat() -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM clock_timestamp() - max(at)) FROM sync_heartbeat WHERE name LIKE 'worker%'"
        )
        return float(cursor.fetchone()[0])


def check_all_arrived_once(world: World, traffic: LiveTraffic, name: str) -> None:
    deliveries = traffic.s360.ledger.deliveries()
    tell(f"{name}: {len(deliveries)} posts, slowest {traffic.slowest():.2f} s, {len(traffic.numbers)} contacts")
    assert traffic.statuses() == {200}
    assert traffic.slowest() < 1.0
    assert {tuple(world.crm.ledger.writes_for(number)) for number in traffic.numbers} == {(1, 0, 0)}


@pytest.mark.slow
def test_a_broker_flushed_five_times_and_frozen_costs_neither_an_answer_nor_a_record(
    console: Console, world: World, valkey: ValkeyServer
):
    start_everything(console)
    client = redis.Redis.from_url(valkey.url)
    with an_s360(world, console) as s360, LiveTraffic(s360) as traffic:
        for _ in range(5):
            console.watch_for(0.7)
            client.flushall()
        client.execute_command("CLIENT", "PAUSE", 2500, "ALL")
        console.watch_for(3)
        os.kill(valkey.child.pid, signal.SIGSTOP)
        console.watch_for(3)
        os.kill(valkey.child.pid, signal.SIGCONT)
        console.watch_for(0.5)
        traffic.stop()
        caught_up = console.wait_until(is_quiet, CATCH_UP_SECONDS, "all is worked off after the broker is back")
        tell(f"caught up after {caught_up:.1f} s")
        check_all_arrived_once(world, traffic, "flushed and frozen")
    client.close()


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [8, pytest.param(60, marks=pytest.mark.soak)])
def test_webhooks_are_answered_while_the_broker_is_gone_and_work_goes_on_when_it_is_back(
    console: Console, world: World, valkey: ValkeyServer, seconds: int
):
    start_everything(console)
    with an_s360(world, console) as s360, LiveTraffic(s360) as traffic:
        console.watch_for(1)
        valkey.stop()
        console.watch_for(seconds)
        valkey.start()
        is_back = time.monotonic()
        console.watch_for(1)
        traffic.stop()
        console.wait_until(is_quiet, CATCH_UP_SECONDS, "all is worked off after the broker is back")
        console.wait_until(lambda: seconds_since_worker_beat() < 3, CATCH_UP_SECONDS, "the worker consumes again")
        tell(f"caught up {time.monotonic() - is_back:.1f} s after the broker was back")
        check_all_arrived_once(world, traffic, f"gone for {seconds} s")


@pytest.mark.slow
def test_two_beats_do_no_harm(console: Console, world: World):
    start_everything(console, beats=2)
    with an_s360(world, console) as s360, LiveTraffic(s360) as traffic:
        console.watch_for(6)  # three ticks of each beat
        traffic.stop()
        console.wait_until(is_quiet, CATCH_UP_SECONDS, "everything is settled")
        check_all_arrived_once(world, traffic, "two beats")

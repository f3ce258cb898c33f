"""The web server dies while S-360 posts (A2, A3, B1): acknowledged is stored, and what was not is sent again."""

import hashlib
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import orjson
import pytest

from sync.models import Delivery, DeliveryRecord
from sync.practice import PracticeS360
from tests.faults.conftest import SEED
from tests.faults.console import Console, Part, an_s360, given_up, is_quiet, post_all, tell, wait_until
from tests.flows.world import World, contact_record

RUNS = 80  # S-360 tries twelve times, a minute or more apart; here executions follow within a fraction of a second


def newcomers(s360: PracticeS360, count: int) -> list[str]:
    return [s360.create_contact(individualLastname=f"Peeters{n}", email=f"p{n}@example.org") for n in range(count)]


def stored_digests() -> set[bytes]:
    return {bytes(digest) for digest in Delivery.objects.values_list("digest", flat=True)}


def acknowledged_and_missing(s360: PracticeS360) -> list[int]:
    """Deliveries answered 200 whose very bytes are not in our tables: there may be none, ever."""
    stored = stored_digests()
    accepted = [d.sequence for d in s360.ledger.deliveries() if d.accepted]
    return [each for each in accepted if hashlib.sha256(s360.ledger.body(each)).digest() not in stored]


def keep_alive(web: Part) -> bool:
    """What the supervisor does: what has ended is started again."""
    assert web.process is not None
    if web.process.poll() is not None:
        web.start()
    return True


@pytest.mark.slow
def test_acknowledged_is_stored_while_web_processes_are_killed(console: Console, world: World):
    chance = random.Random(SEED)
    web = console.web()
    console.workers(1)
    kills = {"child": 0, "web": 0}
    with an_s360(world, console) as s360:
        s360.configure("contacts", per_execution=20, per_post=5, max_attempts=RUNS)
        numbers = newcomers(s360, 900)
        posting = threading.Thread(target=post_all, args=(s360,), kwargs={"pause": 0.15, "executions": 400})
        posting.start()
        for turn in range(24):
            time.sleep(chance.uniform(0.1, 0.7))
            if turn in (8, 18):
                web.kill()
                kills["web"] += 1
            else:
                kills["child"] += web.kill_child(chance)
            keep_alive(web)
        wait_until(lambda: keep_alive(web) and not posting.is_alive(), 60, "S-360 has delivered everything")
        wait_until(is_quiet, 30, "everything is settled")

        deliveries = s360.ledger.deliveries("contacts")
        refused = [d for d in deliveries if not d.accepted]
        tell(f"seed {SEED}: kills {kills}, {len(deliveries)} posts, {len(refused)} of them without a 200")
        assert kills["web"] == 2
        assert refused
        assert given_up(s360) == []
        assert acknowledged_and_missing(s360) == []
        assert {tuple(world.crm.ledger.writes_for(number)) for number in numbers} == {(1, 0, 0)}


def test_death_before_the_commit_leaves_no_row_and_no_answer(console: Console, world: World, tmp_path: Path):
    armed = tmp_path / "armed"
    console.web(hook=f"die_before_commit={armed}")
    with an_s360(world, console) as s360:
        numbers = newcomers(s360, 3)
        armed.touch()
        first = s360.execute("contacts")
        assert [d.status for d in first.deliveries] == [None]
        assert Delivery.objects.count() == DeliveryRecord.objects.count() == 0
        armed.unlink()
        console.wait_for_web()
        second = s360.execute("contacts")
        world.work()

        assert [d.status for d in second.deliveries] == [200]
        assert Delivery.objects.count() == 1
        assert [world.crm.ledger.writes_for(number) for number in numbers] == [(1, 0, 0)] * 3


def test_death_between_commit_and_reply_is_repeated_by_s360_and_changes_nothing(
    console: Console, world: World, tmp_path: Path
):
    budget = tmp_path / "budget"
    budget.write_bytes(b"x" * 5)
    console.web(hook=f"die_after_commit={budget}")
    console.workers(2)
    with an_s360(world, console) as s360:
        s360.configure("contacts", per_post=2, per_execution=20, max_attempts=RUNS)
        numbers = newcomers(s360, 20)
        post_all(s360, pause=0.2)
        wait_until(is_quiet, 30, "everything is settled")

        unanswered = [d for d in s360.ledger.deliveries() if d.status is None]
        assert len(unanswered) >= 5
        assert Delivery.objects.count() == 10 + 5
        assert acknowledged_and_missing(s360) == []
        outcomes = list(DeliveryRecord.objects.values_list("outcome", flat=True))
        assert outcomes.count("applied") == 20
        assert set(outcomes) <= {"applied", "unchanged", "stale"}
        assert [world.crm.ledger.writes_for(number) for number in numbers] == [(1, 0, 0)] * 20


def test_a_hundred_deliveries_ten_times_at_once_are_a_hundred_changes(console: Console, world: World):
    console.web()
    console.workers(2)
    bodies = [orjson.dumps([contact_record(f"{n:07d}")]) for n in range(100)]
    url = console.url + world.paths["contacts"]
    with httpx.Client(trust_env=False, timeout=20) as client, ThreadPoolExecutor(10) as senders:

        def post(body: bytes) -> int:
            return client.post(url, content=body, headers={"Content-Type": "application/json"}).status_code

        statuses = [status for body in bodies for status in senders.map(post, [body] * 10)]
    wait_until(is_quiet, 60, "everything is settled")

    assert statuses == [200] * 1000
    outcomes = list(DeliveryRecord.objects.values_list("outcome", flat=True))
    assert outcomes.count("applied") == 100
    assert set(outcomes) <= {"applied", "unchanged", "stale"}
    assert len(outcomes) == 1000
    assert {tuple(world.crm.ledger.writes_for(f"{n:07d}")) for n in range(100)} == {(1, 0, 0)}

"""PostgreSQL drops connections at random under load (A10): 200 only after a commit, and the workers go on."""

import random
import time

import pytest
from django.db import connection

from sync.tasks import sweep
from tests.faults.conftest import SEED
from tests.faults.console import Console, an_s360, is_quiet, tell
from tests.faults.test_broker_faults import LiveTraffic, start_everything
from tests.faults.test_web_killed import acknowledged_and_missing
from tests.flows.world import World

OTHERS = """
SELECT pid FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' ORDER BY pid
"""


def drop_one_connection(chance: random.Random) -> bool:
    """pg_terminate_backend of one connection of the console."""
    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        backends = [row[0] for row in cursor.fetchall()]
        if backends:
            cursor.execute("SELECT pg_terminate_backend(%s)", [chance.choice(backends)])
    return bool(backends)


def drop_all_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(pg_terminate_backend(pid)) FROM ({OTHERS}) AS others")  # noqa: S608 - our constant
        return int(cursor.fetchone()[0])


def swept_and_quiet() -> bool:
    """The beat's own sweep comes every half minute; what a dead connection left behind need not wait for it here."""
    sweep()
    return is_quiet()


@pytest.mark.slow
def test_dropped_connections_cost_no_acknowledged_record_and_stop_no_worker(console: Console, world: World):
    chance = random.Random(SEED)
    start_everything(console)
    dropped = 0
    with an_s360(world, console) as s360:
        s360.configure("contacts", max_attempts=100)
        with LiveTraffic(s360) as traffic:
            ends_at = time.monotonic() + 6
            while time.monotonic() < ends_at:
                console.supervisor.turn()  # a tenth of a second
                dropped += drop_one_connection(chance)
            dropped += drop_all_connections()  # a restart, as the console sees it
            traffic.stop()
            while s360.queue("contacts", 1):
                s360.execute("contacts")
            console.wait_until(swept_and_quiet, 60, "the workers go on")

            answers = [delivery.status for delivery in s360.ledger.deliveries()]
            tell(f"seed {SEED}: {dropped} connections dropped, {len(answers)} posts, {answers.count(503)} of them 503")
            assert dropped > 20
            assert set(answers) <= {200, 503}
            assert acknowledged_and_missing(s360) == []
            assert {tuple(world.crm.ledger.writes_for(number)) for number in traffic.numbers} == {(1, 0, 0)}

"""A worker is stopped for longer than its lease and goes on as if nothing had happened (A5)."""

import os
import signal
from pathlib import Path

import pytest

from sync.models import Attempt, OutboxEntry
from tests.faults.console import Console, Part, is_quiet, wait_until
from tests.flows.world import World, contact_record

NUMBERS = [f"{n:07d}" for n in range(5)]


def stopped_child(part: Part) -> int:
    """The child that stands still, or 0."""
    for child in part.children():
        state = Path(f"/proc/{child}/stat").read_text().rpartition(") ")[2][:1]
        if state == "T":
            return child
    return 0


@pytest.mark.parametrize("moment", ["stop_before_sending", "stop_before_settling"])
def test_a_worker_that_stood_still_beyond_its_lease_sends_nothing_twice(
    console: Console, world: World, tmp_path: Path, moment: str
):
    once = tmp_path / "once"
    once.write_bytes(b"x")
    world.deliver(*[contact_record(number) for number in NUMBERS])
    sleeper = console.workers(1, hook=f"{moment}={once}", name="sleeper")
    wait_until(lambda: stopped_child(sleeper) > 0, 60, "the worker stands still")
    console.workers(1, name="other")
    wait_until(is_quiet, 30, "the other worker has taken over")
    sent_by_then = len([call for call in world.crm.ledger.calls if "upsert" in call.path])

    os.kill(stopped_child(sleeper), signal.SIGCONT)
    wait_until(lambda: sleeper.said("settle_refused") > 0, 30, "its settle is refused and logged")
    wait_until(is_quiet, 30, "everything is settled")

    assert sleeper.said("settle_refused") == 1
    assert len([call for call in world.crm.ledger.calls if "upsert" in call.path]) == sent_by_then
    assert [world.crm.ledger.writes_for(number) for number in NUMBERS] == [(1, 0, 0)] * 5
    assert set(OutboxEntry.objects.values_list("state", "outcome")) == {("settled", "done")}
    assert not Attempt.objects.filter(outcome="open").exists()

"""(c) From the practice S-360 through the console's real processes into the practice CRM, counted in the CRM's
ledger."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from crm.practice import PracticeCrmProcess
from sync.practice.contact_payload import CONTACT_BLOCK, THREE_ADDRESSES
from tests.benchmarks.figures import Figures, Goal
from tests.benchmarks.hub import CRM_TOKEN, Hub, point_at, running, wait_for, web_process, worker_processes
from tests.benchmarks.practice import PracticeS360Process
from tests.benchmarks.quantiles import quantile
from tests.benchmarks.size import Size

EXECUTION = 500  # records of one S-360 execution, sent as 10 arrays of 50
LIVE_PER_SECOND = 20
ORDINARY = CONTACT_BLOCK - THREE_ADDRESSES - 1  # contacts without a trap in each block of the population
SETTLE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Line:
    """Everything between the two ends is running."""

    s360: PracticeS360Process
    crm: PracticeCrmProcess


def measure(figures: Figures, hub: Hub, size: Size) -> None:
    """Sustained throughput, one execution alone, and the delay under a live load, in this order."""
    contacts = size.flow_contacts + EXECUTION * (size.executions + 1)
    with line(hub, contacts * CONTACT_BLOCK // ORDINARY + CONTACT_BLOCK) as ends:
        numbers = ordinary(ends.s360.numbers())[:contacts]
        execution(ends, numbers[:EXECUTION])  # nothing is measured while the first of everything is loaded
        starts = [EXECUTION * turn for turn in range(1, size.executions + 1)]
        alone = [execution(ends, numbers[start : start + EXECUTION]) for start in starts]
        rest = numbers[EXECUTION * (size.executions + 1) :]
        figures.add("A.flow.contacts_per_s", sustained(ends, rest), "contacts/s", goal=Goal(value=2_500))
        figures.add("A.flow.execution_s", median(alone), "s", goal=Goal(value=1.0, better="lower"))
        figures.add("A.flow.execution_worst_s", max(alone), "s", better="lower")
        delays = live_delays(ends, rest, size.live_seconds)
        figures.add("A.flow.delay_p50_ms", quantile(delays, 0.5) * 1000, "ms", better="lower")
        goal = Goal(value=2_000, better="lower")
        figures.add("A.flow.delay_p95_ms", quantile(delays, 0.95) * 1000, "ms", goal=goal)


def ordinary(numbers: Sequence[str]) -> list[str]:
    """Without the traps of the practice population: some are refused by the CRM on purpose, and could not be counted
    there by arrival."""
    return [number for place, number in enumerate(numbers) if place % CONTACT_BLOCK > THREE_ADDRESSES]


@contextmanager
def line(hub: Hub, contacts: int) -> Iterator[Line]:
    """The practice servers and the console's processes, each a process of its own."""
    with PracticeCrmProcess(token=CRM_TOKEN) as crm:
        setup = point_at(hub.port, crm.url)
        with (
            running(web_process(hub), *worker_processes()),
            PracticeS360Process(contacts=contacts, contacts_url=setup.contacts_url) as s360,
        ):
            yield Line(s360, crm)


def sustained(ends: Line, numbers: Sequence[str]) -> float:
    """One execution after the other, as an initial import would; the last arrival at the CRM ends the clock."""
    before = upserted(ends)
    ends.s360.flag(numbers)
    began = time.time()
    while ends.s360.execute()["taken"]:
        pass
    return len(numbers) / (arrival_of(ends, before + len(numbers)) - began)


def execution(ends: Line, numbers: Sequence[str]) -> float:
    """Seconds from the first POST of one execution until the CRM holds its last record."""
    before = upserted(ends)
    ends.s360.flag(numbers)
    ends.s360.execute()
    return arrival_of(ends, before + len(numbers)) - ends.s360.first_post_of_last_execution()


def upserted(ends: Line) -> int:
    """Records the CRM was sent and applied, ever."""
    return sum(call["records"] for call in upserts(ends))


def upserts(ends: Line) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = ends.crm.get("calls", face="hubspot", limit="100000")["calls"]
    return [call for call in calls if call["applied_at"] and call["path"].endswith("batch/upsert")]


def arrival_of(ends: Line, count: int) -> float:
    """When the CRM had applied so many records in all. Infinite when they do not come."""
    if not wait_for(lambda: upserted(ends) >= count, seconds=SETTLE_SECONDS, every=0.2):
        return float("inf")
    return max(call["applied_at"] for call in upserts(ends))


def live_delays(ends: Line, numbers: Sequence[str], seconds: float) -> list[float]:
    """Twenty edits a second, posted twice a second: for each record, from its POST until the CRM had applied it."""
    share = LIVE_PER_SECOND // 2
    began, posted = time.monotonic(), []
    for turn in range(round(seconds * 2)):
        changed = [numbers[(turn * share + i) % len(numbers)] for i in range(share)]
        for number in changed:
            ends.s360.edit(number, f"Live {turn}")
        ends.s360.execute()
        posted += [(number, ends.s360.first_post_of_last_execution()) for number in changed]
        time.sleep(max(0.0, began + (turn + 1) / 2 - time.monotonic()))
    time.sleep(2)
    applied_at = {call["number"]: call["applied_at"] for call in upserts(ends)}
    return [delay_of(ends, number, at, applied_at) for number, at in posted]


def delay_of(ends: Line, number: str, posted: float, applied_at: dict[int, float]) -> float:
    """Infinite when the change never reached the CRM."""
    effects = ends.crm.get("ledger", key=number)["effects"]
    times = (applied_at[effect["call"]] for effect in effects if effect["call"] in applied_at)
    return min((at - posted for at in times if at >= posted), default=float("inf"))

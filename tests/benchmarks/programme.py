"""Which groups are measured, in which order: on an empty database, on a full one, then the start of a console."""

import sys
import time
from collections.abc import Callable

import django

django.setup()

from tests.benchmarks import apply, door, flow, ledger, second_start  # noqa: E402 - their models need Django set up
from tests.benchmarks.figures import Figures, Group  # noqa: E402
from tests.benchmarks.hub import empty_tables, make_hub  # noqa: E402
from tests.benchmarks.million import measure_full  # noqa: E402
from tests.benchmarks.size import Size  # noqa: E402

GROUPS: dict[str, Group] = {
    "apply": apply.measure,
    "ledger": ledger.measure,
    "door": door.measure,
    "flow": flow.measure,
}


def run_groups(figures: Figures, size: Size) -> None:
    """Measure what is asked for. What one group leaves behind is gone before the next begins."""
    hub = make_hub()
    for name, measure in GROUPS.items():
        if figures.wants(f"A.{name}") or figures.wants(f"A.million.{name}"):
            _told(name, lambda group=measure: group(figures, hub, size))
            empty_tables()
    if figures.wants("A.million"):
        _told("million", lambda: measure_full(figures, hub, size, GROUPS, figures))
    if figures.wants("A.run"):
        _told("run", lambda: second_start.measure(figures, hub, size))


def _told(name: str, work: Callable[[], None]) -> None:
    began = time.monotonic()
    sys.stderr.write(f"bench: {name} ...\n")
    work()
    sys.stderr.write(f"bench: {name} took {time.monotonic() - began:.0f} s\n")

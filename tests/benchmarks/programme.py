"""Which groups are measured, in which order: on an empty database, then on a full one, then the start of a console."""

import sys
import time
from collections.abc import Callable

import django

django.setup()

from tests.benchmarks import apply, ledger  # noqa: E402
from tests.benchmarks.figures import Figures  # noqa: E402
from tests.benchmarks.hub import Hub, empty_tables, make_hub  # noqa: E402
from tests.benchmarks.size import Size  # noqa: E402

Group = Callable[[Figures, Hub, Size], None]
GROUPS: dict[str, Group] = {"apply": apply.measure, "ledger": ledger.measure}


def run_groups(figures: Figures, *, quick: bool) -> None:
    """Measure what is asked for. What one group leaves behind is gone before the next begins."""
    hub = make_hub()
    for name, measure in GROUPS.items():
        if figures.wants(f"A.{name}"):
            _told(name, lambda: measure(figures, hub, Size.of(quick=quick)))  # noqa: B023 - called at once
            empty_tables()


def _told(name: str, work: Callable[[], None]) -> None:
    began = time.monotonic()
    sys.stderr.write(f"bench: {name} ...")
    sys.stderr.flush()
    work()
    sys.stderr.write(f" {time.monotonic() - began:.0f} s\n")

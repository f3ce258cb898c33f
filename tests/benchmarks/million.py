"""(d) The same measurements with a million contacts stored, each beside its figure on the empty database."""

from collections.abc import Mapping

from tests.benchmarks.figures import WITHIN, Figure, Figures, Goal, Group
from tests.benchmarks.hub import Hub, forget_unfinished
from tests.benchmarks.size import Size
from tests.benchmarks.stored import fill


def measure_full(empty: Figures, hub: Hub, size: Size, groups: Mapping[str, Group], wanted: Figures) -> None:
    """Fill the database, measure each group once more. Only figures with a goal of their own are compared."""
    fill(hub, size.stored_contacts)
    for name, measure in groups.items():
        if wanted.wants(f"A.million.{name}"):
            full = Figures()
            measure(full, hub, size)
            forget_unfinished()
            for figure in full.all():
                if figure.goal:
                    compare(wanted, figure, empty.found(figure.name))


def compare(wanted: Figures, full: Figure, empty: Figure | None) -> None:
    """Within 1.3 times the empty database's figure; a count that has to be zero has to be zero here too."""
    reference = empty.value if empty else None
    goal = (
        Goal(ratio=1 / WITHIN, better=full.better, words=f"within {WITHIN}x of empty")
        if reference
        else Goal(value=0, better=full.better)
    )
    wanted.add(f"A.million{full.name.removeprefix('A')}", full.value, full.unit, reference=reference, goal=goal)

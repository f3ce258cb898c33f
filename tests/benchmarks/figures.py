"""What was measured, what it is compared with, and whether it is what was hoped for."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the result.

    `ratio` compares with `reference` so that more is better. `goal` is in words; `holds` is None where nothing was
    promised.
    """

    name: str
    value: float
    unit: str
    reference: float | None = None
    ratio: float | None = None
    goal: str = ""
    holds: bool | None = None
    better: Better = "higher"

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "better"}


@dataclass(frozen=True, slots=True)
class Goal:
    """`value` at least (or at most, when lower is better), and so many times the reference."""

    value: float | None = None
    ratio: float | None = None
    better: Better = "higher"
    words: str = ""

    def text(self, unit: str) -> str:
        if self.words:
            return self.words
        sign = ">=" if self.better == "higher" else "<="
        wanted = [f"{sign} {_short(self.value)} {unit}"] if self.value is not None else []
        wanted += [f">= {_short(self.ratio)}x the reference"] if self.ratio is not None else []
        return " and ".join(wanted)

    def holds(self, value: float, ratio: float | None) -> bool:
        if not math.isfinite(value):
            return False
        reached = self.value is None or (value >= self.value if self.better == "higher" else value <= self.value)
        return reached and (self.ratio is None or (ratio is not None and ratio >= self.ratio))


WITHIN = 1.3  # how much worse a figure may be with a million contacts stored


class Group(Protocol):
    """Measures one part of the console and adds its figures."""

    def __call__(self, figures: "Figures", hub: Any, size: Any, /) -> None: ...


class Figures:
    """Collects the figures whose names begin with `wanted`."""

    def __init__(self, wanted: str = "") -> None:
        self._wanted = wanted
        self._found: dict[str, Figure] = {}

    def wants(self, group: str) -> bool:
        """Is any figure of this group asked for? `A.door` is wanted by `A`, by `A.door` and by `A.door.p99_ms`."""
        return group.startswith(self._wanted) or self._wanted.startswith(group)

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        reference: float | None = None,
        goal: Goal | None = None,
        better: Better = "higher",
    ) -> None:
        """Keep one figure. `better` says which way is up where there is no goal."""
        direction = goal.better if goal else better
        ratio = _ratio(value, reference, direction)
        holds = goal.holds(value, ratio) if goal else None
        text = goal.text(unit) if goal else ""
        self._found[name] = Figure(
            name, _rounded(value), unit, _rounded(reference), _rounded(ratio), text, holds, direction
        )

    def found(self, name: str) -> Figure | None:
        """A figure measured earlier in this run, asked for or not."""
        return self._found.get(name)

    def all(self) -> Sequence[Figure]:
        return [figure for figure in self._found.values() if figure.name.startswith(self._wanted)]


def _ratio(value: float, reference: float | None, better: Better) -> float | None:
    if reference is None or not value or not reference:
        return None
    return value / reference if better == "higher" else reference / value


def _rounded(value: float | None) -> Any:
    """Three digits that mean something; a figure that could not be measured becomes null, never NaN."""
    if value is None or not math.isfinite(value):
        return None
    return round(value, max(0, 2 - math.floor(math.log10(abs(value))))) if value else 0.0


def _short(value: float | None) -> str:
    return f"{value:,.0f}" if value is not None and value >= 10 else f"{value:g}"

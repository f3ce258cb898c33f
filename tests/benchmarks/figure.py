"""One measured figure, its reference from the same run, and whether the goal holds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`ratio` is value / reference; `goal` reads like ">= 15 x reference" or "<= 100 ms"."""

    name: str
    value: float
    unit: str
    reference: float | None = None
    ratio: float | None = None
    goal: str | None = None
    holds: bool | None = None


def figure(
    name: str,
    value: float,
    unit: str,
    *,
    reference: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    ratio_at_least: float | None = None,
    ratio_at_most: float | None = None,
) -> Figure:
    """A figure with any of four bounds; `holds` is None where there is none."""
    ratio = None if not reference else value / reference
    bounds = [
        (at_least, f">= {at_least:g} {unit}" if at_least is not None else "", lambda bound: value >= bound),
        (at_most, f"<= {at_most:g} {unit}" if at_most is not None else "", lambda bound: value <= bound),
        (ratio_at_least, f">= {ratio_at_least or 0:g} x reference", lambda bound: ratio is not None and ratio >= bound),
        (ratio_at_most, f"<= {ratio_at_most or 0:g} x reference", lambda bound: ratio is not None and ratio <= bound),
    ]
    wanted = [(bound, text, test) for bound, text, test in bounds if bound is not None]
    return Figure(
        name=name,
        value=round(value, 3),
        unit=unit,
        reference=None if reference is None else round(reference, 3),
        ratio=None if ratio is None else round(ratio, 2),
        goal=" and ".join(text for _, text, _ in wanted) or None,
        holds=all(test(bound) for bound, _, test in wanted) if wanted else None,
    )

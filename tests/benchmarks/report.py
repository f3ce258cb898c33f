"""The table a person reads, on stderr; the JSON goes to stdout."""

import os
from collections.abc import Iterable
from typing import TextIO

from tests.benchmarks.figures import Figure


def write_table(figures: Iterable[Figure], out: TextIO) -> None:
    """One line a figure. The load of the machine stands above: with company on it figures are pessimistic."""
    load, cores = os.getloadavg()[0], os.cpu_count()
    out.write(f"\nload {load:.1f} on {cores} cores; ratios are of one run, the larger the better\n\n")
    rows = [("figure", "value", "unit", "reference", "ratio", "goal", "")]
    rows += [_row(figure) for figure in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(7)]
    for row in rows:
        cells = (
            cell.rjust(width) if column in (1, 3, 4) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        out.write("  ".join(cells).rstrip() + "\n")


def _row(figure: Figure) -> tuple[str, ...]:
    held = {None: "", True: "holds", False: "DOES NOT HOLD"}[figure.holds]
    ratio = f"{figure.ratio:g}x" if figure.ratio is not None else ""
    return (figure.name, _number(figure.value), figure.unit, _number(figure.reference), ratio, figure.goal, held)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"

"""Prints one JSON list on stdout and a table on stderr. `python -m tests.benchmarks [PREFIX OF A NAME]`.

Exit code 0 whether or not a goal holds; 1 when a measurement could not be made.
"""

import importlib
import json
import os
import pkgutil
import sys
import traceback
from collections.abc import Iterator
from dataclasses import asdict
from types import ModuleType

import django
from django.core.management import call_command

import tests.benchmarks
from config.embedded.throw_away import throw_away_services
from tests.benchmarks.figure import Figure


def main(prefix: str) -> int:
    failures = 0
    figures: list[Figure] = []
    with throw_away_services(durable=True) as given:
        os.environ.update(
            {"DJANGO_SETTINGS_MODULE": "config.settings", "HTTPS_ONLY": "false", "ALLOW_PRIVATE_HOSTS": "true"}
        )
        os.environ.update(given)
        os.environ.setdefault("LOG_LEVEL", "ERROR")
        django.setup()
        call_command("migrate", interactive=False, verbosity=0)
        for module in chosen(prefix):
            print(f"measuring {', '.join(module.NAMES)} ...", file=sys.stderr, flush=True)
            try:
                figures += [found for found in module.measure() if found.name.startswith(prefix)]
            except Exception:  # noqa: BLE001 - the other measurements go on, and the exit code tells
                traceback.print_exc()
                failures += 1
    print(json.dumps([asdict(found) for found in figures], indent=1))
    print(table(figures), file=sys.stderr)
    return 1 if failures else 0


def chosen(prefix: str) -> Iterator[ModuleType]:
    for found in sorted(pkgutil.iter_modules(tests.benchmarks.__path__), key=lambda module: module.name):
        if found.name.startswith("bench_"):
            module = importlib.import_module(f"tests.benchmarks.{found.name}")
            if any(name.startswith(prefix) or prefix.startswith(name) for name in module.NAMES):
                yield module


def table(figures: list[Figure]) -> str:
    heads = ("figure", "value", "unit", "reference", "ratio", "goal", "holds")
    rows = [tuple(_shown(value) for value in asdict(found).values()) for found in figures]
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (heads, *rows)]
    return "\n".join(line.rstrip() for line in lines)


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))

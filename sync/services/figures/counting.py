"""Counting without reading everything: each count stops at a cap, a whole table's size comes from statistics."""

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection, models

from sync.services.figures.shapes import Count

CAP: Final = 10_000  # above this an operator does not care for the last digit


def rows(statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of a bounded statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def capped(found: int, *, cap: int = CAP) -> Count:
    """The count found by a statement with LIMIT cap + 1."""
    return Count(min(found, cap), is_floor=found > cap)


def size_of(model: type[models.Model]) -> Count:
    """How many rows a table holds: exact while small, PostgreSQL's estimate when large."""
    table = connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001  Django's documented door to a model's table
    [(found,)] = rows(f"SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT {CAP + 1}) x")  # noqa: S608  no input in it
    if found <= CAP:
        return Count(found)
    [(estimate,)] = rows("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
    return Count(round(estimate, -3), is_estimate=True) if estimate > CAP else Count(CAP, is_floor=True)

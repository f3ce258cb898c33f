"""The fast road to PostgreSQL for set-based statements: psycopg's own cursor on Django's connection.

Django's cursor binds on the client and copies every value into the statement's text; binary arrays through the server's
binding cost a fifth. Statements run in whatever transaction Django has open on that connection.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
import psycopg
from django.db import connection
from psycopg.rows import dict_row, namedtuple_row, tuple_row
from psycopg.types.json import set_json_loads

__all__ = ["columns", "dict_row", "dumps", "fast_cursor", "namedtuple_row", "one_row", "run", "tuple_row"]


@contextmanager
def fast_cursor(row_factory: Any = tuple_row) -> Iterator[psycopg.Cursor[Any]]:
    """A server-binding cursor in Django's current transaction; JSON columns are read with orjson."""
    connection.ensure_connection()
    raw = connection.connection
    with connection.wrap_database_errors, psycopg.Cursor(raw, row_factory=row_factory) as cursor:
        set_json_loads(orjson.loads, cursor)
        yield cursor


def run(
    cursor: psycopg.Cursor[Any], statement: str, parameters: Sequence[Any] | dict[str, Any] = ()
) -> psycopg.Cursor[Any]:
    """Execute a hot statement as a prepared one: its text is a constant of ours, so the plan is worth keeping."""
    return cursor.execute(statement, parameters, prepare=True)


def one_row(cursor: psycopg.Cursor[Any]) -> Any:
    """The row that a statement with RETURNING or an aggregate always has. Raises LookupError when it has none."""
    row = cursor.fetchone()
    if row is None:
        raise LookupError("the statement returned no row")
    return row


def columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows turned into `width` columns for `unnest`; an empty list of rows gives empty columns."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def dumps(value: Any) -> str:
    """JSON text for a `text[]` column that the statement casts to jsonb."""
    return orjson.dumps(value).decode()

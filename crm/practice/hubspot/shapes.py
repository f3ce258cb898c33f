"""A record as HubSpot shows it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from crm.practice.record import Record, Source
from crm.practice.table import Table

CREATED = {"contacts": "createdate", "orders": "hs_createdate"}
MODIFIED = {"contacts": "lastmodifieddate", "orders": "hs_lastmodifieddate"}
DEFAULTS = {"contacts": ("email", "firstname", "lastname"), "orders": ("hs_order_name", "hs_external_order_id")}


@lru_cache(maxsize=1024)
def iso(at: int) -> str:
    """Epoch milliseconds as 2026-11-21T10:00:00.123Z."""
    moment = datetime.fromtimestamp(at // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def text(value: Any) -> str | None:
    """Every property value is a string here, whatever the other face stored."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(map(str, value))
    return str(value)


def selected(table: Table, record: Record, names: Iterable[str], values: dict[str, Any]) -> dict[str, Any]:
    """Asked-for properties (null where empty) with the read-only ones every record has."""
    own = {
        "hs_object_id": str(record.id),
        CREATED[table.name]: iso(record.created),
        MODIFIED[table.name]: iso(record.modified),
    }
    return {**{name: text(values.get(name)) for name in names}, **own}


def shown(table: Table, record: Record, names: Iterable[str]) -> dict[str, Any]:
    return {
        "id": str(record.id),
        "properties": selected(table, record, names or DEFAULTS[table.name], record.properties()),
        "createdAt": iso(record.created),
        "updatedAt": iso(record.modified),
        "archived": record.archived,
    }


def history(record: Record, names: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    return {name: [_entry(*each) for each in record.history(name)] for name in names}


def _entry(value: Any, at: int, source: Source) -> dict[str, Any]:
    entry = {
        "value": text(value),
        "timestamp": iso(at),
        "sourceType": source.type,
        "sourceId": source.id,
        "sourceLabel": source.label,
    }
    return {**entry, "updatedByUserId": source.user_id} if source.user_id else entry

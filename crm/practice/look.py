"""Records as plain dictionaries, for tests, the control API and the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm.practice.record import Record
from crm.practice.table import Table

if TYPE_CHECKING:
    from crm.practice.core import Core


def plain(core: Core, table: Table, record: Record) -> dict[str, Any]:
    """id (text) and properties by HubSpot's names; orders also contact_id and contact_number of the linked contact."""
    values = {"id": str(record.id), **record.properties()}
    if table.name == "contacts":
        return values
    contact = core.store.contacts.rows.get(record.contact_id)
    number = core.store.contacts.key_of(contact) if contact else None
    return {**values, "contact_id": str(record.contact_id) if record.contact_id else None, "contact_number": number}


def find_records(core: Core, entity: str, limit: int, *, text: str = "", key: str = "") -> list[dict[str, Any]]:
    """By exact key, or by a piece of any value; the newest first."""
    table = core.store.table(entity)
    with core.store.lock:
        if key:
            found = [table.rows[each] for each in table.indexes[table.key_property].find(key)]
        else:
            found = search_records(core, entity, limit, text)
        return [plain(core, table, each) for each in found[:limit]]


def search_records(core: Core, entity: str, limit: int, text: str) -> list[Record]:
    """By a piece of any value, the one changed last first; to be called under the store's lock."""
    return _holding(core.store.table(entity), text.strip().lower(), limit)


def _holding(table: Table, piece: str, limit: int) -> list[Record]:
    """A walk over the raw documents, a closer look at those that hold the piece: bearable over a million contacts."""
    found: list[Record] = []
    raw = piece.encode()
    for record in table.latest_first():
        if not piece or (raw in record.blob.lower() and _in_a_value(record, piece)) or piece == str(record.id):
            found.append(record)
            if len(found) >= limit:
                break
    return found


def _in_a_value(record: Record, piece: str) -> bool:
    return any(piece in str(value).lower() for value in record.properties().values())

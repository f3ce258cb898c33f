"""The ties between our records and the CRM's ids, read and written set-based."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import psycopg

from sync.models import Entity
from sync.services.sql import columns, run

COLUMNS = {Entity.CONTACT: "contact_id", Entity.ORDER: "order_id"}
# `+ 0`: by record, always. A young table's statistics would let PostgreSQL read every binding of the connection.
FIND = {
    entity: f"SELECT {column}, remote_id FROM crm_binding WHERE connection_id + 0 = %b AND {column} = ANY(%b::bigint[])"  # noqa: S608 - our own constants
    for entity, column in COLUMNS.items()
}
# A CRM id that another of our records already holds (two S-360 contacts, one CRM record) stays with the first holder:
# the row is left out and reported, never stolen. `OFFSET 0`: looked up row by row, never by reading all of them.
SAVE = {
    entity: f"""
INSERT INTO crm_binding (connection_id, entity, {column}, remote_id, remote_version, created_at)
SELECT %b, '{entity}', x.record_id, x.remote_id, x.version, clock_timestamp()
  FROM unnest(%b::bigint[], %b::text[], %b::text[]) AS x(record_id, remote_id, version)
 WHERE NOT EXISTS (SELECT 1 FROM crm_binding o WHERE o.connection_id = %b AND o.entity = '{entity}'
                      AND o.remote_id = x.remote_id AND o.{column} <> x.record_id OFFSET 0)
ON CONFLICT ({column}, connection_id)
DO UPDATE SET remote_id = EXCLUDED.remote_id, remote_version = EXCLUDED.remote_version
        WHERE crm_binding.remote_id <> EXCLUDED.remote_id
"""  # noqa: S608 - our own constants
    for entity, column in COLUMNS.items()
}

Tie = tuple[int, str, str]  # record id, the CRM's id, the CRM's version


def find_bindings(
    cursor: psycopg.Cursor[Any], connection_id: int, entity: Entity, record_ids: Collection[int]
) -> Mapping[int, str]:
    """Record id -> the CRM's id, for those that have one."""
    if not record_ids:
        return {}
    return {row[0]: row[1] for row in run(cursor, FIND[entity], (connection_id, list(record_ids))).fetchall()}


def save_bindings(cursor: psycopg.Cursor[Any], connection_id: int, entity: Entity, ties: Sequence[Tie]) -> None:
    """Remember the CRM's ids, in the transaction that settles their entries. Safe to repeat."""
    if ties:
        run(cursor, SAVE[entity], (connection_id, *columns(ties, 3), connection_id))

"""Takes due entries for sending, with the record as it is now, and commits the intent before anything leaves.

Paying a batch CRM takes, plans and commits in one transaction (`waiting` -> `sending`): planning is pure and short, so
the row locks do the claiming and a worker that dies before the commit leaves no trace. A target that makes us wait for
a permit claims first (`waiting` -> `claimed`) so that no transaction is open meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from django.conf import settings

from sync.models import Entity, Target
from sync.services.sql import columns, dumps, fast_cursor, namedtuple_row, run

TABLES: Final = {Entity.CONTACT: ("sync_contact", "contact_id"), Entity.ORDER: ("sync_order", "order_id")}

# `OFFSET 0` and `state || ''` keep PostgreSQL from reading all entries of a state where a hundred ids are given: how
# many there are of a state changes with every batch, so what it believes of that is always of a moment ago.
LOCK_DUE = """
SELECT e.id AS entry_id, e.institution_id, e.attempt_count, e.first_failed_at, e.{column} AS record_id, r.{key}::text
    AS key,
       r.s360_view, r.crm_view, r.agreed, r.lifecycle, r.frozen_at IS NOT NULL AS is_frozen, r.is_in_crm, {extra}
  FROM (SELECT id, institution_id, attempt_count, first_failed_at, {column}, lane, due_at FROM sync_outboxentry w
         WHERE target = %b AND entity = '{entity}' AND state = 'waiting' AND waits_for = ''
           AND due_at <= statement_timestamp() AND institution_id = ANY(%b::int[])
           AND NOT EXISTS (SELECT 1 FROM sync_outboxentry f WHERE f.{column} = w.{column} AND f.target = w.target
                              AND f.state IN ('claimed', 'sending', 'uncertain') OFFSET 0)
         ORDER BY lane, due_at, id LIMIT %b FOR UPDATE SKIP LOCKED) e
  JOIN {table} r ON r.id = e.{column}
"""
EXTRA = {
    Entity.CONTACT: "NULL::bigint AS contact_id, ''::text AS contact_number",
    Entity.ORDER: "r.contact_id, r.contact_number",
}
KEY = {Entity.CONTACT: "contact_number", Entity.ORDER: "order_id"}
LOCKS = {
    entity: LOCK_DUE.format(table=table, column=column, entity=entity, key=KEY[entity], extra=EXTRA[entity])
    for entity, (table, column) in TABLES.items()
}
HAS_DUE = """
SELECT 1 FROM sync_outboxentry WHERE target = %b AND entity = %b AND state = 'waiting' AND waits_for = ''
   AND due_at <= statement_timestamp() AND institution_id = ANY(%b::int[]) LIMIT 1
"""
BEGIN = """
WITH attempt AS (
    INSERT INTO sync_attempt (institution_id, target, connection_id, entity, verb, record_count, failed_count,
                              started_at, outcome, code, message, request_id)
    VALUES (NULL, %b, %b, %b, %b, %b, 0, clock_timestamp(), 'open', '', '', '') RETURNING id
)
UPDATE sync_outboxentry e
   SET state = 'sending', owner = %b, attempt_id = attempt.id, attempt_count = e.attempt_count + 1,
       intent = x.intent::jsonb, cause_id = NULL, message = '',
       lease_until = clock_timestamp() + make_interval(secs => %b)
  FROM attempt, unnest(%b::bigint[], %b::text[]) AS x(id, intent)
 WHERE e.id = x.id AND (e.state || '' = 'waiting' OR (e.state || '' = 'claimed' AND e.owner = %b))
RETURNING e.attempt_id
"""
CLAIM = """
UPDATE sync_outboxentry
   SET state = 'claimed', owner = %b, attempt_id = NULL, lease_until = clock_timestamp() + make_interval(secs => %b)
 WHERE id = ANY(%b::bigint[]) AND state || '' = 'waiting'
"""


class EntryGoneError(Exception):
    """An entry changed hands between taking and committing the intent; nothing was sent."""


@dataclass(frozen=True, slots=True)
class DueEntry:
    """A due entry with its record as the database shows it now. `key` is the contact number or order id as text."""

    entry_id: int
    institution_id: int
    attempt_count: int
    first_failed_at: datetime | None
    record_id: int
    key: str | None
    s360_view: dict[str, Any]
    crm_view: dict[str, Any]
    agreed: dict[str, Any]
    lifecycle: str
    is_frozen: bool
    is_in_crm: bool
    contact_id: int | None
    contact_number: str


def lock_due(
    cursor: psycopg.Cursor[Any], *, target: Target, entity: Entity, institution_ids: Sequence[int], limit: int
) -> list[DueEntry]:
    """Lock up to `limit` due entries until the end of the transaction; locked ones are skipped, so workers never
    queue up."""
    cursor.row_factory = namedtuple_row
    rows = run(cursor, LOCKS[entity], (str(target), list(institution_ids), limit)).fetchall()
    return [DueEntry(*row) for row in rows]


def has_due(target: Target, entity: Entity, institution_ids: Sequence[int]) -> bool:
    """Is anything due for these institutions? Two senders may both hear yes; `lock_due` decides."""
    with fast_cursor() as cursor:
        return run(cursor, HAS_DUE, (str(target), str(entity), list(institution_ids))).fetchone() is not None


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, where to: named in the attempt and in every guard."""

    owner: str
    target: Target
    entity: Entity
    connection_id: int | None = None
    verb: str = "upsert"


def begin_attempt(cursor: psycopg.Cursor[Any], sender: Sender, intents: Mapping[int, Mapping[str, Any]]) -> int:
    """Write the intent (entry id -> canonical fields being sent) and return the attempt's id. Commit before sending.

    Raises EntryGoneError when an entry is no longer ours. Not safe to repeat: each call is one attempt.
    """
    target = (str(sender.target), sender.connection_id, str(sender.entity), sender.verb, len(intents))
    rows = columns([(entry_id, dumps(intent)) for entry_id, intent in intents.items()], 2)
    begun = run(cursor, BEGIN, (*target, sender.owner, settings.SEND_LEASE_SECONDS, *rows, sender.owner)).fetchall()
    if len(begun) != len(intents):
        raise EntryGoneError
    return int(begun[0][0])


def claim_entries(cursor: psycopg.Cursor[Any], sender: Sender, entry_ids: Sequence[int]) -> None:
    """Claim locked entries that will not be sent: they are settled in a transaction of their own, record lock first."""
    if run(cursor, CLAIM, (sender.owner, settings.SEND_LEASE_SECONDS, list(entry_ids))).rowcount != len(entry_ids):
        raise EntryGoneError

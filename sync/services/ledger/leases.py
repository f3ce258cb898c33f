"""Gives back what dead workers held. A send whose outcome nobody wrote down is uncertain: it is read, never resent."""

from typing import Any, Final

import psycopg

from sync.models import Entity, EventKind, Target
from sync.services.events import Event, write_events
from sync.services.sql import fast_cursor, run

SWEEP_LIMIT: Final = 5000
EXPIRE = """
WITH over AS (
    SELECT id FROM sync_outboxentry WHERE state IN ('claimed', 'sending') AND lease_until < clock_timestamp()
     ORDER BY lease_until LIMIT %b FOR UPDATE SKIP LOCKED
)
UPDATE sync_outboxentry e
   SET state = CASE e.state WHEN 'sending' THEN 'uncertain' ELSE 'waiting' END, owner = '',
       lease_until = CASE e.state WHEN 'sending' THEN clock_timestamp() END,
       message = CASE e.state WHEN 'sending' THEN 'The worker died before it wrote down the answer.' ELSE '' END
  FROM over WHERE e.id = over.id
RETURNING e.id, e.institution_id, e.entity, e.contact_id, e.order_id, e.target, e.attempt_id, e.state
"""
CLOSE_ATTEMPTS = """
UPDATE sync_attempt SET outcome = 'unknown', ended_at = clock_timestamp(), message = 'The worker died during the call.'
 WHERE id = ANY(%b::bigint[]) AND outcome = 'open'
"""


def expire_leases() -> int:
    """Returns how many entries were given back. The lease was longer than any call, so the call is over. Safe to
    repeat."""
    with fast_cursor() as cursor:
        rows = run(cursor, EXPIRE, (SWEEP_LIMIT,)).fetchall()
        if rows:
            _tell(cursor, rows)
            run(cursor, CLOSE_ATTEMPTS, ([row[6] for row in rows if row[6] is not None],))
    return len(rows)


def _tell(cursor: psycopg.Cursor[Any], rows: list[tuple[Any, ...]]) -> None:
    reason = {"reason": "The worker died before it wrote down the answer."}
    write_events(
        cursor,
        [
            Event(
                institution_id,
                EventKind.UNCERTAIN,
                contact_id=contact_id if entity == Entity.CONTACT else None,
                order_id=order_id,
                target=Target(target),
                entry_id=entry_id,
                attempt_id=attempt_id,
                detail=reason,
            )
            for entry_id, institution_id, entity, contact_id, order_id, target, attempt_id, state in rows
            if state == "uncertain"
        ],
    )

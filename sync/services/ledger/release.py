"""Orders that waited for their contact free themselves."""

from collections.abc import Sequence
from typing import Any, Final

import psycopg
from django.db import transaction

from sync.models import EventKind, Target
from sync.services.events import Event, write_events
from sync.services.nudge import nudge_after_commit
from sync.services.sql import fast_cursor, run

SWEEP_LIMIT: Final = 1000

# Skips entries a sender holds at this moment: waiting for them here could be a deadlock, and the sweep comes by soon.
RELEASE = """
WITH free AS (
    SELECT e.id FROM sync_outboxentry e JOIN sync_order o ON o.id = e.order_id
     WHERE e.state = 'waiting' AND e.waits_for = 'contact' AND o.contact_id = ANY(%b::bigint[])
       FOR UPDATE OF e SKIP LOCKED
)
UPDATE sync_outboxentry e SET waits_for = '', due_at = clock_timestamp() FROM free WHERE e.id = free.id
RETURNING e.id, e.institution_id, e.order_id
"""
# A contact that arrived in the moment its order was stored: neither transaction saw the other.
LINK = """
UPDATE sync_order o SET contact_id = c.id
  FROM (SELECT id, institution_id, contact_number FROM sync_order
         WHERE contact_id IS NULL AND contact_number <> '' LIMIT %b) AS lost
  JOIN sync_contact c ON c.institution_id = lost.institution_id AND c.contact_number = lost.contact_number
 WHERE o.id = lost.id AND o.contact_id IS NULL
"""
FREE_CONTACTS = """
SELECT DISTINCT o.contact_id FROM sync_outboxentry e JOIN sync_order o ON o.id = e.order_id
  JOIN sync_contact c ON c.id = o.contact_id AND c.is_in_crm
 WHERE e.state = 'waiting' AND e.waits_for = 'contact' LIMIT %b
"""


def release_orders_of(cursor: psycopg.Cursor[Any], contact_ids: Sequence[int]) -> int:
    """Make the waiting orders of these contacts due, in the caller's transaction. Returns how many; safe to repeat."""
    rows = run(cursor, RELEASE, (list(contact_ids),)).fetchall()
    reason = {"reason": "Its contact is in the CRM now."}
    write_events(
        cursor,
        [
            Event(inst, EventKind.RELEASED, order_id=order, target=Target.CRM, entry_id=id_, detail=reason)
            for id_, inst, order in rows
        ],
    )
    return len(rows)


def release_what_can_go() -> int:
    """The sweep: link orders that missed their contact, and free those whose contact is in the CRM. Safe to repeat."""
    with transaction.atomic(), fast_cursor() as cursor:
        run(cursor, LINK, (SWEEP_LIMIT,))
        contacts = [row[0] for row in run(cursor, FREE_CONTACTS, (SWEEP_LIMIT,)).fetchall()]
        freed = release_orders_of(cursor, contacts) if contacts else 0
        if freed:
            nudge_after_commit("push")
    return freed

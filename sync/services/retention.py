"""How long each kind of row is kept. Small batches, so that no lock lasts; what is still being worked on stays.

A parked record outlives the body it came in: it can then no longer be read again, only dismissed, and says so.
"""

import time
from typing import Final

from django.conf import settings
from django.db import transaction

from sync.services.sql import fast_cursor, run

PIECE: Final = 1000
SLICE_SECONDS: Final = 20.0  # then the next hour goes on

EMPTY_BODIES = """
WITH old AS (
    SELECT id FROM sync_delivery
     WHERE received_at < clock_timestamp() - make_interval(days => %b) AND length(body) > 0
       AND state IN ('settled', 'refused') ORDER BY received_at LIMIT %b FOR UPDATE SKIP LOCKED
)
UPDATE sync_delivery d SET body = '' FROM old WHERE d.id = old.id
"""
DELIVERIES = """
WITH old AS (
    SELECT d.id FROM sync_delivery d
     WHERE d.received_at < clock_timestamp() - make_interval(days => %b) AND length(d.body) = 0
       AND NOT EXISTS (SELECT 1 FROM sync_deliveryrecord r WHERE r.delivery_id = d.id AND r.state <> 'settled')
     ORDER BY d.received_at LIMIT %b FOR UPDATE SKIP LOCKED
), records AS (
    DELETE FROM sync_deliveryrecord r USING old WHERE r.delivery_id = old.id
)
DELETE FROM sync_delivery d USING old WHERE d.id = old.id
"""
# A parked entry still shows the attempt that parked it, a delivery with parked records its run.
UNUSED_ATTEMPT = (
    "AND outcome <> 'open' AND NOT EXISTS (SELECT 1 FROM sync_outboxentry e WHERE e.attempt_id = sync_attempt.id)"
)
UNUSED_RUN = "AND NOT EXISTS (SELECT 1 FROM sync_delivery d WHERE d.run_id = sync_syncrun.id)"
BY_TIME = """
WITH old AS (
    SELECT id FROM {table} WHERE {column} < clock_timestamp() - make_interval(days => %b) {further}
     ORDER BY {column} LIMIT %b FOR UPDATE SKIP LOCKED
)
DELETE FROM {table} t USING old WHERE t.id = old.id
"""


def _by_time(table: str, column: str, further: str = "") -> str:
    return BY_TIME.format(table=table, column=column, further=further)


# Statement -> the setting that says how many days.
RULES: Final = (
    (EMPTY_BODIES, "RETENTION_BODY_DAYS"),
    (DELIVERIES, "RETENTION_BODY_DAYS"),
    (_by_time("sync_outboxentry", "settled_at", "AND state = 'settled'"), "RETENTION_ENTRY_DAYS"),
    (_by_time("sync_attempt", "started_at", UNUSED_ATTEMPT), "RETENTION_ATTEMPT_DAYS"),
    (_by_time("sync_recordevent", "at"), "RETENTION_EVENT_DAYS"),
    (_by_time("sync_syncrun", "started_at", UNUSED_RUN), "RETENTION_EVENT_DAYS"),
    (_by_time("sync_operatoraction", "at"), "RETENTION_AUDIT_DAYS"),
    (_by_time("sync_pacecall", "at"), "PACE_CALL_DAYS"),
)


def remove_old_rows(*, seconds: float = SLICE_SECONDS) -> int:
    """Remove what its retention has ended for, for at most this long. Returns the rows touched. Safe to repeat."""
    ends_at = time.monotonic() + seconds
    total = 0
    for statement, setting in RULES:
        days = int(getattr(settings, setting))
        while time.monotonic() < ends_at:
            with transaction.atomic(), fast_cursor() as cursor:
                touched = run(cursor, statement, (days, PIECE)).rowcount
            total += touched
            if touched < PIECE:
                break
    return total

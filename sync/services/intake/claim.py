"""Takes waiting deliveries for a while: one statement, a lease on the database's clock, oldest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from django.conf import settings
from django.db import transaction

from sync.services.intake.runs import assign_runs
from sync.services.sql import fast_cursor, namedtuple_row, run

CLAIM_DELIVERIES: Final = 10  # one S-360 execution is at most 10 arrays of 50

# Of those whose worker died before only the oldest: should it kill this worker too, it must not take others along.
CLAIM = """
WITH due AS (
    SELECT id, crash_count FROM sync_delivery WHERE state = 'waiting' ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
)
UPDATE sync_delivery d
   SET state = 'claimed', owner = %s, lease_until = clock_timestamp() + make_interval(secs => %s)
  FROM due
 WHERE d.id = due.id AND (due.crash_count = 0 OR due.id = (SELECT min(id) FROM due WHERE crash_count > 0))
RETURNING d.id, d.endpoint_id, d.institution_id, d.stream, d.body, d.digest, d.received_at, d.record_count,
    d.crash_count, d.run_id, d.rejected_count
"""
# A worker that died comes back as one crash more; see `careful` for what three of them mean.
RECLAIM = """
UPDATE sync_delivery SET state = 'waiting', owner = '', lease_until = NULL, crash_count = crash_count + 1
 WHERE state = 'claimed' AND lease_until < clock_timestamp()
"""


@dataclass(slots=True)
class ClaimedDelivery:
    """A delivery in our hands until its lease ends. `body` is the request's bytes as they came."""

    id: int
    endpoint_id: int
    institution_id: int
    stream: str
    body: bytes
    digest: bytes
    received_at: datetime
    record_count: int
    crash_count: int
    run_id: int | None
    rejected_count: int


def claim_deliveries(owner: str, *, limit: int = CLAIM_DELIVERIES) -> list[ClaimedDelivery]:
    """Claim up to `limit` waiting deliveries in order of arrival, each assigned to its run; committed before returning.

    Safe to repeat: what is claimed is not offered again until its lease has ended.
    """
    with transaction.atomic(), fast_cursor(namedtuple_row) as cursor:
        rows = run(cursor, CLAIM, (limit, owner, settings.APPLY_LEASE_SECONDS)).fetchall()
        claimed = [ClaimedDelivery(*row) for row in sorted(rows)]
        _assign(cursor, claimed)
    return claimed


def _assign(cursor: psycopg.Cursor[Any], claimed: list[ClaimedDelivery]) -> None:
    fresh = [delivery for delivery in claimed if delivery.run_id is None]
    runs = assign_runs(
        cursor, [(d.id, d.endpoint_id, d.institution_id, d.stream, d.received_at, d.record_count) for d in fresh]
    )
    for delivery in fresh:
        delivery.run_id = runs[delivery.id]


def reclaim_expired_deliveries() -> int:
    """Give back what dead workers held. Returns how many; safe to repeat."""
    with fast_cursor() as cursor:
        return run(cursor, RECLAIM).rowcount


def has_waiting_deliveries() -> bool:
    """Is there anything to claim?"""
    with fast_cursor() as cursor:
        return run(cursor, "SELECT 1 FROM sync_delivery WHERE state = 'waiting' LIMIT 1").fetchone() is not None

"""Reads parked delivery records again from their stored body, under today's settings; or dismisses them for good."""

from collections.abc import Collection, Sequence
from typing import Any, Final

import psycopg
from django.db import transaction

from sync.models import Cause
from sync.services.audit import note_action
from sync.services.nudge import nudge_after_commit
from sync.services.requeue_report import RequeueReport
from sync.services.sql import fast_cursor, run

PIECE: Final = 5000

# The run counted them as errors; they count again when they settle.
RECORDS = """
WITH chosen AS (
    SELECT r.id, r.delivery_id, r.outcome FROM sync_deliveryrecord r JOIN sync_delivery d ON d.id = r.delivery_id
     WHERE {which} AND r.state = 'parked' AND length(d.body) > 0 ORDER BY r.id LIMIT %b FOR UPDATE OF r SKIP LOCKED
), moved AS (
    UPDATE sync_deliveryrecord r
       SET state = 'waiting', outcome = '', cause_id = NULL, problem_field = '', problem_value = '', problem = '',
           settled_at = NULL, crash_count = 0, is_confirmed = %b
      FROM chosen WHERE r.id = chosen.id
    RETURNING r.id, r.delivery_id, chosen.outcome
), reopened AS (
    UPDATE sync_delivery d SET state = 'waiting', crash_count = 0
      FROM (SELECT DISTINCT delivery_id FROM moved) m WHERE d.id = m.delivery_id AND d.state = 'settled'
    RETURNING d.id
)
SELECT m.id, d.run_id, m.outcome FROM moved m JOIN sync_delivery d ON d.id = m.delivery_id
"""
RECORDS_BY_ID = RECORDS.format(which="r.id = ANY(%b::bigint[])")
RECORDS_BY_CAUSE = RECORDS.format(which="r.cause_id = %b")
UNCOUNT = """
UPDATE sync_syncrun r SET error_count = greatest(0, r.error_count - x.failed), timeout_count = greatest(0,
    r.timeout_count - x.died)
  FROM (SELECT run_id, count(*) FILTER (WHERE outcome <> 'failed') AS failed, count(*) FILTER (WHERE outcome =
      'failed') AS died
          FROM unnest(%b::bigint[], %b::text[]) AS u(run_id, outcome) WHERE run_id IS NOT NULL GROUP BY run_id) AS x
 WHERE r.id = x.run_id
"""
DISMISS = """
UPDATE sync_deliveryrecord SET outcome = 'dismissed', state = 'settled', cause_id = NULL, settled_at = clock_timestamp()
 WHERE id = ANY(%b::bigint[]) AND state = 'parked'
"""


def requeue_records(
    record_ids: Collection[int], actor: str, reason: str = "", *, confirm: bool = False, key: str | None = None
) -> RequeueReport:
    """Read these parked delivery records again from their stored body, under today's settings.

    `confirm`: an operator vouches for a held record; it is applied although newer deliveries may have come. Without it
    a record older than what we hold settles as stale. Records whose body retention has removed are left alone.
    """
    ids = sorted(set(record_ids))
    with transaction.atomic(), fast_cursor() as cursor:
        verb = "confirm_records" if confirm else "requeue_records"
        note_action(actor, verb, f"{len(ids)} delivery records", reason=reason, before={"ids": ids[:100]}, key=key)
        rows = run(cursor, RECORDS_BY_ID, (ids, len(ids), confirm)).fetchall()
        _uncount(cursor, rows)
        nudge_after_commit("apply")
    return RequeueReport(len(rows), len(ids) - len(rows))


def requeue_records_of_cause(cause: Cause, actor: str, reason: str = "") -> int:
    """Every delivery record parked under a cause, in pieces. Returns how many went back to work."""
    total = 0
    while True:
        with transaction.atomic(), fast_cursor() as cursor:
            rows = run(cursor, RECORDS_BY_CAUSE, (cause.pk, PIECE, False)).fetchall()
            _uncount(cursor, rows)
            nudge_after_commit("apply")
        total += len(rows)
        if len(rows) < PIECE:
            return total


def dismiss_records(record_ids: Collection[int], actor: str, reason: str, *, key: str | None = None) -> RequeueReport:
    """Decide that these parked records are not to be applied, ever; the reason is kept. Raises AlreadyDoneError."""
    ids = sorted(set(record_ids))
    with transaction.atomic(), fast_cursor() as cursor:
        note_action(
            actor, "dismiss_records", f"{len(ids)} delivery records", reason=reason, before={"ids": ids[:100]}, key=key
        )
        dismissed = run(cursor, DISMISS, (ids,)).rowcount
    return RequeueReport(dismissed, len(ids) - dismissed)


def _uncount(cursor: psycopg.Cursor[Any], rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        run(cursor, UNCOUNT, ([row[1] for row in rows], [row[2] for row in rows]))

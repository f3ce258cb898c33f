"""Writes how each delivery record ended, and counts it in its run, in the transaction that applied it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import psycopg

from sync.models import RecordOutcome, RecordState
from sync.services.intake.batch import LeaseLostError
from sync.services.intake.read import Work
from sync.services.sql import columns, run

RECORDS = """
UPDATE sync_deliveryrecord d
   SET state = x.state, outcome = x.outcome, problem_field = x.field, problem_value = x.value, problem = x.problem,
       warning = x.warning, cause_id = x.cause_id, settled_at = clock_timestamp()
  FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bigint[])
       AS x(id, state, outcome, field, value, problem, warning, cause_id)
 WHERE d.id = x.id AND d.state = 'waiting'
"""
# What the door had parked counts as an error of the run, once: when its delivery settles for the first time.
DELIVERIES = """
UPDATE sync_delivery d
   SET state = 'settled', owner = '', lease_until = NULL, settled_at = coalesce(d.settled_at, clock_timestamp())
  FROM (SELECT b.id, b.settled_at FROM sync_delivery b WHERE b.id = ANY(%b::bigint[])) AS before
 WHERE d.id = before.id AND d.owner = %b AND d.state = 'claimed'
   AND NOT EXISTS (SELECT 1 FROM sync_deliveryrecord r WHERE r.delivery_id = d.id AND r.state = 'waiting')
RETURNING d.run_id, CASE WHEN before.settled_at IS NULL THEN d.rejected_count ELSE 0 END
"""
RUNS = """
UPDATE sync_syncrun r
   SET succeeded_count = r.succeeded_count + x.succeeded, warning_count = r.warning_count + x.warned,
       error_count = r.error_count + x.failed, timeout_count = r.timeout_count + x.timed_out
  FROM unnest(%b::bigint[], %b::int[], %b::int[], %b::int[], %b::int[]) AS x(id, succeeded, warned, failed, timed_out)
 WHERE r.id = x.id
"""


def settle_records(cursor: psycopg.Cursor[Any], works: Sequence[Work[Any]], owner: str) -> None:
    """Write the outcomes; deliveries with nothing left waiting are settled. Raises LeaseLostError when they are not
    ours."""
    updated = run(cursor, RECORDS, columns([_row(work) for work in works], 8)).rowcount
    if updated != len(works):
        raise LeaseLostError
    counters: Counter[tuple[int, int]] = Counter()
    for work in works:
        if work.run_id is not None:
            counters[work.run_id, _column(work)] += 1
    settle_deliveries(cursor, sorted({work.delivery_id for work in works}), owner, counters)


def settle_deliveries(
    cursor: psycopg.Cursor[Any], delivery_ids: list[int], owner: str, counters: Counter[tuple[int, int]] | None = None
) -> None:
    """Settle what has nothing waiting any more, and add the counters to their runs (the last lock we take)."""
    totals = counters if counters is not None else Counter()
    for run_id, rejected in run(cursor, DELIVERIES, (delivery_ids, owner)).fetchall():
        if run_id is not None and rejected:
            totals[run_id, ERRORS] += rejected
    runs = sorted({run_id for run_id, _ in totals})
    if runs:
        run(cursor, RUNS, columns([(run_id, *(totals[run_id, column] for column in range(4))) for run_id in runs], 5))


SUCCESSES, WARNINGS, ERRORS, TIMEOUTS = range(4)


def _column(work: Work[Any]) -> int:
    if work.outcome == RecordOutcome.FAILED:
        return TIMEOUTS
    if work.state == RecordState.PARKED:
        return ERRORS
    return WARNINGS if work.warnings else SUCCESSES


def _row(work: Work[Any]) -> tuple[Any, ...]:
    problem = work.problem
    return (
        work.record_id,
        str(work.state),
        str(work.outcome),
        problem.field[:100] if problem else "",
        problem.value[:200] if problem else "",
        work.message[:500],
        "; ".join(work.warnings)[:500],
        work.cause_id,
    )

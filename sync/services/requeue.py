"""Puts parked work back. What is sent then is what is true then; nothing here replays an old payload.

Every verb checks the state in the statement that changes it, so two operators (or two clicks) end as one.
"""

from collections.abc import Collection, Sequence
from typing import Any, Final

import psycopg
from django.db import transaction

from sync.models import Cause, EventKind, Lane, Target
from sync.services.audit import note_action
from sync.services.events import Event, write_events
from sync.services.nudge import nudge_after_commit
from sync.services.requeue_records import dismiss_records, requeue_records, requeue_records_of_cause
from sync.services.requeue_report import RequeueReport
from sync.services.sql import fast_cursor, one_row, run

__all__ = ["RequeueReport", "dismiss_records", "requeue_cause", "requeue_entries", "requeue_records"]

PIECE: Final = 5000  # entries released in one transaction: a cause with a million of them holds no lock for long

REQUEUE = """
WITH chosen AS (
    SELECT id, cause_id FROM sync_outboxentry
     WHERE {which} AND (state = 'parked' OR (state = 'waiting' AND waits_for = '' AND due_at > clock_timestamp()))
     ORDER BY id LIMIT %b FOR UPDATE SKIP LOCKED
)
UPDATE sync_outboxentry e
   SET state = 'waiting', cause_id = NULL, due_at = clock_timestamp(), lane = %b, attempt_count = 0, first_failed_at =
       NULL,
       message = ''
  FROM chosen WHERE e.id = chosen.id
RETURNING e.id, e.institution_id, e.contact_id, e.order_id, e.target, chosen.cause_id
"""
REQUEUE_ENTRIES = REQUEUE.format(which="id = ANY(%b::bigint[])")
REQUEUE_CAUSE = REQUEUE.format(which="cause_id = %b AND state = 'parked'")


def requeue_entries(
    entry_ids: Collection[int], actor: str, reason: str = "", *, key: str | None = None
) -> RequeueReport:
    """Make these parked (or far from due) entries due now. Entries in any other state are left alone and counted.

    `key`: unique per form sent; a second click raises AlreadyDoneError. Attempts start anew.
    """
    ids = sorted(set(entry_ids))
    with transaction.atomic(), fast_cursor() as cursor:
        note_action(actor, "requeue", f"{len(ids)} outbox entries", reason=reason, before={"ids": ids[:100]}, key=key)
        rows = run(cursor, REQUEUE_ENTRIES, (ids, len(ids), int(Lane.OPERATOR))).fetchall()
        _tell(cursor, rows, actor, reason)
        nudge_after_commit("push")
    return RequeueReport(len(rows), len(ids) - len(rows))


def requeue_cause(cause: Cause, actor: str, reason: str = "", *, key: str | None = None) -> RequeueReport:
    """Lift a cause: everything parked under it goes back to work, in pieces and behind live changes. Safe to repeat."""
    with transaction.atomic():
        note_action(actor, "lift_cause", f"cause {cause.pk}", reason=reason, before={"cause": str(cause)}, key=key)
        Cause.objects.filter(pk=cause.pk).update(lifted_at=_now())
    total = 0
    while True:
        with transaction.atomic(), fast_cursor() as cursor:
            rows = run(cursor, REQUEUE_CAUSE, (cause.pk, PIECE, int(Lane.RETRY))).fetchall()
            _tell(cursor, rows, actor, reason)
            nudge_after_commit("push")
        total += len(rows)
        if len(rows) < PIECE:
            break
    records = requeue_records_of_cause(cause, actor, reason)
    return RequeueReport(total + records)


def _tell(cursor: psycopg.Cursor[Any], rows: Sequence[tuple[Any, ...]], actor: str, reason: str) -> None:
    write_events(
        cursor,
        [
            Event(
                institution_id,
                EventKind.REQUEUED,
                contact_id=contact_id,
                order_id=order_id,
                target=Target(target),
                actor=actor,
                detail={"reason": reason} if reason else {},
                entry_id=entry_id,
                cause_id=cause_id,
            )
            for entry_id, institution_id, contact_id, order_id, target, cause_id in rows
        ],
    )


def _now() -> Any:
    with fast_cursor() as cursor:
        return one_row(run(cursor, "SELECT clock_timestamp()"))[0]

"""Writes the outcome of a try: entries, the record's views and agreed pairs, its story, and what is owed anew.

One transaction, locks always in the order record -> entry (as intake does), guarded by owner and attempt: a worker
whose
lease has ended finds its settle refused and changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg
import structlog

from sync.engine.after_send import after_crm_send, agree
from sync.engine.lifecycle import Lifecycle
from sync.engine.plan import PlanInput, plan
from sync.engine.policy import PolicySet
from sync.models import Entity, EntryOutcome, EntryState, EventKind, Target
from sync.services.causes import CauseBook
from sync.services.events import Event, write_events
from sync.services.ledger.release import release_orders_of
from sync.services.ledger.take import TABLES, Sender
from sync.services.ledger.verdict import Action, Verdict
from sync.services.owe import Owed, owe
from sync.services.sql import columns, dumps, run

log = structlog.get_logger(__name__)

LOCK_RECORDS = """
SELECT id, s360_view, crm_view, agreed, lifecycle, frozen_at IS NOT NULL, is_in_crm FROM {table}
 WHERE id = ANY(%b::bigint[]) ORDER BY institution_id, {key} FOR UPDATE
"""
# A retry gives way to a newer entry that already waits for the same record: that one's plan covers it.
ENTRIES = """
UPDATE sync_outboxentry e
   SET state = CASE WHEN {newer} THEN 'settled' ELSE x.state END,
       outcome = CASE WHEN {newer} THEN 'superseded' ELSE x.outcome END,
       settled_at = CASE WHEN x.state = 'settled' OR {newer} THEN clock_timestamp() END,
       due_at = clock_timestamp() + make_interval(secs => x.delay),
       lease_until = CASE WHEN x.state = 'uncertain' THEN clock_timestamp() + make_interval(secs => x.delay) END,
       owner = '', waits_for = x.waits_for, cause_id = CASE WHEN {newer} THEN NULL ELSE x.cause_id END, message =
           x.message,
       attempt_count = e.attempt_count - x.uncounted,
       first_failed_at = CASE WHEN x.failed THEN coalesce(e.first_failed_at, clock_timestamp()) ELSE e.first_failed_at
           END
  FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::float8[], %b::text[], %b::bigint[], %b::text[], %b::int[],
      %b::bool[])
       AS x(id, state, outcome, delay, waits_for, cause_id, message, uncounted, failed)
 WHERE e.id = x.id AND e.state || '' = ANY(%b::text[]) AND e.owner = %b AND e.attempt_id IS NOT DISTINCT FROM %b
RETURNING e.id
"""
NEWER = """(x.state IN ('waiting', 'parked') AND EXISTS (
                SELECT 1 FROM sync_outboxentry o WHERE o.{column} = e.{column} AND o.target = e.target AND o.id <> e.id
                   AND o.state IN ('waiting', 'parked')))"""
UPDATE_RECORDS = """
UPDATE {table} r SET crm_view = x.view::jsonb, agreed = x.agreed::jsonb, is_in_crm = r.is_in_crm OR x.is_in_crm,
       crm_seen_at = clock_timestamp()
  FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::bool[]) AS x(id, view, agreed, is_in_crm) WHERE r.id = x.id
"""
KEYS = {Entity.CONTACT: "contact_number", Entity.ORDER: "order_id"}
Statements = tuple[str, str, str]
STATEMENTS: dict[Entity, Statements] = {
    entity: (
        LOCK_RECORDS.format(table=table, key=KEYS[entity]),
        ENTRIES.format(newer=NEWER.format(column=column)),
        UPDATE_RECORDS.format(table=table),
    )
    for entity, (table, column) in TABLES.items()
}
STATES: dict[Action, tuple[str, str]] = {
    Action.DONE: (EntryState.SETTLED, EntryOutcome.DONE),
    Action.NOTHING_TO_DO: (EntryState.SETTLED, EntryOutcome.NOTHING_TO_DO),
    Action.SUPPRESSED: (EntryState.SETTLED, EntryOutcome.SUPPRESSED),
    Action.RETRY: (EntryState.WAITING, ""),
    Action.THROTTLED: (EntryState.WAITING, ""),
    Action.WAIT_FOR_CONTACT: (EntryState.WAITING, ""),
    Action.PARK: (EntryState.PARKED, ""),
    Action.UNCERTAIN: (EntryState.UNCERTAIN, ""),
}
EVENTS: dict[Action, EventKind] = {
    Action.DONE: EventKind.PUSHED,
    Action.NOTHING_TO_DO: EventKind.NOTHING_TO_SEND,
    Action.SUPPRESSED: EventKind.NOTHING_TO_SEND,
    Action.RETRY: EventKind.RETRY,
    Action.THROTTLED: EventKind.RETRY,
    Action.WAIT_FOR_CONTACT: EventKind.WAITS,
    Action.PARK: EventKind.PARKED,
    Action.UNCERTAIN: EventKind.UNCERTAIN,
}


def settle_entries(
    cursor: psycopg.Cursor[Any],
    sender: Sender,
    verdicts: Sequence[Verdict],
    policies: Callable[[int], PolicySet],
    *,
    attempt_id: int | None,
    from_states: Sequence[str] = (EntryState.SENDING,),
) -> set[int]:
    """Settle these entries; returns the ids that were still ours. `policies`: per institution, limited to mapped
    fields.

    Repeating it changes nothing: settled entries no longer match owner and attempt.
    """
    if not verdicts:
        return set()
    lock, entries, update = STATEMENTS[sender.entity]
    rows = run(cursor, lock, (sorted({v.record_id for v in verdicts}),)).fetchall()
    records = {row[0]: row[1:] for row in rows}
    causes = CauseBook(cursor)
    cause_ids = {v.entry_id: causes.id_of(v.cause, v.message) for v in verdicts if v.cause is not None}
    values = columns([_entry_row(v, cause_ids.get(v.entry_id)) for v in verdicts], 9)
    updated = run(cursor, entries, (*values, list(from_states), sender.owner, attempt_id)).fetchall()
    ours = {row[0] for row in updated}
    if len(ours) < len(verdicts):
        log.info("settle_refused", attempt=attempt_id, refused=len(verdicts) - len(ours), owner=sender.owner)
    kept = [v for v in verdicts if v.entry_id in ours]
    _move_records(cursor, sender, kept, records, policies, update)
    write_events(cursor, [_event(v, sender, cause_ids.get(v.entry_id), attempt_id) for v in kept])
    return ours


def _entry_row(verdict: Verdict, cause_id: int | None) -> tuple[Any, ...]:
    state, outcome = STATES[verdict.action]
    waits_for = "contact" if verdict.action is Action.WAIT_FOR_CONTACT else ""
    uncounted = 1 if verdict.action is Action.THROTTLED else 0  # being told to slow down is not a failed attempt
    failed = verdict.action in (Action.RETRY, Action.PARK)
    message = verdict.message[:500]
    return (
        verdict.entry_id,
        str(state),
        str(outcome),
        float(verdict.delay_seconds),
        waits_for,
        cause_id,
        message,
        uncounted,
        failed,
    )


def _move_records(
    cursor: psycopg.Cursor[Any],
    sender: Sender,
    verdicts: Sequence[Verdict],
    records: Mapping[int, tuple[Any, ...]],
    policies: Callable[[int], PolicySet],
    update: str,
) -> None:
    """Move the agreed pairs of what was sent; owe again what moved while it was being sent."""
    moved: list[tuple[int, str, str, bool]] = []
    owed: list[Owed] = []
    fresh: list[int] = []
    for verdict in verdicts:
        if verdict.action is not Action.DONE and not verdict.agree:
            continue
        s360_view, crm_view, agreed, lifecycle, is_frozen, is_in_crm = records[verdict.record_id]
        pairs = agree(agreed, verdict.agree) if verdict.agree else agreed
        after = after_crm_send(pairs, crm_view, verdict.sent, verdict.came_back)
        is_done = verdict.action is Action.DONE
        moved.append((verdict.record_id, dumps(after.view), dumps(after.agreed), is_done))
        if is_done and not is_in_crm:
            fresh.append(verdict.record_id)
        now_owed = plan(
            PlanInput(
                s360_view=s360_view,
                crm_view=after.view,
                agreed=after.agreed,
                policies=policies(verdict.institution_id),
                frozen=is_frozen,
                lifecycle=Lifecycle(lifecycle),
            )
        ).to_crm
        if now_owed:
            owed.append(
                Owed(verdict.institution_id, sender.entity, verdict.record_id, Target.CRM, changed=frozenset(now_owed))
            )
    if moved:
        run(cursor, update, columns(moved, 4))
    owe(cursor, owed)
    if fresh and sender.entity == Entity.CONTACT:
        release_orders_of(cursor, fresh)


def _event(verdict: Verdict, sender: Sender, cause_id: int | None, attempt_id: int | None) -> Event:
    detail: dict[str, Any] = dict(verdict.detail)
    if verdict.sent:
        detail["sent"] = sorted(verdict.sent)
    if verdict.message:
        detail["message"] = verdict.message
    if verdict.code:
        detail["code"] = verdict.code
    if verdict.delay_seconds:
        detail["seconds"] = round(verdict.delay_seconds)
    is_contact = sender.entity == Entity.CONTACT
    return Event(
        verdict.institution_id,
        EVENTS[verdict.action],
        target=sender.target,
        detail=detail,
        cause_id=cause_id,
        entry_id=verdict.entry_id,
        attempt_id=attempt_id,
        contact_id=verdict.record_id if is_contact else None,
        order_id=None if is_contact else verdict.record_id,
    )

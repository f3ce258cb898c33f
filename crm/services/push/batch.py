"""One batch to the CRM: take and commit the intent, call, settle. No transaction is open while the call is out."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.conf import settings
from django.db import transaction

from crm.connectors.base import CrmConnector, Failure, RecordResult
from crm.models import Connection
from crm.services.bindings import Tie, find_bindings, save_bindings
from crm.services.call_notes import CallNotes
from crm.services.connection_state import Gate, database_now
from crm.services.push.judge import Judge
from crm.services.push.prepare import Prepared, prepare
from crm.services.push.send import last_moment_to_begin, not_begun, send
from crm.services.push.spread import without_clashes
from crm.services.push.targets import PushTargets
from sync.models import AttemptOutcome, Entity, EntryState, Target
from sync.services.ledger.attempts import end_attempt
from sync.services.ledger.settle import settle_entries
from sync.services.ledger.take import DueEntry, Sender, begin_attempt, claim_entries, lock_due
from sync.services.ledger.verdict import Verdict
from sync.services.races import once_more_on_race
from sync.services.sql import fast_cursor, tuple_row


@dataclass(frozen=True, slots=True)
class Taken:
    """What one transaction took: ready to send under `attempt_id`, and what was decided without a call."""

    attempt_id: int | None
    prepared: Sequence[Prepared]
    decided: Sequence[Verdict]

    @property
    def count(self) -> int:
        return len(self.prepared) + len(self.decided)


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What a batch did. `taken` 0 means nothing was due; `trouble`: the connection should rest."""

    taken: int = 0
    sent: int = 0
    trouble: bool = False


def push_batch(
    connection: Connection,
    connector: CrmConnector,
    entity: Entity,
    targets: PushTargets,
    owner: str,
    limit: int,
    notes: CallNotes,
    gate: Gate,
) -> BatchReport:
    """Send up to `limit` due records of one entity. Safe to repeat: whatever was sent is settled or uncertain."""
    sender = Sender(owner, Target.CRM, entity, connection.pk)
    begin_before = last_moment_to_begin()
    taken = take(connection, sender, targets, limit)
    if not taken.count:
        return BatchReport()
    if taken.decided:
        settle_decided(sender, targets, taken.decided)
    if taken.attempt_id is None:
        return BatchReport(taken.count)
    if time.monotonic() > begin_before:
        settle_sent(connection, sender, targets, taken.prepared, taken.attempt_id, not_begun(taken.prepared))
        return BatchReport(taken.count)
    results = send(connector, sender.entity, taken.prepared, begin_before)
    trouble = trouble_in(results)
    if trouble is not None:
        notes.failed(trouble)
    else:
        notes.answered(at_once=gate.probe_only)
    settle_sent(connection, sender, targets, taken.prepared, taken.attempt_id, results)
    return BatchReport(taken.count, len(taken.prepared), trouble=trouble is not None)


def take(connection: Connection, sender: Sender, targets: PushTargets, limit: int) -> Taken:
    """Lock, plan, map and commit the intent."""
    with transaction.atomic(), fast_cursor() as cursor:
        due = lock_due(
            cursor,
            target=Target.CRM,
            entity=sender.entity,
            institution_ids=list(targets.by_institution),
            limit=limit,
        )
        cursor.row_factory = tuple_row
        bindings = find_bindings(cursor, connection.pk, sender.entity, [entry.record_id for entry in due])
        contacts = {entry.contact_id for entry in due if entry.contact_id}
        contact_remotes = find_bindings(cursor, connection.pk, Entity.CONTACT, contacts)
        made = [_prepare(entry, sender.entity, targets, bindings, contact_remotes) for entry in due]
        prepared = without_clashes([m for m in made if isinstance(m, Prepared)], targets.unique_fields)
        decided = [m for m in made if isinstance(m, Verdict)]
        if decided:
            claim_entries(cursor, sender, [v.entry_id for v in decided])
        attempt_id = begin_attempt(cursor, sender, {p.entry.entry_id: p.sent for p in prepared}) if prepared else None
    return Taken(attempt_id, prepared, decided)


def _prepare(
    entry: DueEntry, entity: Entity, targets: PushTargets, bindings: Mapping[int, str], contacts: Mapping[int, str]
) -> Prepared | Verdict:
    target = targets.by_institution[entry.institution_id]
    contact_remote = contacts.get(entry.contact_id) if entry.contact_id else None
    return prepare(entry, entity, target, targets.mapping, bindings, contact_remote)


def settle_sent(
    connection: Connection,
    sender: Sender,
    targets: PushTargets,
    prepared: Sequence[Prepared],
    attempt_id: int,
    results: Sequence[RecordResult] | Failure,
) -> None:
    """Write down the call's outcome record by record."""
    judge = Judge(_now_for(results), targets.mapping, settings.CRM_VERIFY_SECONDS)
    verdicts, ties = judge_all(judge, prepared, results)

    def settle() -> None:
        with transaction.atomic(), fast_cursor() as cursor:
            settle_entries(cursor, sender, verdicts, targets.policies, attempt_id=attempt_id)
            save_bindings(cursor, connection.pk, sender.entity, ties)
            _end(cursor, attempt_id, results)

    once_more_on_race(settle)  # the call was made: its outcome must be written down


def _now_for(results: Sequence[RecordResult] | Failure) -> datetime:
    """The database's clock where a failure has to be dated; where all went well nobody looks at it."""
    all_well = not isinstance(results, Failure) and all(result.failure is None for result in results)
    return datetime.now(UTC) if all_well else database_now()


def trouble_in(results: Sequence[RecordResult] | Failure) -> Failure | None:
    """The failure that concerns the whole connection, even where the CRM tells it record by record, or None."""
    if isinstance(results, Failure):
        return results
    failures = (result.failure for result in results if result.failure is not None)
    return next((failure for failure in failures if failure.scope == "connection"), None)


def judge_all(
    judge: Judge, prepared: Sequence[Prepared], results: Sequence[RecordResult] | Failure
) -> tuple[list[Verdict], list[Tie]]:
    """What becomes of each entry, and the CRM's ids that are new (a record may have one although its link failed)."""
    if isinstance(results, Failure):
        return [judge.of_failure(p, results) for p in prepared], []
    pairs = list(zip(prepared, results, strict=True))
    ties = [
        (p.entry.record_id, r.remote_id, r.remote_version or "")
        for p, r in pairs
        if r.remote_id and r.remote_id != p.record.remote_id
    ]
    return [judge.of_result(p, r) for p, r in pairs], ties


def _end(cursor: psycopg.Cursor[Any], attempt_id: int, results: Sequence[RecordResult] | Failure) -> None:
    if isinstance(results, Failure):
        outcome = AttemptOutcome.UNKNOWN if results.outcome_unknown else AttemptOutcome.FAILED
        end_attempt(cursor, attempt_id, outcome, code=results.code, message=results.message)
        return
    failed = [r.failure for r in results if r.failure is not None]
    outcome = AttemptOutcome.ACCEPTED
    if failed:
        outcome = AttemptOutcome.REFUSED if len(failed) == len(results) else AttemptOutcome.PARTIAL
    code = failed[0].code if failed else ""
    end_attempt(cursor, attempt_id, outcome, failed_count=len(failed), code=code)


def settle_decided(sender: Sender, targets: PushTargets, verdicts: Sequence[Verdict]) -> None:
    """Entries that need no call: nothing to do, parked by the mapping, waiting for their contact."""

    def settle() -> None:
        with transaction.atomic(), fast_cursor() as cursor:
            settle_entries(
                cursor, sender, verdicts, targets.policies, attempt_id=None, from_states=(EntryState.CLAIMED,)
            )

    once_more_on_race(settle)

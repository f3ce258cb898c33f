"""Turns claimed deliveries into work: each waiting record with its payload, or the reason it cannot be read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar

import psycopg

from sync.models import RecordOutcome, RecordState, WebhookEndpoint
from sync.s360.contacts import ContactPayload
from sync.s360.envelope import Stream, records_of
from sync.s360.export_rows import ColumnMapError
from sync.s360.identities import guarded_places
from sync.s360.orders import OrderPayload
from sync.s360.problems import RecordProblem, RecordRejected
from sync.s360.settings import S360SettingsError
from sync.s360.strict import DoorRefusal, parse_accepted, parse_body, problem_of
from sync.services.institution_rules import InstitutionRules, Reader
from sync.services.intake.claim import ClaimedDelivery
from sync.services.sql import run

Payload = TypeVar("Payload", ContactPayload, OrderPayload)

WAITING = """
SELECT id, delivery_id, ordinal, is_confirmed, external_id FROM sync_deliveryrecord
 WHERE delivery_id = ANY(%b::bigint[]) AND state = 'waiting' AND (id = %b OR %b::bigint IS NULL) ORDER BY id
"""
WAITING_IDS = "SELECT id FROM sync_deliveryrecord WHERE delivery_id = %b AND state = 'waiting' ORDER BY id"
# The same bytes long after S-360 has stopped trying them: perhaps somebody replays a captured request.
SEEN_BEFORE = """
SELECT d.id FROM unnest(%b::bigint[], %b::bytea[], %b::timestamptz[]) AS d(id, digest, received_at)
 WHERE EXISTS (SELECT 1 FROM sync_delivery o WHERE o.digest = d.digest AND o.id < d.id AND o.state <> 'refused'
                  AND o.received_at < d.received_at - %b::interval)
"""


@dataclass(slots=True, eq=False)
class Work(Generic[Payload]):
    """One delivery record on its way: what came, and how it ended."""

    record_id: int
    delivery_id: int
    run_id: int | None
    is_confirmed: bool
    is_old_replay: bool
    external_id: str = ""
    payload: Payload | None = None
    raw: dict[str, Any] | None = None
    problem: RecordProblem | None = None
    state: RecordState = RecordState.SETTLED
    outcome: RecordOutcome = RecordOutcome.APPLIED
    cause_id: int | None = None
    message: str = ""
    warnings: list[str] = field(default_factory=list)

    @property
    def why_unread(self) -> RecordProblem:
        """Why there is no payload."""
        return self.problem or RecordProblem("record", "", "it could not be read")

    def begin(self) -> None:
        """Forget what an earlier try decided: its transaction was rolled back."""
        self.state, self.outcome, self.cause_id, self.message = RecordState.SETTLED, RecordOutcome.APPLIED, None, ""

    def park(self, outcome: RecordOutcome, cause_id: int, message: str) -> None:
        self.state, self.outcome, self.cause_id, self.message = RecordState.PARKED, outcome, cause_id, message


def read_records(
    cursor: psycopg.Cursor[Any],
    deliveries: Sequence[ClaimedDelivery],
    rules: InstitutionRules,
    endpoint: WebhookEndpoint,
    *,
    only: int | None = None,
) -> list[Work[Any]]:
    """The waiting records of these deliveries of one endpoint, in order of arrival; with `only` that one of them."""
    rows = run(cursor, WAITING, ([d.id for d in deliveries], only, only)).fetchall()
    runs = {d.id: d.run_id for d in deliveries}
    try:
        reader = rules.reader(endpoint)
    except (S360SettingsError, ColumnMapError) as error:
        # Nothing is guessed with settings that cannot be used: the records wait under that cause.
        problem = RecordProblem("settings", "", str(error)[:300])
        return [
            Work(record_id, delivery_id, runs[delivery_id], confirmed, False, external_id, problem=problem)
            for record_id, delivery_id, _, confirmed, external_id in rows
        ]
    replays = _old_replays(cursor, deliveries, rules)
    bodies = {d.id: _records(d, endpoint, rules) for d in deliveries}
    works = []
    for record_id, delivery_id, ordinal, confirmed, external_id in rows:
        work: Work[Any] = Work(
            record_id, delivery_id, runs[delivery_id], confirmed, delivery_id in replays, external_id
        )
        works.append(_read(reader, work, bodies, ordinal))
    return works


def waiting_ids(cursor: psycopg.Cursor[Any], delivery: ClaimedDelivery) -> list[int]:
    """The delivery's waiting records, in order of arrival, none of them read."""
    return [row[0] for row in run(cursor, WAITING_IDS, (delivery.id,)).fetchall()]


def _records(delivery: ClaimedDelivery, endpoint: WebhookEndpoint, rules: InstitutionRules) -> list[Any]:
    root = rules.settings.order_payload_root
    try:
        if not delivery.rejected_count:  # nearly always: the door found nothing wrong
            return records_of(parse_accepted(delivery.body), Stream(endpoint.stream), order_root=root)
        parsed = parse_body(delivery.body, max_bytes=max(len(delivery.body), 1))
        records = records_of(parsed.value, Stream(endpoint.stream), order_root=root)
    except DoorRefusal:
        return []  # the door let it in, settings have changed since: every record is then rejected as missing
    if not parsed.is_suspicious:
        return records
    # The door has parked these; a requeue must not carry a NUL or a lone surrogate to the database.
    places = guarded_places(Stream(endpoint.stream), rules.settings, endpoint.column_map)
    return [problem_of(record, places) or record for record in records]


def _read(reader: Reader, work: Work[Any], bodies: dict[int, list[Any]], ordinal: int) -> Work[Any]:
    records = bodies[work.delivery_id]
    if ordinal >= len(records):
        work.problem = RecordProblem(
            "record", str(ordinal), "the stored body no longer holds this record under today's settings"
        )
        return work
    if isinstance(records[ordinal], RecordProblem):
        work.problem = records[ordinal]
        return work
    try:
        work.raw = records[ordinal]
        work.payload = payload = reader.read(work.raw)
    except RecordRejected as rejected:
        work.problem = rejected.problem
        return work
    work.warnings = [f"{w.field}: {w.note} ({w.value})" for w in payload.warnings]
    return work


def _old_replays(
    cursor: psycopg.Cursor[Any], deliveries: Sequence[ClaimedDelivery], rules: InstitutionRules
) -> set[int]:
    span = timedelta(minutes=rules.interval_minutes * rules.settings.webhook_max_attempts)
    ids, digests, times = (
        [d.id for d in deliveries],
        [d.digest for d in deliveries],
        [d.received_at for d in deliveries],
    )
    return {row[0] for row in run(cursor, SEEN_BEFORE, (ids, digests, times, span)).fetchall()}

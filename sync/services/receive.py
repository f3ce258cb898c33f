"""Stores one delivery of S-360: the body as it came and one row per record, in one statement, hence one commit.

Nothing is understood here beyond whose record each one is. A record the door cannot accept is stored as parked with
its reason; its neighbours wait to be applied. Called by the webhook view and by whatever replays a body.
"""

import hashlib
import time
from dataclasses import dataclass
from typing import Any, Final

import structlog
from django.db import InterfaceError, OperationalError, connection

from sync.models import FailureKind, RecordOutcome, RecordState, Target
from sync.s360.envelope import records_of, shape_problem
from sync.s360.problems import RecordProblem, RecordRejected
from sync.s360.strict import DoorRefusal, parse_body, problem_of
from sync.services.causes import CauseBook, CauseKey
from sync.services.endpoint_activity import note_delivery
from sync.services.endpoint_directory import EndpointCard
from sync.services.nudge import nudge
from sync.services.sql import columns, fast_cursor, run

log = structlog.get_logger(__name__)

TRIES: Final = 4
RETRY_PAUSE_SECONDS: Final = 0.02
TRY_AGAIN: Final = frozenset({"40001", "40P01"})  # serialisation failure, deadlock

# One statement is one round trip and one commit, and the ids it makes never travel back and forth.
STORE = """
WITH stored AS (
    INSERT INTO sync_delivery (endpoint_id, institution_id, stream, received_at, state, body, body_size, digest,
                               record_count, rejected_count, remote_address, refusal, warning, owner, crash_count)
    VALUES (%b, %b, %b, clock_timestamp(), 'waiting', %b, %b, %b, %b, %b, %b::text::inet, '', %b, '', 0)
    RETURNING id
), records AS (
    INSERT INTO sync_deliveryrecord (delivery_id, ordinal, external_id, state, outcome, problem_field, problem_value,
                                     problem, cause_id, settled_at, warning, is_confirmed, crash_count)
"""
ACCEPTED = """
    SELECT stored.id, x.ordinal - 1, x.external_id, 'waiting', '', '', '', '', NULL, NULL, '', false, 0
      FROM stored, unnest(%b::text[]) WITH ORDINALITY AS x(external_id, ordinal)
"""
MIXED = """
    SELECT stored.id, x.ordinal - 1, x.external_id, x.state, x.outcome, x.field, x.value, x.reason, x.cause_id, NULL,
           '', false, 0
      FROM stored, unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bigint[])
           WITH ORDINALITY AS x(external_id, state, outcome, field, value, reason, cause_id, ordinal)
"""
IN_ORDER = """
     ORDER BY x.ordinal
)
SELECT id FROM stored
"""
ALL_ACCEPTED: Final = STORE + ACCEPTED + IN_ORDER
SOME_REJECTED: Final = STORE + MIXED + IN_ORDER


class StoreUnavailableError(Exception):
    """The delivery is not stored and may not be acknowledged; S-360 will send it again on its next run."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was committed. ``accepted + rejected == received``."""

    delivery_id: int
    received: int
    rejected: int

    @property
    def accepted(self) -> int:
        return self.received - self.rejected


@dataclass(frozen=True, slots=True)
class Sorted:
    """The records of a body: external id of each, and what is wrong with those that are rejected, by place."""

    external_ids: list[str]
    problems: dict[int, RecordProblem]
    warning: str


def receive_delivery(card: EndpointCard, body: bytes, *, address: str | None = None) -> Receipt:
    """Parse, store and commit one body. Raises DoorRefusal (nothing stored) and StoreUnavailableError (nothing sure).

    A repeat stores the body again; applying it the second time changes nothing.
    """
    found = sort_records(card, body)
    delivery_id = _store(card, body, found, address)
    nudge("apply")
    note_delivery(card, address)
    return Receipt(delivery_id, len(found.external_ids), len(found.problems))


def sort_records(card: EndpointCard, body: bytes) -> Sorted:
    """Which records are in the body and which of them cannot be accepted. Raises DoorRefusal. Pure."""
    parsed = parse_body(body, max_bytes=card.settings.webhook_max_body_bytes)
    records = records_of(parsed.value, card.stream, order_root=card.settings.order_payload_root)
    if len(records) > card.settings.webhook_max_records:
        reason = f"{len(records)} records in one array, at most {card.settings.webhook_max_records} are taken"
        raise DoorRefusal(413, "too_many_records", f"{reason}; lower the batch size of the interface in S-360")
    external_ids: list[str] = []
    problems: dict[int, RecordProblem] = {}
    for place, record in enumerate(records):
        external_id, problem = _judge(card, record, is_suspicious=parsed.is_suspicious)
        external_ids.append(external_id)
        if problem is not None:
            problems[place] = problem
    return Sorted(external_ids, problems, _size_warning(card, len(records)))


def _judge(card: EndpointCard, record: Any, *, is_suspicious: bool) -> tuple[str, RecordProblem | None]:
    problem = shape_problem(record)
    if problem is None and is_suspicious:
        problem = problem_of(record, card.guarded_places)
    try:
        external_id = card.external_id_of(record)
    except RecordRejected as rejected:
        return "", problem or rejected.problem
    if problem is not None and not external_id.isprintable():
        external_id = ""
    return external_id, problem


def _size_warning(card: EndpointCard, count: int) -> str:
    if count <= card.expected_batch_size:
        return ""
    return f"{count} records in one array, {card.expected_batch_size} were expected"


def _store(card: EndpointCard, body: bytes, found: Sorted, address: str | None) -> int:
    for left in reversed(range(TRIES)):
        try:
            return _insert(card, body, found, address)
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or not left or not _is_worth_another_try(error, is_first=left == TRIES - 1):
                raise StoreUnavailableError(type(error.__cause__ or error).__name__) from error
        time.sleep(RETRY_PAUSE_SECONDS)
    raise StoreUnavailableError  # unreachable: the last try returns or raises


def _is_worth_another_try(error: Exception, *, is_first: bool) -> bool:
    """A lost race always; a lost connection once, on a new one: the server may have been restarted a moment ago."""
    if getattr(error.__cause__, "sqlstate", None) in TRY_AGAIN:
        return True
    was_lost = connection.connection is not None and connection.connection.closed
    connection.close()
    return is_first and was_lost


def _insert(card: EndpointCard, body: bytes, found: Sorted, address: str | None) -> int:
    count = len(found.external_ids)
    with fast_cursor() as cursor:
        delivery = (
            *(card.id, card.institution_id, str(card.stream), body, len(body), hashlib.sha256(body).digest()),
            *(count, len(found.problems), address, found.warning),
        )
        if not found.problems:
            row = run(cursor, ALL_ACCEPTED, (*delivery, found.external_ids)).fetchone()
        else:
            causes = CauseBook(cursor)
            rows = [_record_row(card, causes, found, place) for place in range(count)]
            row = run(cursor, SOME_REJECTED, (*delivery, *columns(rows, 7))).fetchone()
    if row is None:
        raise StoreUnavailableError("no row")
    return int(row[0])


def _record_row(card: EndpointCard, causes: CauseBook, found: Sorted, place: int) -> tuple[Any, ...]:
    problem = found.problems.get(place)
    external_id = found.external_ids[place]
    if problem is None:
        return (external_id, str(RecordState.WAITING), "", "", "", "", None)
    key = CauseKey(
        card.institution_id, Target.S360, FailureKind.PERMANENT, "record_rejected", problem.field, problem.reason
    )
    cause_id = causes.id_of(key, f"{problem.field}: {problem.reason}")
    state, outcome = str(RecordState.PARKED), str(RecordOutcome.REJECTED)
    return (external_id, state, outcome, problem.field[:100], problem.value[:200], problem.reason[:500], cause_id)

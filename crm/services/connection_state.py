"""May this connection be called now, and what does each call's result do to it?

An outage, a throttle or a refused credential stops the connection, not ten thousand records one by one: entries stay
waiting, one alarm is raised, one probe at a time finds out whether it is over. The database's clock decides.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import connection as database
from django.db import transaction

from crm.models import Connection, ConnectionState
from sync.engine.breaker import Breaker, CallResult, Phase, ask, from_dict, record, reset, to_dict
from sync.engine.failures import Failure
from sync.engine.pacing import throttle_pause_seconds
from sync.services.sql import fast_cursor, run

log = structlog.get_logger(__name__)

# Only these: an operator may be editing settings or secrets at the same moment.
STATE_FIELDS: Final = ["state", "state_reason", "state_changed_at", "resume_at", "breaker", "last_success_at"]


@dataclass(frozen=True, slots=True)
class Gate:
    """`probe_only`: one call may go through to find out whether the trouble is over."""

    is_open: bool
    probe_only: bool = False


SHUT: Final = Gate(is_open=False)
OPEN: Final = Gate(is_open=True)
# A connection without any trouble, which is nearly always: nothing to decide and nothing to book.
WITHOUT_TROUBLE = """
SELECT 1 FROM crm_connection WHERE id = %b AND is_enabled AND state = 'ok' AND NOT breaker ? 'phase'
"""


def is_without_trouble(connection_id: int) -> bool:
    """May it be called without asking `pass_gate`? One short read; books nothing."""
    with fast_cursor() as cursor:
        return run(cursor, WITHOUT_TROUBLE, (connection_id,)).fetchone() is not None


def pass_gate(connection_id: int) -> Gate:
    """Ask before a batch. The answer may book the one probe, so ask only when a call will follow."""
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection_id)
        now = database_now()
        if not row.is_enabled or row.state in (ConnectionState.PAUSED, ConnectionState.NEEDS_CREDENTIALS):
            return SHUT
        if row.state == ConnectionState.OVER_LIMIT:
            return _after_throttle(row, now)
        leave = ask(from_dict(row.breaker), now)
        if leave.granted and leave.probe:
            row.breaker = to_dict(leave.breaker)
            row.save(update_fields=["breaker"])
        return Gate(leave.granted, leave.probe)


def _after_throttle(row: Connection, now: datetime) -> Gate:
    if row.resume_at is not None and now < row.resume_at:
        return SHUT
    _change(row, ConnectionState.OK, "", None, now)
    return Gate(is_open=True, probe_only=True)


def note_success(connection_id: int, *, calls: int = 1) -> None:
    """So many calls were answered (refused records included)."""
    _note(connection_id, CallResult.OK, None, calls=calls)


def note_failure(connection_id: int, failure: Failure) -> None:
    """A call failed as a whole, or the CRM asked us to slow down or refused our credentials."""
    if failure.kind == "throttled":
        _throttle(connection_id, failure)
    elif failure.kind == "misconfigured" and failure.scope == "connection":
        _note(connection_id, CallResult.UNAUTHORISED, failure)
    else:
        _note(connection_id, CallResult.FAILED, failure)


def _note(connection_id: int, result: CallResult, failure: Failure | None, *, calls: int = 1) -> None:
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection_id)
        now = database_now()
        before = from_dict(row.breaker)
        after = before
        for _ in range(calls):
            after = record(after, now, result)
        row.breaker = to_dict(after)
        if result == CallResult.OK:
            row.last_success_at = now
        _follow_breaker(row, before, after, failure, now)
        row.save(update_fields=STATE_FIELDS)


def _follow_breaker(row: Connection, before: Breaker, after: Breaker, failure: Failure | None, now: datetime) -> None:
    reason = f"{failure.code}: {failure.message}" if failure else ""
    if failure is not None and failure.kind == "misconfigured":
        # Three refusals close it for good: hammering on with a dead credential would look like an attack.
        if after.phase == Phase.OPEN and before.phase != Phase.OPEN:
            _set(row, ConnectionState.NEEDS_CREDENTIALS, reason, None, now)
    elif after.phase == Phase.OPEN:
        _set(row, ConnectionState.BREAKER_OPEN, reason or row.state_reason, after.until, now)
    elif after.phase == Phase.CLOSED and row.state == ConnectionState.BREAKER_OPEN:
        _set(row, ConnectionState.OK, "", None, now)


def _throttle(connection_id: int, failure: Failure) -> None:
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection_id)
        now = database_now()
        in_a_row = int(row.breaker.get("throttles", 0)) + 1
        pause = throttle_pause_seconds(in_a_row, failure.retry_after)
        row.breaker = row.breaker | {"throttles": in_a_row}
        _change(
            row, ConnectionState.OVER_LIMIT, f"{failure.code}: {failure.message}", now + timedelta(seconds=pause), now
        )


def _change(row: Connection, state: ConnectionState, reason: str, resume_at: datetime | None, now: datetime) -> None:
    _set(row, state, reason, resume_at, now)
    row.save(update_fields=STATE_FIELDS)


def _set(row: Connection, state: ConnectionState, reason: str, resume_at: datetime | None, now: datetime) -> None:
    if row.state != state:
        row.state_changed_at = now
        log.info("connection_state", connection=row.pk, before=row.state, after=str(state))
    row.state, row.state_reason, row.resume_at = state, reason[:500], resume_at


def pause_connection(connection_id: int, reason: str) -> None:
    """Stop sending until `resume_connection`; changes pile up as one waiting entry a record. Safe to repeat."""
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection_id)
        _change(row, ConnectionState.PAUSED, reason, None, database_now())


def resume_connection(connection_id: int) -> None:
    """Forget breaker, throttle, pause or refused credentials and try again at once. Safe to repeat."""
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection_id)
        row.breaker = to_dict(reset())
        _change(row, ConnectionState.OK, "", None, database_now())


def database_now() -> datetime:
    """The one clock that decides leases, pauses and due times."""
    with database.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now

"""Is this connection worth calling now?

One breaker per connection, shared by all processes as a small row: ``to_dict`` / ``from_dict``. It opens when 70 % of
at least 10 calls within 5 minutes failed, or at the third 401 in a row; stays open 60 s, twice as long after each
failed probe, 10 minutes at most; then lets exactly one call through: an outage costs probes, not ten thousand records.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

WINDOW = timedelta(minutes=5)
BUCKET = timedelta(seconds=30)  # calls are counted by half minutes: ten numbers in a row, however many calls
MIN_CALLS = 10
FAILURE_SHARE = 0.7
UNAUTHORISED_LIMIT = 3  # in a row; more would look like somebody guessing a password
FIRST_OPEN = timedelta(seconds=60)
LONGEST_OPEN = timedelta(minutes=10)
PROBE_LEASE = timedelta(seconds=90)  # a prober that died must not keep the connection closed for ever


class Phase(StrEnum):
    CLOSED = "closed"  # calls go through
    OPEN = "open"
    PROBING = "probing"  # one call is on its way; its outcome decides


class CallResult(StrEnum):
    """Throttling is no result: the connection works, it is only asked to slow down. Refused records are OK."""

    OK = "ok"
    FAILED = "failed"
    UNAUTHORISED = "unauthorised"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Calls counted since ``start``."""

    start: datetime
    ok: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Breaker:
    """``until``: when an open breaker may probe, or a probe is given up. ``opened``: times in a row, no recovery."""

    phase: Phase = Phase.CLOSED
    until: datetime | None = None
    opened: int = 0
    unauthorised: int = 0
    why: str = ""
    buckets: tuple[Bucket, ...] = ()


@dataclass(frozen=True, slots=True)
class Leave:
    """May this call be made? ``breaker`` is the state to store first; ``probe`` marks the one that decides."""

    granted: bool
    breaker: Breaker
    probe: bool = False


def ask(breaker: Breaker, now: datetime) -> Leave:
    """Ask before a call. The new state must be stored (on the condition that nobody else did) before calling."""
    if breaker.phase == Phase.CLOSED:
        return Leave(granted=True, breaker=breaker)
    if breaker.until is not None and now < breaker.until:
        return Leave(granted=False, breaker=breaker)
    return Leave(granted=True, breaker=replace(breaker, phase=Phase.PROBING, until=now + PROBE_LEASE), probe=True)


def record(breaker: Breaker, now: datetime, result: CallResult) -> Breaker:
    """The state after a call's result. A result that comes while open is of a call from before and changes nothing."""
    if breaker.phase == Phase.OPEN:
        return breaker
    if breaker.phase == Phase.PROBING:
        return Breaker() if result == CallResult.OK else _open(breaker, now, result)
    counted = _count(breaker, now, result)
    return _open(counted, now, result) if _should_open(counted) else counted


def reset() -> Breaker:
    """A closed breaker with no memory: after an operator changed a credential."""
    return Breaker()


def to_dict(breaker: Breaker) -> dict[str, Any]:
    """A small JSON-ready dictionary (times as seconds since 1970); empty for a breaker that remembers nothing."""
    stored: dict[str, Any] = {}
    if breaker.phase != Phase.CLOSED:
        stored |= {"phase": breaker.phase.value, "opened": breaker.opened, "why": breaker.why}
    if breaker.until is not None:
        stored["until"] = breaker.until.timestamp()
    if breaker.unauthorised:
        stored["unauthorised"] = breaker.unauthorised
    if breaker.buckets:
        stored["calls"] = [[bucket.start.timestamp(), bucket.ok, bucket.failed] for bucket in breaker.buckets]
    return stored


def from_dict(stored: Mapping[str, Any]) -> Breaker:
    """The breaker stored by ``to_dict``; raises KeyError, TypeError or ValueError for anything else."""
    until = stored.get("until")
    return Breaker(
        phase=Phase(stored.get("phase", Phase.CLOSED)),
        until=None if until is None else _moment(until),
        opened=int(stored.get("opened", 0)),
        unauthorised=int(stored.get("unauthorised", 0)),
        why=str(stored.get("why", "")),
        buckets=tuple(Bucket(_moment(start), ok, failed) for start, ok, failed in stored.get("calls", ())),
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _count(breaker: Breaker, now: datetime, result: CallResult) -> Breaker:
    start = _moment(now.timestamp() // BUCKET.total_seconds() * BUCKET.total_seconds())
    kept = [bucket for bucket in breaker.buckets if bucket.start > now - WINDOW]
    # A worker whose clock is behind counts into the newest bucket: order matters more than half a minute.
    last = kept.pop() if kept and kept[-1].start >= start else Bucket(start)
    ok = result == CallResult.OK
    kept.append(Bucket(last.start, last.ok + ok, last.failed + (not ok)))
    in_a_row = breaker.unauthorised + 1 if result == CallResult.UNAUTHORISED else 0
    return replace(breaker, buckets=tuple(kept), unauthorised=in_a_row)


def _should_open(breaker: Breaker) -> bool:
    if breaker.unauthorised >= UNAUTHORISED_LIMIT:
        return True
    failed = sum(bucket.failed for bucket in breaker.buckets)
    calls = failed + sum(bucket.ok for bucket in breaker.buckets)
    return calls >= MIN_CALLS and failed >= FAILURE_SHARE * calls


def _open(breaker: Breaker, now: datetime, result: CallResult) -> Breaker:
    pause = min(FIRST_OPEN * 2 ** min(breaker.opened, 10), LONGEST_OPEN)
    why = CallResult.UNAUTHORISED if result == CallResult.UNAUTHORISED else CallResult.FAILED
    return Breaker(phase=Phase.OPEN, until=now + pause, opened=breaker.opened + 1, why=why.value)

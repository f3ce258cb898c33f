"""A send failed: what happens to the entry, and when?

Asked by every settle, for both targets. One retry layer for the whole product: the HTTP clients never retry by
themselves. Random numbers and times are passed in.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sync.engine.failures import Failure
from sync.engine.pacing import throttle_pause_seconds

# Upper bounds; the wait is drawn from 0 to the bound (full jitter), so that records failing together do not return
# together.
BACKOFF_BOUNDS_SECONDS = (5, 30, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
AGE_LIMIT = timedelta(
    hours=75
)  # then parked, never dropped; the longest retry table webhook senders promise is as long
VERIFY_AFTER = timedelta(seconds=120)  # longer than S-360's slowest known processing; a read before that proves nothing
RETRIES_EXHAUSTED = "retries_exhausted"


class NextStep(StrEnum):
    RETRY = "retry"  # back to waiting, due at ``at``
    VERIFY = "verify"  # uncertain: read at ``at``, then decide
    PARK = "park"  # under ``cause``, until a person or the lifted cause
    PAUSE = "pause"  # the connection stops until ``at``, or until a person when None; the entry waits


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do next. ``counts``: whether this was an attempt that spends the entry's patience."""

    step: NextStep
    at: datetime | None = None
    counts: bool = True
    cause: str = ""


def backoff_bound(attempt: int) -> timedelta:
    """The longest wait after the given failed attempt (1 = the first)."""
    return timedelta(seconds=BACKOFF_BOUNDS_SECONDS[min(max(attempt, 1), len(BACKOFF_BOUNDS_SECONDS)) - 1])


def next_attempt_at(*, attempt: int, now: datetime, first_failed_at: datetime, draw: float) -> datetime | None:
    """When to try again after failed attempt number ``attempt``; None once the entry is exhausted.

    ``draw``: a random number from 0 to 1. The last wait is cut at the age limit, so the limit itself is one more try.
    """
    expires_at = first_failed_at + AGE_LIMIT
    if now >= expires_at:
        return None
    return min(now + backoff_bound(attempt) * draw, expires_at)


def decide(
    failure: Failure, *, attempt: int, now: datetime, first_failed_at: datetime, draw: float, throttles: int = 1
) -> Decision:
    """The next step after a failure. ``attempt`` and ``throttles``: how many in a row, this one included.

    A permanent failure of a whole batch is bisected before anybody asks here (``bisect.Bisection``).
    """
    if failure.outcome_unknown:
        return Decision(NextStep.VERIFY, now + VERIFY_AFTER)
    match failure.kind:
        case "transient":
            at = next_attempt_at(attempt=attempt, now=now, first_failed_at=first_failed_at, draw=draw)
            return Decision(NextStep.RETRY, at) if at else Decision(NextStep.PARK, cause=RETRIES_EXHAUSTED)
        case "throttled":
            pause = throttle_pause_seconds(throttles, failure.retry_after)
            return Decision(NextStep.PAUSE, now + timedelta(seconds=pause), counts=False)
        case "misconfigured" if failure.scope == "connection":
            return Decision(NextStep.PAUSE, counts=False, cause=failure.code)
        case _:
            return Decision(NextStep.PARK, cause=failure.code)

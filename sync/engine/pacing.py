"""How fast may we call, so that the other side never counts more than its limit?

The rows and the statement that decide are PostgreSQL's; this is the same arithmetic as pure functions, for planning
screens, simulations and the tests that hold the statement to it. Seconds are floats on any one clock.
"""

from dataclasses import dataclass
from math import ceil, floor

WINDOW_SECONDS = 60.0  # S-360 allows N calls per minute; taken as any 60 seconds, the stricter reading
SPREAD_SECONDS = 2.0  # calls sent evenly may arrive bunched: what the network may add to one and not to the next
MAX_PAUSE_SECONDS = 900.0  # then one probe, whatever was asked
FIRST_PAUSE_SECONDS = 60.0  # S-360 counts by the minute
SLOW_DOWN = 0.7  # other integrations of the institution spend the same budget: a refusal means we take too much
SLOWEST_SHARE = 0.1
RECOVERY_SHARE_PER_MINUTE = 0.05
LARGEST_BURST = 4  # makes up for a worker that wakes late, and takes little from the steady pace
CALLS_PER_BURST = 30
BULK_SHARE = 0.6  # what a mass update may take, so that live work always passes


@dataclass(frozen=True, slots=True)
class Permit:
    """``tat``: the new theoretical arrival time to store (unchanged when refused). ``wait_seconds``: 0 when granted."""

    granted: bool
    tat: float
    wait_seconds: float = 0.0


def take(*, tat: float, now: float, rate_per_second: float, burst: int, blocked_until: float = 0.0) -> Permit:
    """One call's right, by GCRA: one call every ``1 / rate``, ``burst`` of them at once after a rest.

    A rate of 0 or less, or a burst below 1, grants nothing: a limit that is not ours fails closed.
    """
    if rate_per_second <= 0 or burst < 1:
        return Permit(granted=False, tat=tat, wait_seconds=MAX_PAUSE_SECONDS)
    if blocked_until > now:
        return Permit(granted=False, tat=tat, wait_seconds=blocked_until - now)
    reached = max(tat, now)
    early = reached - (now + (burst - 1) / rate_per_second)
    if early > 0:
        return Permit(granted=False, tat=tat, wait_seconds=early)
    return Permit(granted=True, tat=reached + 1 / rate_per_second)


def worst_window_calls(
    *, rate_per_second: float, burst: int, window: float = WINDOW_SECONDS, spread: float = SPREAD_SECONDS
) -> int:
    """The most calls the other side can count in any window of ``window`` seconds."""
    return floor(rate_per_second * (window + spread) + 1e-9) + burst


def rate_under(ceiling: float, *, burst: int, window: float = WINDOW_SECONDS, spread: float = SPREAD_SECONDS) -> float:
    """The highest steady rate, in calls per second, whose worst window keeps to ``ceiling`` calls; 0 if none does."""
    return max(0.0, (ceiling - burst) / (window + spread))


def ceiling_of(contract_per_minute: float, share: float) -> float:
    """Our own ceiling: the part of the institution's budget that is the console's."""
    return contract_per_minute * min(max(share, 0.0), 1.0)


def burst_for(ceiling: float) -> int:
    """How many calls may go at once after a rest: a small part of the ceiling, 1 at least."""
    return max(1, min(LARGEST_BURST, floor(ceiling / CALLS_PER_BURST)))


def slowed(rate: float, ceiling: float) -> float:
    """The rate after a refusal: a third less, never under a tenth of the ceiling."""
    return max(rate * SLOW_DOWN, ceiling * SLOWEST_SHARE)


def recovered(rate: float, ceiling: float, quiet_minutes: float) -> float:
    """The rate after so many minutes without a refusal: up by a twentieth of the ceiling a minute, never over it."""
    return min(ceiling, rate + ceiling * RECOVERY_SHARE_PER_MINUTE * max(quiet_minutes, 0.0))


def throttle_pause_seconds(consecutive: int, retry_after: float | None = None) -> float:
    """How long everybody stops after a refusal: as long as asked, or 60 s doubling; 15 minutes at most."""
    if retry_after is not None:
        return min(max(retry_after, 0.0), MAX_PAUSE_SECONDS)
    doublings = min(max(consecutive, 1) - 1, 10)
    return min(FIRST_PAUSE_SECONDS * float(1 << doublings), MAX_PAUSE_SECONDS)


def seconds_for(calls: int, *, rate_per_second: float, burst: int) -> float:
    """How long so many calls take from a rested start, waiting for permits only."""
    if rate_per_second <= 0:
        return float("inf") if calls > 0 else 0.0
    return max(0, calls - burst) / rate_per_second


def calls_for(rows: int, calls_per_row: float) -> int:
    """Calls a mass update costs."""
    return ceil(round(rows * calls_per_row, 6))

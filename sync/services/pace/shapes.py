"""What the pace to S-360 answers: frozen, times aware and UTC, durations in seconds."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Why(StrEnum):
    """Why a call has to wait."""

    NONE = ""
    NO_ACCESS = "no_access"  # the institution has no API access
    BLOCKED = "blocked"  # S-360 refused, everybody pauses
    WINDOW = "window"  # the last minute holds all the calls it may, as after the end of an allowance
    LIVE_FIRST = "live_first"  # bulk yields to due work of the live and operator lanes
    INSTITUTION = "institution"
    BULK = "bulk"
    SERVICE = "service"
    METHOD = "method"
    LOST = "lost"  # a row is missing or spoiled again and again


@dataclass(frozen=True, slots=True)
class Permit:
    """One call's right. `wait_seconds`: 0 when granted, else the earliest moment that makes sense to ask again."""

    granted: bool
    wait_seconds: float = 0.0
    why: Why = Why.NONE


@dataclass(frozen=True, slots=True)
class Layer:
    """A bucket that a call needs. `per`: a service's calls per minute, or the seconds between two calls of a method."""

    key: str
    layer: str
    name: str = ""
    per: float = 0.0


@dataclass(frozen=True, slots=True)
class Budget:
    """Calls to one institution's S-360 API, as of now.

    `limit_per_minute`: the limit in force, the contract's or an allowance's; `ours_per_minute`: our ceiling under it;
    `pace_per_minute`: what we go at, lower after refusals. `others_per_minute`: what others seemed to spend when S-360
    last refused us; None when it never did.
    """

    institution: str
    limit_per_minute: int
    share_percent: int
    ours_per_minute: int
    spent_this_minute: int
    by_lane: tuple[tuple[str, int], ...]
    refused_this_minute: int
    pace_per_minute: int
    raised_until: datetime | None
    blocked_until: datetime | None
    next_free_seconds: float
    others_per_minute: int | None
    last_refused_at: datetime | None
    remade_at: datetime | None
    institution_id: int
    bucket_id: int | None

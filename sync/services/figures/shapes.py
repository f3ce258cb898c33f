"""What the figures look like: frozen, JSON-ready through `dataclasses.asdict`, times aware and UTC, durations in
seconds."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sync.services.pace.shapes import Budget


@dataclass(frozen=True, slots=True)
class Count:
    """A number of rows. `is_floor`: counting stopped here, there are more. `is_estimate`: PostgreSQL's own
    statistics."""

    value: int = 0
    is_floor: bool = False
    is_estimate: bool = False

    def __str__(self) -> str:
        number = f"{self.value:,}"
        return f"more than {number}" if self.is_floor else f"about {number}" if self.is_estimate else number

    @property
    def short(self) -> str:
        """For a narrow place: "10,000+"."""
        return f"{self.value:,}{'+' if self.is_floor else ''}"

    def __bool__(self) -> bool:
        return self.value > 0


class Pulse(StrEnum):
    """How a stream's deliveries come, against its interval."""

    ON_TIME = "on_time"
    QUIET = "quiet"
    NEVER = "never"
    REFUSED = "refused"
    SWITCHED_OFF = "switched_off"


@dataclass(frozen=True, slots=True)
class StreamFigures:
    """One webhook URL. `forgets_at`: from then on S-360 gives up the first of the records we refused."""

    endpoint_id: int
    institution: str
    stream: str
    label: str
    interval_minutes: int
    pulse: Pulse
    last_delivery_at: datetime | None
    seconds_since_delivery: float | None
    refused_count: int
    refused_in_a_row: int
    last_refused_at: datetime | None
    last_refusal: str
    forgets_at: datetime | None
    forgets_in_seconds: float | None


@dataclass(frozen=True, slots=True)
class DoorFigures:
    """What S-360 has posted: stored, and not yet applied."""

    records_per_minute: int
    deliveries_waiting: Count
    records_waiting: int
    oldest_waiting_seconds: float | None
    records_parked: Count


@dataclass(frozen=True, slots=True)
class LaneFigures:
    """What is owed to one target. `held` waits for its contact; `waiting` is due now or later, `due` its oldest
    part."""

    target: str
    is_switched_on: bool
    waiting: Count
    held: Count
    in_flight: Count
    uncertain: Count
    parked: Count
    oldest_due_seconds: float | None
    per_minute: int
    delay_p50_seconds: float | None
    delay_p95_seconds: float | None


@dataclass(frozen=True, slots=True)
class ConnectionFigures:
    """One CRM account. `is_flowing`: entries are being sent; otherwise `reason` and `advice` say why and what to do."""

    connection_id: int
    name: str
    connector: str
    state: str
    state_label: str
    is_flowing: bool
    is_operators_choice: bool
    reason: str
    advice: str
    since: datetime | None
    resume_at: datetime | None
    last_success_at: datetime | None
    institutions: tuple[str, ...]
    institution_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CauseFigures:
    """One reason why work is parked, and how much of it."""

    cause_id: int
    institution: str
    target: str
    kind: str
    kind_label: str
    title: str
    message: str
    advice: str
    entries: Count
    records: Count
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class RunFigures:
    """One S-360 execution as we received it, with the five counters of S-360's own log."""

    run_id: int
    institution: str
    label: str
    started_at: datetime
    ended_at: datetime | None
    delivery_count: int
    record_count: int
    succeeded_count: int
    warning_count: int
    error_count: int
    timeout_count: int
    not_processed_count: int


@dataclass(frozen=True, slots=True)
class PartFigures:
    """Signs of life of the console's own processes."""

    beat_seconds: float | None
    worker_seconds: float | None
    workers_alive: int


class Level(StrEnum):
    URGENT = "urgent"
    ATTENTION = "attention"


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something a person should know. `screen` and `subject_id` say where to look; the admin turns them into a link."""

    level: Level
    title: str
    advice: str
    screen: str = ""
    subject_id: int | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it, as of `taken_at` on the database's clock."""

    taken_at: datetime
    institution_count: int
    contacts: Count
    orders: Count
    door: DoorFigures
    outbound: LaneFigures
    inbound: LaneFigures
    streams: tuple[StreamFigures, ...]
    connections: tuple[ConnectionFigures, ...]
    budgets: tuple[Budget, ...]
    causes: tuple[CauseFigures, ...]
    runs: tuple[RunFigures, ...]
    parts: PartFigures
    alarms: tuple[Alarm, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Nothing is set up yet: the home page explains the first steps instead of showing zeros."""
        return not self.streams and not self.connections

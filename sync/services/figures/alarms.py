"""What should a person know right now? Each alarm says what is wrong and what to do, the urgent ones first."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from sync.services.figures.durations import duration
from sync.services.figures.shapes import (
    Alarm,
    ConnectionFigures,
    DoorFigures,
    Figures,
    LaneFigures,
    Level,
    PartFigures,
    Pulse,
    RunFigures,
    StreamFigures,
)
from sync.services.figures.surroundings import ALIVE_SECONDS
from sync.services.pace.shapes import Budget

LATE_SECONDS: Final = 300  # an entry that has been due for longer should have been sent
SLOW_APPLY_SECONDS: Final = 60
FULL_EXECUTION: Final = 500  # S-360 sends at most this many records a round
FULL_RUNS: Final = 3


def alarms(figures: Figures) -> tuple[Alarm, ...]:
    """Every alarm these figures give, urgent first."""
    found = [
        *_parts(figures.parts),
        *(alarm for stream in figures.streams for alarm in _stream(stream)),
        *(alarm for connection in figures.connections for alarm in _connection(connection)),
        *(alarm for budget in figures.budgets for alarm in _budget(budget)),
        *_saturated(figures.runs),
        *_door(figures.door),
        *_lane(figures.outbound, "the CRM"),
        *_lane(figures.inbound, "S-360"),
        *_parked(figures),
    ]
    return tuple(sorted(found, key=lambda alarm: alarm.level is not Level.URGENT))


def _parts(parts: PartFigures) -> Iterator[Alarm]:
    advice = "Nothing is lost: deliveries are stored and wait. Start it again, with make run or your service manager."
    if not parts.workers_alive:
        yield Alarm(Level.URGENT, f"No worker is running{_since(parts.worker_seconds)}.", advice)
    if parts.beat_seconds is None or parts.beat_seconds > ALIVE_SECONDS:
        yield Alarm(Level.URGENT, f"The scheduler (beat) is not running{_since(parts.beat_seconds)}.", advice)


def _since(seconds: float | None) -> str:
    return "" if seconds is None else f"; the last sign of life was {duration(seconds)} ago"


def _stream(stream: StreamFigures) -> Iterator[Alarm]:
    name = f"{stream.institution} {stream.label.lower()}"
    if stream.pulse is Pulse.REFUSED:
        left = stream.forgets_in_seconds
        if left is None or left <= 0:
            loss = "S-360 may have given up records already: have them flagged again at SecuTix."
        else:
            loss = f"S-360 keeps trying; in about {duration(left)} it gives up the first of these records."
        title = f"{name}: the last {stream.refused_in_a_row:,} deliveries were refused at our door."
        yield Alarm(
            Level.URGENT, title, f"{stream.last_refusal or 'No reason kept.'} {loss}", "endpoint", stream.endpoint_id
        )
    if stream.pulse is Pulse.QUIET:
        advice = (
            f"S-360 sends every {duration(stream.interval_minutes * 60)} while there are changes. Quiet hours are "
            "normal; on a busy day check the webhook settings and the interface log in S-360."
        )
        ago = duration(stream.seconds_since_delivery or 0)
        yield Alarm(Level.ATTENTION, f"{name}: nothing has come for {ago}.", advice, "endpoint", stream.endpoint_id)


def _connection(connection: ConnectionFigures) -> Iterator[Alarm]:
    if connection.is_flowing:
        return
    level = Level.ATTENTION if connection.is_operators_choice else Level.URGENT
    title = f"CRM connection {connection.name}: {connection.state_label.lower()}."
    text = f"{connection.reason.rstrip('.')}. {connection.advice}" if connection.reason else connection.advice
    yield Alarm(level, title, text, "connection", connection.connection_id)


def _budget(budget: Budget) -> Iterator[Alarm]:
    if budget.remade_at is not None:
        yield Alarm(
            Level.URGENT,
            f"The pace of {budget.institution} to S-360 was lost or spoiled in the database, and made anew.",
            "Calls start slowly, so that S-360's limit holds. Find out who wrote there, then reset it.",
            "pace",
            budget.bucket_id,
        )
    if budget.blocked_until is not None:
        yield Alarm(
            Level.ATTENTION,
            f"S-360 refused calls for {budget.institution}: too many a minute.",
            "Everybody's calls pause, then go on slower and recover by themselves. "
            "If it comes back, others spend more of the limit: lower our share of it.",
            "pace",
            budget.bucket_id,
        )


def _door(door: DoorFigures) -> Iterator[Alarm]:
    late = door.oldest_waiting_seconds
    if late is not None and late > SLOW_APPLY_SECONDS:
        title = f"A delivery has been waiting to be applied for {duration(late)}."
        yield Alarm(Level.URGENT, title, "Check that a worker is running; the log names what stops it.", "deliveries")


def _lane(lane: LaneFigures, name: str) -> Iterator[Alarm]:
    late = lane.oldest_due_seconds
    if late is not None and late > LATE_SECONDS:
        title = f"Work for {name} has been due for {duration(late)} without being sent."
        yield Alarm(Level.URGENT, title, "Check that a worker is running and that the connection works.", "waiting")
    if lane.uncertain:
        title = f"{str(lane.uncertain).capitalize()} sent to {name} with no clear answer."
        yield Alarm(
            Level.ATTENTION,
            title,
            "The console waits, reads the record back and then decides; nothing is sent twice.",
            "uncertain",
        )


def _saturated(runs: Sequence[RunFigures]) -> Iterator[Alarm]:
    """Executions that are always full: S-360 holds more than it may send, and falls behind unseen."""
    by_stream: dict[str, list[RunFigures]] = defaultdict(list)
    for run in runs:  # newest first
        if run.ended_at is not None:
            by_stream[f"{run.institution} {run.label.lower()}"].append(run)
    for name, ended in by_stream.items():
        newest = ended[:FULL_RUNS]
        if len(newest) == FULL_RUNS and all(run.record_count >= FULL_EXECUTION for run in newest):
            title = f"{name}: the last {FULL_RUNS} executions were full ({FULL_EXECUTION} records)."
            advice = "More is waiting at S-360. Normal during an initial import; else let its webhooks run more often."
            yield Alarm(Level.ATTENTION, title, advice, "runs")


def _parked(figures: Figures) -> Iterator[Alarm]:
    total = figures.outbound.parked.value + figures.inbound.parked.value + figures.door.records_parked.value
    if total:
        counts = (figures.outbound.parked, figures.inbound.parked, figures.door.records_parked)
        more = "more than " if any(count.is_floor for count in counts) else ""
        noun = "record is" if total == 1 else "records are"
        advice = "They wait for you, grouped by cause: correct the cause, then re-queue."
        yield Alarm(Level.ATTENTION, f"{more}{total:,} {noun} parked.".capitalize(), advice, "causes")

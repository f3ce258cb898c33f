"""An outbox entry in words: its state, and when it moves next. Shared by the outbox, the record pages and the
causes."""

from typing import Any, Final

from django.utils import timezone

from sync.models import Cause, EntryState, OutboxEntry
from sync.services.figures.advice import title_of
from sync.services.figures.durations import duration
from sync.words import NOTHING, ago, badge, link_to

REQUEUE: Final = "sync.requeue_work"
TONES: Final = {
    EntryState.WAITING: "quiet",
    EntryState.CLAIMED: "busy",
    EntryState.SENDING: "busy",
    EntryState.UNCERTAIN: "warn",
    EntryState.PARKED: "bad",
    EntryState.SETTLED: "good",
}


def cause_link(cause: Cause | None) -> Any:
    """A link that says what happened, not the code it was filed under."""
    return link_to(cause, title_of(cause)) if cause is not None else NOTHING


def state_badge(entry: OutboxEntry) -> Any:
    """The state, and for a settled entry how it ended."""
    if entry.state == EntryState.SETTLED:
        text = entry.get_outcome_display() or entry.get_state_display()
        return badge(text, "good" if entry.outcome == "done" else "quiet")
    text = "Waits for its contact" if is_held(entry) else entry.get_state_display()
    return badge(text, TONES[EntryState(entry.state)])


def is_held(entry: OutboxEntry) -> bool:
    return entry.state == EntryState.WAITING and bool(entry.waits_for)


def next_move(entry: OutboxEntry) -> str:
    """When something happens to it next, and through whom."""
    match entry.state:
        case EntryState.WAITING if entry.waits_for:
            return "goes as soon as its contact is in the CRM"
        case EntryState.WAITING:
            return _due(entry)
        case EntryState.CLAIMED | EntryState.SENDING:
            return "being sent now"
        case EntryState.UNCERTAIN:
            return f"the CRM is read {ago(entry.lease_until)}" if entry.lease_until else "the CRM is read soon"
        case EntryState.PARKED:
            return "waits for you"
        case _:
            return f"ended {ago(entry.settled_at)}"


def _due(entry: OutboxEntry) -> str:
    late = (timezone.now() - entry.due_at).total_seconds()
    if late < 0:
        return f"next try in {duration(-late)}"
    return "due now" if late < 5 else f"due for {duration(late)}"  # noqa: PLR2004  a tick comes every two seconds

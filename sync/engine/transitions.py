"""Which states may an outbox entry, a delivery or one of its records be in, and what moves it?

One table each, with the reason of every arrow. Services name the arrow's ends in a conditional update; tests walk the
table at random; ``docs`` shows it. To add an arrow: one line here, and the service that travels it.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class OutboxState(StrEnum):
    WAITING = "waiting"
    CLAIMED = "claimed"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    PARKED = "parked"
    SETTLED = "settled"


class OutboxOutcome(StrEnum):
    """How a settled entry ended."""

    DONE = "done"
    NOTHING_TO_DO = "nothing_to_do"
    SUPERSEDED = "superseded"  # a newer waiting entry of the same record and target covers it
    CANCELLED = "cancelled"  # by a person
    SUPPRESSED = "suppressed"  # not sent on purpose: policy, erasure, shadow run


class DeliveryState(StrEnum):
    """A received body. It is claimed as a whole; its records settle one by one."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    SETTLED = "settled"
    REFUSED = "refused"  # kept although refused at the door, because its sender was genuine


class RecordState(StrEnum):
    """One record of a received body."""

    WAITING = "waiting"
    PARKED = "parked"
    SETTLED = "settled"


class RecordOutcome(StrEnum):
    """What a received record turned out to be."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    ECHO = "echo"
    STALE = "stale"
    REJECTED = "rejected"
    HELD = "held"  # kept back for a confirming read or a decision: an erased contact that arrives again
    FAILED = "failed"  # our own fault
    DISMISSED = "dismissed"  # by an operator


State = OutboxState | DeliveryState | RecordState
Arrows = Mapping[tuple[State, State], str]

OUTBOX_MOVES: Arrows = MappingProxyType(
    {
        (OutboxState.WAITING, OutboxState.CLAIMED): "due, and a worker took it by lease",
        (OutboxState.WAITING, OutboxState.SETTLED): "cancelled, suppressed, or the edit was taken back",
        (OutboxState.CLAIMED, OutboxState.SENDING): "intent committed: an attempt says what is about to be sent",
        (OutboxState.CLAIMED, OutboxState.WAITING): "nothing sent: no permit, connection paused, lease over",
        (OutboxState.CLAIMED, OutboxState.PARKED): "cannot be sent as is: mapping, conflict, frozen, our fault",
        (OutboxState.CLAIMED, OutboxState.SETTLED): "the plan is empty, suppressed, or a newer entry waits",
        (OutboxState.SENDING, OutboxState.SETTLED): "accepted: the pair moves in the same transaction",
        (OutboxState.SENDING, OutboxState.WAITING): "certainly not applied: throttled, or transient by backoff",
        (OutboxState.SENDING, OutboxState.PARKED): "refused for good, or retries exhausted",
        (OutboxState.SENDING, OutboxState.UNCERTAIN): "no clear answer, or the lease ended after the intent",
        (OutboxState.UNCERTAIN, OutboxState.SETTLED): "a read shows the value as wanted",
        (OutboxState.UNCERTAIN, OutboxState.WAITING): "a read shows the value as before, or something new to plan from",
        (OutboxState.UNCERTAIN, OutboxState.PARKED): "a read leaves doubt: a person reviews it",
        (OutboxState.PARKED, OutboxState.WAITING): "requeued, cause lifted, or a new edit changed what was refused",
        (OutboxState.PARKED, OutboxState.SETTLED): "cancelled, suppressed, or a new edit left nothing to send",
    }
)

DELIVERY_MOVES: Arrows = MappingProxyType(
    {
        (DeliveryState.WAITING, DeliveryState.CLAIMED): "a worker took it by lease",
        (DeliveryState.CLAIMED, DeliveryState.SETTLED): "each of its records is settled or parked",
        (DeliveryState.CLAIMED, DeliveryState.WAITING): "the lease ended: its worker died",
        (DeliveryState.SETTLED, DeliveryState.WAITING): "one of its parked records is replayed",
    }
)

RECORD_MOVES: Arrows = MappingProxyType(
    {
        (RecordState.WAITING, RecordState.SETTLED): "understood: applied, unchanged, echo, stale or held",
        (RecordState.WAITING, RecordState.PARKED): "rejected, held, our own fault, or it crashed three workers",
        (RecordState.PARKED, RecordState.WAITING): "replayed by an operator, or the cause is lifted",
        (RecordState.PARKED, RecordState.SETTLED): "dismissed by an operator",
    }
)

# Which endings each arrow into "settled" may carry.
_OUTBOX_ENDINGS: Mapping[OutboxState, frozenset[OutboxOutcome]] = {
    OutboxState.WAITING: frozenset(OutboxOutcome) - {OutboxOutcome.DONE},
    OutboxState.CLAIMED: frozenset(OutboxOutcome) - {OutboxOutcome.DONE},
    OutboxState.SENDING: frozenset({OutboxOutcome.DONE, OutboxOutcome.SUPERSEDED}),
    OutboxState.UNCERTAIN: frozenset({OutboxOutcome.DONE, OutboxOutcome.SUPERSEDED}),
    OutboxState.PARKED: frozenset(OutboxOutcome) - {OutboxOutcome.DONE},
}
_RECORD_ENDINGS: Mapping[RecordState, frozenset[RecordOutcome]] = {
    RecordState.WAITING: frozenset(RecordOutcome) - {RecordOutcome.DISMISSED},
    RecordState.PARKED: frozenset({RecordOutcome.DISMISSED}),
}
_MOVES: Mapping[type[State], Arrows] = {
    OutboxState: OUTBOX_MOVES,
    DeliveryState: DELIVERY_MOVES,
    RecordState: RECORD_MOVES,
}

# At most one waiting or parked, and one in flight, per record and target: the two partial unique indexes.
OUTBOX_OPEN = frozenset({OutboxState.WAITING, OutboxState.PARKED})
OUTBOX_IN_FLIGHT = frozenset({OutboxState.CLAIMED, OutboxState.SENDING, OutboxState.UNCERTAIN})
# A record the door cannot accept is born parked, its neighbours waiting.
RECORD_BEGINNINGS = frozenset({RecordState.WAITING, RecordState.PARKED})


def can_move(a: State, b: State) -> bool:
    """May something in state ``a`` go to state ``b``? Both of one machine; rows' texts are converted by the caller."""
    return type(a) is type(b) and (a, b) in _MOVES[type(a)]


def can_settle(state: OutboxState | RecordState, outcome: OutboxOutcome | RecordOutcome) -> bool:
    """May something in this state be settled with this outcome?"""
    if isinstance(state, OutboxState):
        return isinstance(outcome, OutboxOutcome) and outcome in _OUTBOX_ENDINGS.get(state, frozenset())
    return isinstance(outcome, RecordOutcome) and outcome in _RECORD_ENDINGS.get(state, frozenset())


def sources_of(state: State) -> frozenset[State]:
    """The states from which this one can be reached: the WHERE of a conditional update."""
    return frozenset(a for a, b in _MOVES[type(state)] if b is state)

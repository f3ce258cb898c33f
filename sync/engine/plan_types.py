"""What a plan is made from and made of. The decision itself is in ``plan.py``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sync.engine.canonical import Pairs, Value, View
from sync.engine.lifecycle import Lifecycle
from sync.engine.policy import PolicySet


class Side(StrEnum):
    S360 = "s360"
    CRM = "crm"


class ReasonCode(StrEnum):
    S360_MOVED = "s360_moved"
    CRM_MOVED = "crm_moved"
    MOVED_AGAIN = "moved_again"  # since the send that is in flight
    EQUAL = "equal"
    S360_WON = "s360_won"  # conflict, decided by the rule named in the data
    CRM_WON = "crm_won"
    CONFLICT = "conflict"
    FIRST_SENT = "first_sent"  # the other side has no value, or loses at the first link
    FIRST_KEPT = "first_kept"  # they differ, and the policy leaves both as they are from here on
    BLANK_KEPT = "blank_kept"
    DIRECTION_CLOSED = "direction_closed"
    LIFECYCLE_CLOSED = "lifecycle_closed"
    IN_FLIGHT = "in_flight"
    FROZEN = "frozen"


class Reason(NamedTuple):
    """Why a field is where it is. ``data`` is a side or a rule, never a personal value."""

    code: ReasonCode
    data: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides hold something new; ``base`` is the pair they left, None at a first link."""

    s360: Value
    crm: Value
    base: tuple[Value, Value] | None
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInput:
    """All a decision needs.

    ``in_flight_*``: field -> value of a send to that side whose end is not known yet (sending or uncertain).
    ``*_seen_at``: when we received each field's present value, for the rule "latest"; unknown times end in a conflict.
    """

    s360_view: View
    crm_view: View
    agreed: Pairs
    policies: PolicySet
    s360_seen_at: Mapping[str, datetime] | None = None
    crm_seen_at: Mapping[str, datetime] | None = None
    in_flight_crm: View = field(default_factory=dict)
    in_flight_s360: View = field(default_factory=dict)
    frozen: bool = False
    lifecycle: Lifecycle = Lifecycle.ACTIVE


@dataclass(frozen=True, slots=True)
class Plan:
    """The decision. ``to_*``: field -> canonical value to write there (None clears). ``agree``: pairs to store as they
    are, without any send. ``reasons`` has a line for every field that is not simply in agreement."""

    to_crm: dict[str, Value] = field(default_factory=dict)
    to_s360: dict[str, Value] = field(default_factory=dict)
    agree: dict[str, tuple[Value, Value]] = field(default_factory=dict)
    conflicts: dict[str, Conflict] = field(default_factory=dict)
    reasons: dict[str, Reason] = field(default_factory=dict)

    @property
    def sends_nothing(self) -> bool:
        return not self.to_crm and not self.to_s360

    @property
    def is_empty(self) -> bool:
        """Nothing to send, to store or to ask."""
        return self.sends_nothing and not self.agree and not self.conflicts

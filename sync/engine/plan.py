"""What must be sent where, what is in conflict, and why?

Asked by intake, push, write-back, requeue preview, reconciliation repair and the screen that explains. One pure, total
function over state (never over events), so a repeat, a replay or an echo needs no memory of its own: it moved nothing.

For each field, ``agreed`` holds the *pair* (S-360's value, CRM's value) last taken as equivalent; a side has *moved*
when its value differs, canonically, from its half. A move counts only if the policy lets it leave that side: a blank
that may not clear and a closed direction are not moves, so they can never be one half of a conflict.

=====================  =================================================================================
moved                  decision
=====================  =================================================================================
neither                nothing: this is how an echo looks
one side               send to the other
both, equal            agree, silently
both, different        the field's conflict rule, or a person
no pair yet            the field's first-link rule (``policy.FirstLinkRule``)
in flight to a side    send there again if the source moved on; the other way waits until the send is settled
=====================  =================================================================================

Absent never clears anything. To add a rule: an enumeration member in ``policy.py``, a branch in ``_winner`` or
``_link``, a ``ReasonCode`` with its sentence in ``explanation.py``.
"""

from typing import Final, NamedTuple

from sync.engine.canonical import FieldKind, Value, canonical_value, spec_of
from sync.engine.lifecycle import CRM_ACCEPTS, S360_ACCEPTS, Lifecycle
from sync.engine.plan_types import Conflict, Plan, PlanInput, Reason, ReasonCode, Side
from sync.engine.policy import BlankRule, ConflictRule, FieldPolicy, FirstLinkRule

__all__ = ["Conflict", "Plan", "PlanInput", "Reason", "ReasonCode", "Side", "owes_crm", "plan"]


def plan(data: PlanInput) -> Plan:
    """Decide every field of one record. Pure and total: no input makes it raise, the same input gives the same plan.

    After a send the caller stores ``after_send`` and plans again: what was held back as "in flight" is decided then.
    """
    made = Plan()
    unsettled = _unsettled(data)
    if unsettled:
        planner = _Planner(data, made)
        for name in unsettled:
            planner.decide(name)
    return made


def owes_crm(data: PlanInput) -> bool:
    """Would ``plan`` send the CRM anything? The same decisions, made only up to the first that does."""
    made = Plan()
    planner = _Planner(data, made)
    for name in _unsettled(data):
        planner.decide(name)
        if made.to_crm:
            return True
    return False


def _unsettled(data: PlanInput) -> list[str]:
    """Fields that need a thought; the raw comparison is the fast path, as most deliveries move nothing."""
    agreed, crm, s360 = data.agreed, data.crm_view, data.s360_view
    found = []
    for name, value in s360.items():
        pair = agreed.get(name)
        if pair is None:
            if value is not None or name in crm:  # empty here and never seen there: nothing to link yet
                found.append(name)
        elif pair[0] != value or crm.get(name, pair[1]) != pair[1]:
            found.append(name)
    for name, value in crm.items():
        if name not in s360 and ((pair := agreed.get(name)) is None or pair[1] != value):
            found.append(name)
    if data.in_flight_crm or data.in_flight_s360:
        found.extend(sorted((data.in_flight_crm.keys() | data.in_flight_s360.keys()) - set(found)))
    return found


class _Absent:
    """Never sent: not a value, and different from every value, None included."""


_ABSENT: Final = _Absent()
_CRM: Final = Side.CRM  # a member read from its class costs as much as a comparison
_S360: Final = Side.S360
_Held = Value | _Absent


class _ReasonsOfTarget(NamedTuple):
    first_sent: Reason
    moved_again: Reason
    direction_closed: Reason
    lifecycle_closed: Reason
    blank_kept: Reason

    @classmethod
    def of(cls, target: Side) -> "_ReasonsOfTarget":
        return cls(*(Reason(ReasonCode(name), target.value) for name in cls._fields))


# Made once: a first link asks for two dozen of them, and hashing an enumeration member costs more than the decision.
_S360_MOVED: Final = Reason(ReasonCode.S360_MOVED)
_CRM_MOVED: Final = Reason(ReasonCode.CRM_MOVED)
_EQUAL: Final = Reason(ReasonCode.EQUAL)
_FIRST_KEPT: Final = Reason(ReasonCode.FIRST_KEPT)
_IN_FLIGHT: Final = Reason(ReasonCode.IN_FLIGHT)
_FROZEN: Final = Reason(ReasonCode.FROZEN)
_NO_DIRECTION: Final = Reason(ReasonCode.DIRECTION_CLOSED)
_TO_CRM: Final = _ReasonsOfTarget.of(Side.CRM)
_TO_S360: Final = _ReasonsOfTarget.of(Side.S360)
# "no" first. A word we cannot read may be a refusal, so it outranks "yes".
_RANKS: Final[dict[str | None, int]] = {"no": 3, "yes": 1, None: 0}
_UNREADABLE_CONSENT_RANK: Final = 2


class _Planner:
    """Decides one field after another into ``made``. The record's own limits are read once."""

    __slots__ = ("_anonymised", "_crm_open", "_data", "_made", "_s360_open")

    def __init__(self, data: PlanInput, made: Plan) -> None:
        self._data = data
        self._made = made
        self._crm_open = data.lifecycle in CRM_ACCEPTS
        self._s360_open = data.lifecycle in S360_ACCEPTS
        self._anonymised = data.lifecycle == Lifecycle.ANONYMISED

    def decide(self, name: str) -> None:
        data, policy = self._data, self._data.policies.of(name)
        if not policy.opens_crm and not policy.opens_s360:
            self._made.reasons[name] = _NO_DIRECTION
            return
        if not self._crm_open:  # merged or erased: nothing leaves, and no value is kept as agreed
            self._made.reasons[name] = _TO_CRM.lifecycle_closed
            return
        s360 = canonical_value(name, data.s360_view[name]) if name in data.s360_view else _ABSENT
        crm = canonical_value(name, data.crm_view[name]) if name in data.crm_view else _ABSENT
        pair = data.agreed.get(name)
        if name in data.in_flight_crm or name in data.in_flight_s360:
            self._follow_send(policy, s360, crm)
        elif pair is None:
            self._link(policy, s360, crm)
        else:
            base = (canonical_value(name, pair[0]), canonical_value(name, pair[1]))
            self._compare(policy, s360, crm, base)

    def _follow_send(self, policy: FieldPolicy, s360: _Held, crm: _Held) -> None:
        """A send is in flight, so what its target holds is not known. Only the sending side can owe more: whatever
        the target shows meanwhile may be our own write, half-way."""
        name, data = policy.field, self._data
        self._made.reasons[name] = _IN_FLIGHT
        if name in data.in_flight_crm and name in data.in_flight_s360:
            return
        target, source = (_CRM, s360) if name in data.in_flight_crm else (_S360, crm)
        sent = data.in_flight_crm if target is _CRM else data.in_flight_s360
        if isinstance(source, _Absent) or source == canonical_value(name, sent[name]):
            return
        if self._stop(policy, target, source) is None:
            self._send(name, target, source, _reasons(target).moved_again)

    def _compare(self, policy: FieldPolicy, s360: _Held, crm: _Held, base: tuple[Value, Value]) -> None:
        """The three-way comparison of a field the two sides have agreed on before."""
        s360_moved = not isinstance(s360, _Absent) and s360 != base[0]
        crm_moved = not isinstance(crm, _Absent) and crm != base[1]
        if not s360_moved and not crm_moved:
            return
        if self._agree_if_equal(policy.field, s360, crm):
            return
        s360_stop = self._stop(policy, _CRM, s360) if s360_moved else _EQUAL
        crm_stop = self._stop(policy, _S360, crm) if crm_moved else _EQUAL
        if s360_stop is None and crm_stop is None:
            self._judge(policy, s360, crm, base)
        elif s360_stop is None:
            self._send(policy.field, _CRM, s360, _S360_MOVED)
        elif crm_stop is None:
            self._send(policy.field, _S360, crm, _CRM_MOVED)
        else:
            self._made.reasons[policy.field] = s360_stop if s360_moved else crm_stop

    def _agree_if_equal(self, name: str, s360: _Held, crm: _Held) -> bool:
        if isinstance(s360, _Absent) or isinstance(crm, _Absent) or s360 != crm:
            return False
        self._made.agree[name] = (s360, crm)
        self._made.reasons[name] = _EQUAL
        return True

    def _judge(self, policy: FieldPolicy, s360: _Held, crm: _Held, base: tuple[Value, Value] | None) -> None:
        """Both sides hold something else: the conflict rule names a winner, or a person is asked."""
        winner = self._winner(policy, s360, crm) if self._s360_open else _S360
        if winner is None:
            self._ask(policy.field, s360, crm, base, policy.conflict)
        elif base is None:
            self._award_first(policy, winner, s360, crm)
        else:
            code = ReasonCode.S360_WON if winner is _S360 else ReasonCode.CRM_WON
            target, value = (_CRM, s360) if winner is _S360 else (_S360, crm)
            self._send(policy.field, target, value, Reason(code, str(policy.conflict)))

    def _winner(self, policy: FieldPolicy, s360: _Held, crm: _Held) -> Side | None:
        match policy.conflict:
            case ConflictRule.S360_WINS:
                return _S360
            case ConflictRule.CRM_WINS:
                return _CRM
            case ConflictRule.LATEST:
                return self._later(policy.field)
            case ConflictRule.MOST_RESTRICTIVE if _restricts(policy):
                return _S360 if _rank(s360) > _rank(crm) else _CRM if _rank(crm) > _rank(s360) else None
            case _:
                return None

    def _later(self, name: str) -> Side | None:
        s360_at = (self._data.s360_seen_at or {}).get(name)
        crm_at = (self._data.crm_seen_at or {}).get(name)
        if s360_at is None or crm_at is None or s360_at == crm_at:
            return None
        return _S360 if s360_at > crm_at else _CRM

    def _link(self, policy: FieldPolicy, s360: _Held, crm: _Held) -> None:
        """No pair yet: the first time both sides of this field are looked at together."""
        if isinstance(crm, _Absent):
            # The CRM was never seen, so S-360 simply fills. A service that cannot be sure the CRM's record is new
            # reads it first: a consent could hide there that is stricter than the one we are about to write.
            if s360 is not None:
                self._award_first(policy, _S360, s360, crm)
        elif isinstance(s360, _Absent):
            self._link_without_s360(policy, crm)
        elif not self._agree_if_equal(policy.field, s360, crm):
            self._link_different(policy, s360, crm)

    def _link_without_s360(self, policy: FieldPolicy, crm: Value) -> None:
        """S-360 has not sent this field. Born in the CRM: all of it is news. Known to S-360: the block may just not be
        selected there, so writing blind could destroy what we cannot see; only a refusal of consent is always safe."""
        born_in_crm = not self._data.s360_view
        refusal = _restricts(policy) and crm == "no"
        if born_in_crm or refusal:
            if crm is not None:
                self._award_first(policy, _CRM, _ABSENT, crm)
        else:
            # The baseline makes a later edit on either side visible as a move.
            self._keep_both(policy.field, None, crm)

    def _link_different(self, policy: FieldPolicy, s360: Value, crm: Value) -> None:
        if crm is None:
            self._award_first(policy, _S360, s360, crm)
        elif s360 is None:
            fills = policy.first_link != FirstLinkRule.S360_WINS and self._s360_open
            self._award_first(policy, _CRM if fills else _S360, s360, crm)
        elif policy.first_link == FirstLinkRule.ASK and self._s360_open:
            self._ask(policy.field, s360, crm, None, policy.first_link)
        elif policy.first_link == FirstLinkRule.FILL_EMPTY or _restricts(policy):
            self._judge(policy, s360, crm, None)
        else:
            self._award_first(policy, _S360, s360, crm)

    def _award_first(self, policy: FieldPolicy, winner: Side, s360: _Held, crm: _Held) -> None:
        """Send the winner's value, or, where it may not travel, take the difference as given from here on."""
        target, value = (_CRM, s360) if winner is _S360 else (_S360, crm)
        stop = self._stop(policy, target, value)
        if stop is None:
            self._send(policy.field, target, value, _reasons(target).first_sent)
        elif isinstance(s360, _Absent) or isinstance(crm, _Absent):
            self._made.reasons[policy.field] = stop
        else:
            self._keep_both(policy.field, s360, crm)

    def _keep_both(self, name: str, s360: Value, crm: Value) -> None:
        self._made.agree[name] = (s360, crm)
        self._made.reasons[name] = _EQUAL if s360 == crm else _FIRST_KEPT

    def _ask(self, name: str, s360: _Held, crm: _Held, base: tuple[Value, Value] | None, rule: str) -> None:
        if not isinstance(s360, _Absent) and not isinstance(crm, _Absent):
            self._made.conflicts[name] = Conflict(s360, crm, base, str(rule))
            self._made.reasons[name] = Reason(ReasonCode.CONFLICT, str(rule))

    def _stop(self, policy: FieldPolicy, target: Side, value: _Held) -> Reason | None:
        """Why this value may not go there, or None."""
        if target is _CRM:
            reasons, accepts = _TO_CRM, self._crm_open
            is_open = policy.opens_crm or self._erases(policy)
        else:
            reasons, is_open, accepts = _TO_S360, policy.opens_s360, self._s360_open
        if not is_open:
            return reasons.direction_closed
        if not accepts:
            return reasons.lifecycle_closed
        return reasons.blank_kept if value is None and not self._clears(policy) else None

    def _clears(self, policy: FieldPolicy) -> bool:
        if spec_of(policy.field).kind is FieldKind.CONSENT:
            return False
        return policy.blank == BlankRule.CLEAR or self._erases(policy)

    def _erases(self, policy: FieldPolicy) -> bool:
        """S-360 took a person's data away for good: a policy that kept it in the CRM would undo the anonymisation."""
        return self._anonymised and spec_of(policy.field).personal

    def _send(self, name: str, target: Side, value: _Held, reason: Reason) -> None:
        if isinstance(value, _Absent):
            return
        if self._data.frozen:
            self._made.reasons[name] = _FROZEN
            return
        (self._made.to_crm if target is _CRM else self._made.to_s360)[name] = value
        self._made.reasons[name] = reason


def _reasons(target: Side) -> _ReasonsOfTarget:
    return _TO_CRM if target is _CRM else _TO_S360


def _restricts(policy: FieldPolicy) -> bool:
    return policy.conflict == ConflictRule.MOST_RESTRICTIVE and spec_of(policy.field).kind is FieldKind.CONSENT


def _rank(value: _Held) -> int:
    return _RANKS.get(value, _UNREADABLE_CONSENT_RANK) if value is None or isinstance(value, str) else 0

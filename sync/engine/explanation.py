"""One short sentence a field, for the screen that asks "why is this value here, or not there?".

No personal value appears in a sentence, so it may be shown, logged and exported.
"""

from collections.abc import Mapping

from sync.engine.canonical import spec_of
from sync.engine.plan import Plan, Reason, ReasonCode, Side

IN_AGREEMENT = "Both sides still hold what they agreed on."
_SIDES = {Side.S360.value: "S-360", Side.CRM.value: "the CRM"}
_SENTENCES: Mapping[ReasonCode, str] = {
    ReasonCode.S360_MOVED: "Changed in S-360 only: goes to the CRM.",
    ReasonCode.CRM_MOVED: "Changed in the CRM only: goes to S-360.",
    ReasonCode.MOVED_AGAIN: "Changed again while the last value was being sent to {side}: goes there once more.",
    ReasonCode.EQUAL: "Both sides hold the same value: agreed, nothing is sent.",
    ReasonCode.S360_WON: "Changed on both sides; {rule}: S-360's value goes to the CRM.",
    ReasonCode.CRM_WON: "Changed on both sides; {rule}: the CRM's value goes to S-360.",
    ReasonCode.CONFLICT: "The two sides differ and {rule}: a person decides.",
    ReasonCode.FIRST_SENT: "First link: goes to {side}.",
    ReasonCode.FIRST_KEPT: "First link: the two sides differ and both stay as they are; later changes travel.",
    ReasonCode.BLANK_KEPT: "Emptied on one side: an empty value does not clear {side}.",
    ReasonCode.DIRECTION_CLOSED: "The field's direction does not allow sending to {side}.",
    ReasonCode.LIFECYCLE_CLOSED: "The state of this contact does not allow sending to {side}.",
    ReasonCode.IN_FLIGHT: "A send of this field is under way: decided when its outcome is known.",
    ReasonCode.FROZEN: "The record is frozen: nothing is sent until a person releases it.",
}
_RULES: Mapping[str, str] = {
    "s360_wins": "S-360 wins",
    "crm_wins": "the CRM wins",
    "latest": "the latest change wins",
    "most_restrictive": "the most restrictive consent wins",
    "ask": "the rule is to ask",
}
_UNDECIDED: Mapping[str, str] = {
    "latest": "it is not known which change came last",
    "most_restrictive": "neither is the more restrictive",
}


def explain(plan: Plan) -> dict[str, str]:
    """Field -> sentence, for every field that is not simply in agreement (show ``IN_AGREEMENT`` for the others)."""
    return {name: explain_reason(reason) for name, reason in plan.reasons.items()}


def explain_reason(reason: Reason) -> str:
    """The sentence for one reason."""
    side = _SIDES.get(reason.data, "the other side")
    rules = _UNDECIDED if reason.code is ReasonCode.CONFLICT else {}
    rule = rules.get(reason.data) or _RULES.get(reason.data, "the rule decides")
    return _SENTENCES[reason.code].format(side=side, rule=rule)


def summary(plan: Plan) -> str:
    """One line for a list: what goes where, by label ("to the CRM: E-mail, Town; asked: Title")."""
    parts = (("to the CRM", plan.to_crm), ("to S-360", plan.to_s360), ("asked", plan.conflicts))
    lines = [f"{verb}: {', '.join(spec_of(name).label for name in names)}" for verb, names in parts if names]
    return "; ".join(lines) or "nothing to do"

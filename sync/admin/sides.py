"""A record's values side by side: S-360's, the CRM's, what both agreed on, and what the plan would do about each
field."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.http import HttpRequest
from django.utils.html import format_html

from sync.admin.far_side import FarSide
from sync.admin.page import Section
from sync.admin.privacy import NEVER_SENT, may_see_people, shown, shown_of
from sync.engine.explanation import explain
from sync.engine.fields import CONTACT_FIELDS, ORDER_FIELDS, spec_of
from sync.engine.lifecycle import Lifecycle
from sync.engine.plan import Plan, PlanInput, plan
from sync.models import Entity, EntryState, OutboxEntry, Target
from sync.services.institution_rules import policies_of
from sync.words import badge

NOT_MAPPED: Final = "Not in the field mapping: it stays here."
AGREED: Final = "In agreement."  # said of most fields, so in few words
NO_CRM: Final = "The institution is not paired with a CRM yet."
SENDING: Final = (EntryState.SENDING, EntryState.UNCERTAIN)
_ORDER: Final = {name: place for place, name in enumerate((*CONTACT_FIELDS, *ORDER_FIELDS))}
_OPEN_FAMILIES_LAST: Final = len(_ORDER)


def plan_of(record: Any, entity: Entity, far_side: FarSide | None, entries: Iterable[OutboxEntry]) -> Plan:
    """What would be sent now, with the record's institution's policies and its CRM's mapping."""
    policies = policies_of(record.institution_id, entity)
    flying = {e.target: e.intent or {} for e in entries if e.state in SENDING}
    return plan(
        PlanInput(
            s360_view=record.s360_view,
            crm_view=record.crm_view,
            agreed=record.agreed,
            policies=far_side.limit(policies) if far_side else policies,
            in_flight_crm=flying.get(Target.CRM, {}),
            in_flight_s360=flying.get(Target.S360, {}),
            frozen=record.frozen_at is not None,
            lifecycle=Lifecycle(record.lifecycle),
        )
    )


def sides_section(request: HttpRequest, record: Any, decided: Plan, far_side: FarSide | None) -> Section:
    """One row per field that either side has ever named."""
    reasons = explain(decided)
    names = sorted(
        {*record.s360_view, *record.crm_view}, key=lambda name: (_ORDER.get(name, _OPEN_FAMILIES_LAST), name)
    )
    hidden = "" if may_see_people(request) else "personal values are masked: your role does not include seeing them"
    return Section(
        "Values on both sides",
        columns=("Field", "S-360", "CRM", "Agreed", "What happens"),
        rows=[_row(request, record, name, decided, reasons, far_side) for name in names],
        empty="Neither side has sent anything of this record yet.",
        note=hidden,
        anchor="values",
    )


def _row(
    request: HttpRequest, record: Any, name: str, decided: Plan, reasons: dict[str, str], far_side: FarSide | None
) -> Sequence[Any]:
    travels = name in decided.to_crm or name in decided.to_s360 or name in decided.conflicts
    emphasis = "<b>{}</b>" if travels else "{}"
    return (
        spec_of(name).label,
        format_html(emphasis, shown_of(request, record.s360_view, name)),
        format_html(emphasis, shown_of(request, record.crm_view, name)),
        _agreed(request, record.agreed.get(name), name),
        _what_happens(name, decided, reasons, far_side),
    )


def _agreed(request: HttpRequest, pair: Sequence[Any] | None, name: str) -> str:
    if pair is None:
        return NEVER_SENT
    s360, crm = (shown(request, name, value) for value in pair)
    return s360 if s360 == crm else f"{s360} = {crm}"


def _what_happens(name: str, decided: Plan, reasons: dict[str, str], far_side: FarSide | None) -> Any:
    if name in decided.conflicts:
        return _told("conflict", "bad", reasons[name])
    if far_side is None:
        return _told("waits", "quiet", NO_CRM)
    if far_side.name_of(name) is None:
        return _told("", "quiet", NOT_MAPPED)
    if name in decided.to_crm or name in decided.to_s360:
        return _told("to the CRM" if name in decided.to_crm else "to S-360", "busy", reasons.get(name, ""))
    return _told("", "quiet", reasons.get(name) or AGREED)


def _told(head: str, tone: str, sentence: str) -> Any:
    if head:
        return format_html("{} {}", badge(head, tone), sentence)
    return format_html('<span class="c-muted">{}</span>', sentence)

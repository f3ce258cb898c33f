"""What exactly is sent for one due entry, or why nothing is: the plan as of now, in the CRM's names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crm.connectors.base import Link, OutboundRecord
from crm.services.mapping import EntityMapping, UnmappedValueError
from sync.engine.fields import Entity as RemoteEntity
from sync.engine.lifecycle import Lifecycle
from sync.engine.plan import Plan, PlanInput, plan
from sync.engine.policy import PolicySet
from sync.models import Entity, FailureKind, Target
from sync.services.causes import CauseKey
from sync.services.ledger.take import DueEntry
from sync.services.ledger.verdict import Action, Verdict


@dataclass(frozen=True, slots=True)
class InstitutionTarget:
    """What the push knows of one institution of this connection. `abandoned_states`: order states kept back."""

    institution_id: int
    policies: PolicySet
    key_prefix: str = ""
    abandoned_states: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Prepared:
    """Ready to send. `sent`: the canonical values behind `record.fields`."""

    entry: DueEntry
    record: OutboundRecord
    sent: Mapping[str, Any]
    agree: Mapping[str, tuple[Any, Any]]


def prepare(
    entry: DueEntry,
    entity: Entity,
    target: InstitutionTarget,
    mapping: EntityMapping,
    bindings: Mapping[int, str],
    contact_remote: str | None,
) -> Prepared | Verdict:
    """Decide one entry. `bindings`: record id -> the CRM's id; `contact_remote`: the CRM's id of an order's contact."""
    if entry.is_frozen:
        return _parked(entry, "frozen", "The record is frozen: an operator decides which side is right.")
    if entity == Entity.ORDER:
        kept_back = _order_waits(entry, target, contact_remote)
        if kept_back is not None:
            return kept_back
    decided = plan(
        PlanInput(
            s360_view=entry.s360_view,
            crm_view=entry.crm_view,
            agreed=entry.agreed,
            policies=target.policies,
            lifecycle=Lifecycle(entry.lifecycle),
        )
    )
    if decided.conflicts and not decided.to_crm:
        fields = ", ".join(sorted(decided.conflicts))
        return _parked(entry, "conflict", f"Both sides changed {fields}: a person decides.")
    if not decided.to_crm:
        return Verdict(entry.entry_id, entry.institution_id, entry.record_id, Action.NOTHING_TO_DO, agree=decided.agree)
    return _mapped(entry, entity, target, mapping, decided, bindings, contact_remote)


def _mapped(
    entry: DueEntry,
    entity: Entity,
    target: InstitutionTarget,
    mapping: EntityMapping,
    decided: Plan,
    bindings: Mapping[int, str],
    contact_remote: str | None,
) -> Prepared | Verdict:
    try:
        fields = mapping.remote_fields(decided.to_crm)
    except UnmappedValueError as error:
        message = f"{error} Add it to the value map, then lift this cause."
        return _parked(entry, "value_not_mapped", message, FailureKind.MISCONFIGURED, error.field, error.value)
    contact_key = target.key_prefix + entry.contact_number
    links = (Link(RemoteEntity.CONTACT, contact_key, contact_remote),) if contact_remote else ()
    key = target.key_prefix + (entry.key or "")
    record = OutboundRecord(key, bindings.get(entry.record_id), fields, links, str(entry.entry_id))
    return Prepared(entry, record, decided.to_crm, decided.agree)


def _order_waits(entry: DueEntry, target: InstitutionTarget, contact_remote: str | None) -> Verdict | None:
    if entry.s360_view.get("order_state") in target.abandoned_states:
        message = "An abandoned order: this pairing does not send those."
        return Verdict(entry.entry_id, entry.institution_id, entry.record_id, Action.SUPPRESSED, message=message)
    if entry.contact_number and contact_remote is None:
        message = "It waits until its contact is in the CRM."
        return Verdict(entry.entry_id, entry.institution_id, entry.record_id, Action.WAIT_FOR_CONTACT, message=message)
    return None


def _parked(
    entry: DueEntry,
    code: str,
    message: str,
    kind: FailureKind = FailureKind.PERMANENT,
    field: str = "",
    value: str = "",
) -> Verdict:
    cause = CauseKey(entry.institution_id, Target.CRM, kind, code, field, value)
    return Verdict(
        entry.entry_id, entry.institution_id, entry.record_id, Action.PARK, cause=cause, code=code, message=message
    )

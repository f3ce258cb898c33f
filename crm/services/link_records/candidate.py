"""The CRM record a refusal named, compared with the contact it would be linked to. Reads only."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from crm.connectors.base import ConnectorUnavailable, Ref, RemoteRecord
from crm.connectors.base import Entity as RemoteEntity
from crm.models import Binding
from crm.services.link_records.far_end import FarEnd, LinkRefusedError, far_end_of
from sync.engine.canonical import Value, same
from sync.engine.lifecycle import CRM_ACCEPTS, Lifecycle
from sync.engine.plan import Plan, PlanInput, plan
from sync.engine.redaction import mask_value
from sync.models import Contact, Entity, EventKind, OutboxEntry, RecordEvent, Target

__all__ = ["Candidate", "LinkRefusedError", "candidate_for", "look_at", "named_record", "named_records"]

SEVERAL_CARRY_THE_KEY = "duplicate_key"  # our number is there already, twice: nothing to link, something to merge


@dataclass(frozen=True)
class Candidate:
    """A contact and the CRM record it may be linked to. `obstacle`: why it cannot be, empty when it can.

    `view`: what the CRM's record says, canonical. `carries`: the S-360 number on it, empty when none is.
    """

    contact: Contact
    end: FarEnd
    remote_id: str
    view: Mapping[str, Value]
    version: str = ""
    carries: str = ""
    obstacle: str = ""

    @property
    def key(self) -> str:
        return self.end.key_of(self.contact)

    @property
    def carries_another_number(self) -> bool:
        return self.carries not in ("", self.key)

    @cached_property
    def agreeing(self) -> tuple[str, ...]:
        """Fields both sides know, with the same value."""
        return tuple(name for name in self._both if same(name, self.contact.s360_view[name], self.view[name]))

    @cached_property
    def differing(self) -> tuple[str, ...]:
        """Fields both sides know, with different values."""
        return tuple(name for name in self._both if name not in self.agreeing)

    @property
    def _both(self) -> list[str]:
        """Known and filled on at least one side: two empty values say nothing about a person."""
        ours = self.contact.s360_view
        return [name for name in self.view if name in ours and (ours[name] or self.view[name])]

    @cached_property
    def plan(self) -> Plan:
        """What would be sent after the link: the first-link rule of each field, with both sides known."""
        return plan(
            PlanInput(
                s360_view=self.contact.s360_view,
                crm_view=self.view,
                agreed={},
                policies=self.end.policies,
                frozen=self.contact.frozen_at is not None,
                lifecycle=Lifecycle(self.contact.lifecycle),
            )
        )

    @property
    def masked_name(self) -> str:
        """The CRM's name of the person, fit for everybody: `A*** L***`."""
        parts = (mask_value(name, self.view.get(name)) for name in ("first_name", "last_name"))
        return " ".join(str(part) for part in parts if part)

    @property
    def masked_email(self) -> str:
        return str(mask_value("email", self.view.get("email")) or "")


def candidate_for(contact: Contact, remote_id: str | None = None) -> Candidate | None:
    """The record that the contact's last refusal named (or `remote_id`) as the CRM holds it now; None if none is.

    One or two calls to the CRM. Raises LinkRefusedError when it cannot be read.
    """
    chosen = remote_id or named_record(contact.pk)
    if not chosen:
        return None
    end = far_end_of(contact.institution_id)
    return look_at(end, [(contact, chosen)])[contact.pk]


def named_record(contact_id: int) -> str | None:
    """The CRM record that holds what this contact's parked entry was refused for. No call is made."""
    return named_records([contact_id]).get(contact_id)


def named_records(contact_ids: Collection[int]) -> dict[int, str]:
    """Contact id -> the CRM record its last refusal named, for those whose entry to the CRM is parked for that."""
    parked = OutboxEntry.objects.filter(contact_id__in=contact_ids, target=Target.CRM, state="parked")
    entries = set(parked.values_list("pk", flat=True))
    refusals = RecordEvent.objects.filter(contact_id__in=contact_ids, kind=EventKind.PARKED, target=Target.CRM)
    found: dict[int, str] = {}
    for event in refusals.order_by("contact_id", "-id").distinct("contact_id"):
        named = event.detail.get("conflicting_remote_id")
        if (
            named
            and event.contact_id
            and event.entry_id in entries
            and event.detail.get("code") != SEVERAL_CARRY_THE_KEY
        ):
            found[event.contact_id] = str(named)
    return found


def look_at(end: FarEnd, pairs: Sequence[tuple[Contact, str]]) -> dict[int, Candidate]:
    """The candidates of these contacts (all of one institution), by contact id, read in as few calls as the CRM takes.

    Raises LinkRefusedError when the CRM cannot be read.
    """
    refs = {remote_id: Ref(remote_id=remote_id) for _, remote_id in pairs}
    try:
        connector = end.open([contact.s360_view for contact, _ in pairs])
        found = connector.fetch(RemoteEntity.CONTACT, list(refs.values()))
    except ConnectorUnavailable as error:
        raise end.unavailable(error, "read") from error
    ties = _Ties(end, pairs)
    return {c.pk: _candidate(end, c, remote_id, found.get(refs[remote_id]), ties) for c, remote_id in pairs}


def _candidate(end: FarEnd, contact: Contact, remote_id: str, record: RemoteRecord | None, ties: "_Ties") -> Candidate:
    if record is None:
        return Candidate(contact, end, remote_id, {}, obstacle=f"The CRM has no record {remote_id}.")
    view = end.mapping.canonical_fields(record.fields, contact.s360_view)
    carries = record.key or ""
    obstacle = _of_contact(contact) or ties.obstacle(contact, remote_id) or _of_number(end, contact, carries, remote_id)
    return Candidate(contact, end, remote_id, view, record.version or "", carries, obstacle)


def _of_contact(contact: Contact) -> str:
    if not contact.contact_number:
        return "S-360 has not given this contact a number yet."
    if Lifecycle(contact.lifecycle) not in CRM_ACCEPTS:
        return f"This contact is not active ({contact.get_lifecycle_display().lower()}): nothing of it goes to the CRM."
    return ""


def _of_number(end: FarEnd, contact: Contact, carries: str, remote_id: str) -> str:
    if carries in ("", end.key_of(contact)):
        return ""
    return f"CRM record {remote_id} already carries the number {carries}: find out in the CRM whose it is."


class _Ties:
    """The bindings that stand in the way, in two queries."""

    def __init__(self, end: FarEnd, pairs: Sequence[tuple[Contact, str]]) -> None:
        bound = Binding.objects.filter(connection=end.connection, entity=Entity.CONTACT)
        ours = bound.filter(contact_id__in=[contact.pk for contact, _ in pairs])
        theirs = bound.filter(remote_id__in=[remote_id for _, remote_id in pairs]).select_related("contact")
        self._remote_of: dict[Any, str] = dict(ours.values_list("contact_id", "remote_id"))
        self._holder_of = {binding.remote_id: binding.contact for binding in theirs.defer("contact__raw")}

    def obstacle(self, contact: Contact, remote_id: str) -> str:
        mine = self._remote_of.get(contact.pk)
        if mine is not None and mine != remote_id:
            return f"This contact is CRM record {mine} already: merge {mine} and {remote_id} in the CRM."
        holder = self._holder_of.get(remote_id)
        if holder is not None and holder.pk != contact.pk:
            return f"CRM record {remote_id} belongs to contact {holder}."
        return ""

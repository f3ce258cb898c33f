"""Allowances: asked for by one person, approved by another, over before their time by anybody who may approve."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models.functions import Now

from sync.models import Allowance, ApiAccess
from sync.services.audit import note_action

TYPED_ABOVE: Final = 2  # times the contract's limit: a digit too many stops here


class AllowanceRefusedError(Exception):
    """What was asked cannot be done; the message says why, to the person who asked."""


@dataclass(frozen=True, slots=True)
class Raise:
    """What SecuTix grants. `calls_per_minute`: the institution's whole limit from `starts_at` to `ends_at` (aware)."""

    institution_id: int
    starts_at: datetime
    ends_at: datetime
    calls_per_minute: int
    ticket: str
    note: str = ""


def ask_allowance(wanted: Raise, *, actor: str) -> Allowance:
    """Book a raised limit; it counts once somebody else approves it. Audited. Raises AllowanceRefusedError."""
    problem = problem_of(wanted)
    if problem:
        raise AllowanceRefusedError(problem)
    with transaction.atomic():
        asked = Allowance.objects.create(
            institution_id=wanted.institution_id,
            starts_at=wanted.starts_at,
            ends_at=wanted.ends_at,
            calls_per_minute=wanted.calls_per_minute,
            ticket=wanted.ticket,
            note=wanted.note,
            asked_by=actor,
        )
        note_action(actor, "ask_allowance", f"allowance {asked.pk}", reason=wanted.note, after=_told(asked))
    return asked


def problem_of(wanted: Raise) -> str:
    """Why this cannot be asked for, in words; empty when it can."""
    contract = contract_of(wanted.institution_id)
    if contract is None:
        return "The institution has no API access yet."
    if wanted.ends_at <= wanted.starts_at:
        return "It must end after it starts."
    if wanted.calls_per_minute <= contract:
        return f"The contract allows {contract} calls a minute already."
    return "" if wanted.ticket.strip() else "Name the SecuTix ticket that grants it."


def contract_of(institution_id: int) -> int | None:
    """The contract's calls per minute; None without API access."""
    return ApiAccess.objects.filter(institution_id=institution_id).values_list("calls_per_minute", flat=True).first()


def must_be_typed(allowance: Allowance) -> bool:
    """More than twice the contract: whoever approves types the number."""
    contract = contract_of(allowance.institution_id)
    return contract is None or allowance.calls_per_minute > TYPED_ABOVE * contract


def approve_allowance(
    allowance_id: int, *, actor: str, typed: int | None = None, reason: str = "", key: str | None = None
) -> Allowance:
    """Let the allowance count. `typed`: its calls per minute as the approver typed them, needed above twice the
    contract.

    Raises AllowanceRefusedError (own request, decided already, ended, number missing), AlreadyDoneError.
    """
    with transaction.atomic():
        asked = Allowance.objects.select_for_update().get(pk=allowance_id)
        if asked.asked_by == actor:
            raise AllowanceRefusedError("You asked for it yourself: another person has to approve it.")
        if asked.approved_by or asked.ended_at:
            raise AllowanceRefusedError("It has been decided already.")
        if must_be_typed(asked) and typed != asked.calls_per_minute:
            raise AllowanceRefusedError(f"Type {asked.calls_per_minute} to confirm: more than twice the contract.")
        asked.approved_by = actor
        asked.approved_at = Now()
        asked.save(update_fields=["approved_by", "approved_at"])
        note_action(actor, "approve_allowance", f"allowance {asked.pk}", reason=reason, after=_told(asked), key=key)
    return asked


def end_allowance(allowance_id: int, *, actor: str, reason: str = "", key: str | None = None) -> Allowance:
    """End or withdraw it now: the pace falls with the next call. Raises AllowanceRefusedError, AlreadyDoneError."""
    with transaction.atomic():
        found = Allowance.objects.select_for_update().get(pk=allowance_id)
        if found.ended_at:
            raise AllowanceRefusedError("It has been ended already.")
        found.ended_at = Now()
        found.save(update_fields=["ended_at"])
        note_action(actor, "end_allowance", f"allowance {found.pk}", reason=reason, before=_told(found), key=key)
    return found


def _told(allowance: Allowance) -> dict[str, str | int]:
    return {
        "calls_per_minute": allowance.calls_per_minute,
        "ticket": allowance.ticket,
        "starts_at": allowance.starts_at.isoformat(),
        "ends_at": allowance.ends_at.isoformat(),
        "asked_by": allowance.asked_by,
    }

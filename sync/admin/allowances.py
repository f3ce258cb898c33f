"""Allowances: one person asks, another approves; nobody edits what was asked for."""

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from sync.admin.filters import InstitutionFilter
from sync.admin.page import Effect
from sync.admin.settings_base import SettingsAdmin
from sync.admin.verbs import Request, Verb, VerbRefusedError
from sync.models import Allowance
from sync.services.pace.allowances import (
    AllowanceRefusedError,
    Raise,
    approve_allowance,
    ask_allowance,
    contract_of,
    end_allowance,
    must_be_typed,
    problem_of,
)
from sync.words import badge, exact

APPROVE: Final = "sync.approve_allowance"
FIELDS: Final = ("institution", "starts_at", "ends_at", "calls_per_minute", "ticket", "note")


class AllowanceForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    class Meta:
        model = Allowance
        fields = FIELDS
        labels = {"starts_at": "From", "ends_at": "To", "ticket": "SecuTix ticket"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        problem = "" if self.errors else problem_of(wanted_of(cleaned))
        if problem:
            self.add_error(None, problem)
        return cleaned


def wanted_of(cleaned: dict[str, Any]) -> Raise:
    given = {name: cleaned[name] for name in FIELDS if name != "institution"}
    return Raise(institution_id=cleaned["institution"].pk, **given)


def _approval(request: HttpRequest, allowance: Allowance) -> Effect:
    return Effect(
        f"Let the console make up to {allowance.calls_per_minute} calls a minute for {allowance.institution.code}?",
        lines=(
            f"From {exact(allowance.starts_at)} to {exact(allowance.ends_at)}, then it ends by itself.",
            f"The contract allows {contract_of(allowance.institution_id)} calls a minute.",
            f"{allowance.asked_by} asked for it and names the SecuTix ticket {allowance.ticket}.",
        ),
        count=allowance.calls_per_minute,
        is_large=must_be_typed(allowance),
    )


def _approve(asked: Request, allowance: Allowance) -> str:
    typed = str(asked.http.POST.get("typed", "")).replace(",", "").replace(" ", "")
    try:
        approve_allowance(
            allowance.pk,
            actor=asked.actor,
            typed=int(typed) if typed.isascii() and typed.isdigit() else None,
            reason=asked.reason,
            key=asked.key,
        )
    except AllowanceRefusedError as refused:
        raise VerbRefusedError(str(refused)) from refused
    return f"Approved: {allowance}."


def _ending(request: HttpRequest, allowance: Allowance) -> Effect:
    return Effect(f"End the allowance of {allowance.institution.code} now?", ("The pace falls with the next call.",))


def _end(asked: Request, allowance: Allowance) -> str:
    try:
        end_allowance(allowance.pk, actor=asked.actor, reason=asked.reason, key=asked.key)
    except AllowanceRefusedError as refused:
        raise VerbRefusedError(str(refused)) from refused
    return f"Ended: {allowance}."


@admin.register(Allowance)
class AllowanceAdmin(SettingsAdmin):
    form = AllowanceForm
    list_display = (
        "of_institution",
        "calls_per_minute",
        "starts_at",
        "ends_at",
        "ticket",
        "asked_by",
        "approved_by",
        "state",
    )
    list_display_links = ("of_institution",)
    list_filter = (InstitutionFilter,)
    list_select_related = ("institution",)
    verbs = (
        Verb("approve", "Approve", APPROVE, _approval, _approve, lambda a: not (a.approved_by or a.ended_at)),
        Verb("end", "End now", APPROVE, _ending, _end, lambda a: not a.ended_at and a.ends_at > timezone.now()),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What two people have seen stays as they saw it; ask again for something else."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """The service makes the row, and audits it."""
        asked = ask_allowance(wanted_of(form.cleaned_data), actor=request.user.get_username())
        obj.pk = asked.pk

    @admin.display(description="Institution")
    def of_institution(self, allowance: Allowance) -> str:
        return allowance.institution.code

    @admin.display(description="State")
    def state(self, allowance: Allowance) -> Any:
        now = timezone.now()
        if allowance.ended_at or allowance.ends_at <= now:
            return badge("over", "quiet")
        if not allowance.approved_by:
            return badge("waits for a second person", "warn")
        return badge("running", "good") if allowance.starts_at <= now else badge("booked", "busy")

"""What a person can do on a screen, and how it is asked: a confirmation that says what will happen, then one POST.

Every verb has a permission, is confirmed, checks the state when it acts (the service does), is audited (the service
writes
the OperatorAction), and carries a key made with the form, so that a double click acts once. To add one: a `Verb` in the
screen's `verbs` (for one row) or `list_verbs` (for selected rows).
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from sync.admin.page import Effect

KEY_FIELD: Final = "key"
CONFIRMED: Final = "confirmed"


class VerbRefusedError(Exception):
    """What was asked cannot be done now; the message says why, to the person who asked."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who asked, why, and the key that makes a double click one action."""

    http: HttpRequest
    reason: str
    key: str

    @property
    def actor(self) -> str:
        return self.http.user.get_username()


@dataclass(frozen=True, slots=True)
class Verb:
    """Something done to one row. `run` returns the sentence to show, or a whole answer (a secret shown once).

    `possible` says whether the button makes sense in the row's state; `run` checks again.
    """

    name: str
    label: str
    permission: str
    effect: Callable[[HttpRequest, Any], Effect]
    run: Callable[[Request, Any], str | HttpResponse]
    possible: Callable[[Any], bool] = lambda row: True
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ListVerb:
    """Something done to the selected rows, or to all that match the list's filter."""

    name: str
    label: str
    permission: str
    effect: Callable[[HttpRequest, "QuerySet[Any]"], Effect]
    run: Callable[[Request, "QuerySet[Any]"], str]


class ConfirmForm(forms.Form):
    """Reason, key, and the typed number where many rows are concerned."""

    reason = forms.CharField(
        max_length=500, required=False, widget=forms.TextInput(attrs={"class": "c-input", "autofocus": True})
    )
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)
    typed = forms.CharField(
        required=False, max_length=20, widget=forms.TextInput(attrs={"class": "c-input c-input--short"})
    )

    def __init__(self, effect: Effect, data: Any = None) -> None:
        super().__init__(data, initial={"key": secrets.token_hex(16)})
        self.effect = effect
        self.fields["reason"].required = effect.reason_required
        if not effect.must_be_typed:
            del self.fields["typed"]

    def clean_typed(self) -> str:
        typed = str(self.cleaned_data["typed"]).replace(",", "").replace(" ", "")
        if typed != str(self.effect.count):
            raise forms.ValidationError(f"Type {self.effect.count} to confirm.")
        return typed


def label_of(row: Model) -> str:
    """`outbox entry 12`, for sentences."""
    return f"{row._meta.verbose_name} {row.pk}"  # noqa: SLF001

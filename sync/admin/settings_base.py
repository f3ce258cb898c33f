"""Settings screens: ordinary forms, of which every change is audited, and whose secrets go in and never come out."""

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminPasswordWidget

from sync.admin.base import ConsoleAdmin
from sync.services.audit import note_action

WRITE_ONLY: Final = "Leave empty to keep what is stored. It is stored encrypted and never shown."
NOT_AUDITED: Final = "(a secret)"


def secret_field(label: str, help_text: str = WRITE_ONLY) -> forms.CharField:
    """A field that takes a secret and never shows one: empty means unchanged."""
    widget = UnfoldAdminPasswordWidget(render_value=False, attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, required=False, help_text=help_text, widget=widget)


class SettingsAdmin(ConsoleAdmin):
    """`secret_names`: form fields whose values must not reach the audit."""

    secret_names: Iterable[str] = ()

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:  # noqa: FBT001
        """Only the changed columns are written: the door and the push write others of the same row meanwhile."""
        with transaction.atomic():
            self.store(request, obj, form, change)
            names = self._changed(form) if change else list(form.cleaned_data)
            note_action(
                request.user.get_username(),
                "change_settings" if change else "add_settings",
                self._subject(obj),
                before=self._told(form, names, form.initial) if change else {},
                after=self._told(form, names, form.cleaned_data),
            )

    def store(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Write the row. Screens whose rows a service makes override this."""
        if not change:
            obj.save()
            return
        columns = {field.name for field in obj._meta.concrete_fields}  # noqa: SLF001
        changed = [name for name in form.changed_data if name in columns]
        if changed:
            obj.save(update_fields=changed)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        with transaction.atomic():
            note_action(request.user.get_username(), "remove_settings", self._subject(obj))
            obj.delete()

    def _changed(self, form: Any) -> list[str]:
        """A form takes some values for changed that only travelled as text."""
        secrets = set(self.secret_names)
        given, before = form.cleaned_data, form.initial
        return [n for n in form.changed_data if n in secrets or _plain(given.get(n)) != _plain(before.get(n))]

    def _subject(self, obj: Model) -> str:
        return f"{self.opts.verbose_name} {obj}"

    def _told(self, form: Any, names: Iterable[str], values: Any) -> dict[str, Any]:
        secrets = set(self.secret_names)
        return {
            name: NOT_AUDITED if name in secrets else _plain(values.get(name)) for name in names if name in form.fields
        }


def _plain(value: Any) -> Any:
    """As JSON can hold it."""
    if isinstance(value, Model):
        return str(value)
    return value if value is None or isinstance(value, bool | int | str | list | dict) else str(value)

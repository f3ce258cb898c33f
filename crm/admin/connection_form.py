"""The form of a CRM connection, drawn from what its connector says it needs. Secrets go in and never come out."""

from collections.abc import Iterator
from typing import Any, Final

from django import forms
from unfold import widgets

from crm.connectors.base import ConnectorUnavailable, CrmConnector, SettingField
from crm.connectors.registry import connector_choices, get_connector_class
from crm.models import Connection
from crm.services.open_connector import address_policy
from sync.admin.settings_base import secret_field
from sync.http.addresses import RefusedUrlError

GROUPS: Final = {
    "general": "The CRM",
    "auth": "How we prove who we are",
    "find": "How a record is found",
    "write": "How a record is written",
    "batch": "Many records in one call",
    "answers": "How answers are read",
    "throttling": "Being told to slow down",
    "changes": "Changes made in the CRM",
}
SETTING: Final = "setting_"
SECRET: Final = "secret_"  # noqa: S105  a prefix of form fields


class NewConnectionForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """A name and a kind; what the kind needs is asked on the next page."""

    own_fields = ("name", "connector")
    connector = forms.ChoiceField(
        label="Kind of CRM", choices=connector_choices, widget=widgets.UnfoldAdminSelectWidget
    )

    class Meta:
        model = Connection
        fields = ("name", "connector")


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """Base of the forms made by `form_for`."""

    own_fields = ("name", "is_enabled")
    schema: tuple[SettingField, ...] = ()
    connector_class: type[CrmConnector] | None = None

    class Meta:
        model = Connection
        fields = ("name", "is_enabled")
        labels = {"is_enabled": "On"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance.settings or {}
        for field in self.schema:
            if field.kind != "secret":
                self.initial[SETTING + field.name] = stored.get(field.name, field.default)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._require_secrets(cleaned)
        if self.connector_class is not None and not self.errors:
            self._ask_connector(self.connector_class, self.settings_given())
        return cleaned

    def settings_given(self) -> dict[str, Any]:
        """The connection's settings with what this form says; what equals the default is left out."""
        values = dict(self.instance.settings or {})
        for field in self.schema:
            if field.kind == "secret" or SETTING + field.name not in self.cleaned_data:
                continue
            value = self.cleaned_data[SETTING + field.name]
            if value in (None, "") or value == field.default:
                values.pop(field.name, None)
            else:
                values[field.name] = value
        return values

    def secrets_given(self) -> dict[str, str]:
        """The secrets entered now; an empty box keeps what is stored."""
        named = ((f.name, self.cleaned_data.get(SECRET + f.name)) for f in self.schema if f.kind == "secret")
        return {name: value for name, value in named if value}

    def _require_secrets(self, cleaned: dict[str, Any]) -> None:
        stored = self.instance.secrets if self.instance.pk else {}
        for field in self.schema:
            if (
                field.kind == "secret"
                and field.required
                and not (cleaned.get(SECRET + field.name) or stored.get(field.name))
            ):
                self.add_error(SECRET + field.name, f"{field.label} is needed.")

    def _ask_connector(self, connector: type[CrmConnector], values: dict[str, Any]) -> None:
        """What a schema cannot say (a path without its placeholder, an address nobody may call) the connector says."""
        try:
            connector.capabilities(values)
            address_policy(connector, values)
        except ConnectorUnavailable as unavailable:
            name = SETTING + (unavailable.failure.field or "")
            self.add_error(name if name in self.fields else None, unavailable.failure.message)
        except RefusedUrlError as error:
            self.add_error(None, str(error))


def form_for(connection: Connection) -> type[ConnectionForm]:
    """The form class for this connection's kind; only name and switch where this console no longer has the
    connector."""
    try:
        connector = get_connector_class(connection.connector)
    except LookupError:
        return ConnectionForm
    schema = tuple(connector.settings_schema())
    fields = {_form_name(field): _form_field(field) for field in schema}
    return type("ConnectionOfKindForm", (ConnectionForm,), {**fields, "schema": schema, "connector_class": connector})


def fieldsets_for(form: type[ConnectionForm]) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """Name and switch, then a box per group of settings, then the secrets."""
    yield None, {"fields": ("name", "is_enabled")}
    plain = [field for field in form.schema if field.kind != "secret"]
    for group in dict.fromkeys(field.group for field in plain):
        names = tuple(SETTING + field.name for field in plain if field.group == group)
        options: dict[str, Any] = {"fields": names}
        if group != "general":
            options["classes"] = ("collapse",)
        yield GROUPS.get(group, group.replace("_", " ").capitalize()), options
    secrets = tuple(SECRET + field.name for field in form.schema if field.kind == "secret")
    if secrets:
        yield "Secrets", {"fields": secrets}


def _form_name(field: SettingField) -> str:
    return (SECRET if field.kind == "secret" else SETTING) + field.name


def _form_field(field: SettingField) -> forms.Field:
    if field.kind == "secret":
        return secret_field(
            field.label, f"{field.help_text} Stored encrypted, never shown; empty keeps what is stored.".strip()
        )
    common: dict[str, Any] = {"label": field.label, "help_text": field.help_text, "required": False}
    match field.kind:
        case "boolean":
            return forms.BooleanField(**common, widget=widgets.UnfoldBooleanSwitchWidget)
        case "integer":
            return forms.IntegerField(**common, widget=widgets.UnfoldAdminIntegerFieldWidget)
        case "decimal":
            return forms.FloatField(**common, widget=widgets.UnfoldAdminDecimalFieldWidget)
        case "choice":
            return forms.ChoiceField(
                **common, choices=[(c, c) for c in field.choices], widget=widgets.UnfoldAdminSelectWidget
            )
        case "map":
            return forms.JSONField(**common, widget=widgets.UnfoldAdminTextareaWidget)
        case _:
            return forms.CharField(**common | {"required": field.required}, widget=widgets.UnfoldAdminTextInputWidget)

"""Field mapping: what each of our fields is called in the CRM, and what its values become there."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest

from crm.models import Connection, FieldMapping
from sync.admin.filters import ChoiceFilter, field_filter
from sync.admin.settings_base import SettingsAdmin
from sync.engine.fields import CONSENT_PREFIX, CRITERION_PREFIX, fields_of, spec_of
from sync.engine.fields import Entity as EngineEntity
from sync.models import Entity
from sync.words import badge, link_to


class ConnectionFilter(ChoiceFilter):
    title = "connection"
    parameter_name = "connection"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in Connection.objects.values_list("pk", "name")[:100]]

    def condition(self, value: str) -> Q:
        return Q(connection_id=int(value))


class FieldMappingForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    class Meta:
        model = FieldMapping
        fields = ("connection", "entity", "field", "remote_name", "value_map", "is_enabled")
        labels = {"field": "Our field", "remote_name": "The CRM's field", "value_map": "Values", "is_enabled": "On"}

    def clean_value_map(self) -> dict[str, str]:
        values = self.cleaned_data["value_map"] or {}
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            raise ValidationError('Write it as {"our value": "the CRM\'s value"}.')
        return values

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        field, entity = cleaned.get("field", ""), cleaned.get("entity")
        if field and entity and not is_known(field, Entity(entity)):
            self.add_error(
                "field", f"{field} is no field of {'a contact' if entity == Entity.CONTACT else 'an order'}."
            )
        return cleaned


def is_known(field: str, entity: Entity) -> bool:
    """A fixed field, or one of the open families (`consent.NEWSLETTER`, `criterion.*`)."""
    if field in fields_of(EngineEntity(entity)):
        return True
    families = (CONSENT_PREFIX, CRITERION_PREFIX) if entity == Entity.CONTACT else ()
    return any(field.startswith(prefix) and len(field) > len(prefix) for prefix in families)


@admin.register(FieldMapping)
class FieldMappingAdmin(SettingsAdmin):
    form = FieldMappingForm
    list_display = ("label", "field", "remote_name", "values", "entity", "of_connection", "working")
    list_display_links = ("label",)
    list_filter = (ConnectionFilter, field_filter("entity", "entity", Entity.choices))
    list_select_related = ("connection",)
    list_per_page = 100
    search_fields = ("field", "remote_name")
    search_help_text = "Our field or the CRM's"
    sortable_by = ()

    @admin.display(description="Our field")
    def label(self, mapping: FieldMapping) -> str:
        return spec_of(mapping.field).label

    @admin.display(description="Values")
    def values(self, mapping: FieldMapping) -> str:
        count = len(mapping.value_map or {})
        return f"{count} translated" if count else "as they are"

    @admin.display(description="Connection")
    def of_connection(self, mapping: FieldMapping) -> Any:
        return link_to(mapping.connection)

    @admin.display(description="State")
    def working(self, mapping: FieldMapping) -> Any:
        return badge("travels", "good") if mapping.is_enabled else badge("stays here", "quiet")

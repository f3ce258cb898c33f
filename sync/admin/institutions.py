"""Institutions, their API access and their field policies."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from sync.admin.filters import InstitutionFilter, field_filter
from sync.admin.settings_base import SettingsAdmin, secret_field
from sync.engine.policy import BlankRule, ConflictRule, Direction, FirstLinkRule, policy_problems
from sync.engine.policy import FieldPolicy as Rule
from sync.models import ApiAccess, Contact, Entity, FieldPolicy, Institution, PolicyDirection
from sync.s360.settings import S360SettingsError
from sync.services.institution_rules import settings_of
from sync.words import badge, link_to


class InstitutionForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    class Meta:
        model = Institution
        fields = ("code", "name", "timezone", "webhook_interval_minutes", "settings", "is_enabled")
        labels = {
            "webhook_interval_minutes": "S-360 sends every (minutes)",
            "timezone": "Time zone",
            "is_enabled": "On",
        }

    def clean_timezone(self) -> str:
        zone = str(self.cleaned_data["timezone"])
        if zone not in available_timezones():
            raise ValidationError(f"{zone} is not a time zone; write it as Europe/Brussels.")
        return zone

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "settings" in cleaned and "timezone" in cleaned:
            try:
                settings_of(Institution(timezone=cleaned["timezone"], settings=cleaned["settings"] or {}))
            except S360SettingsError as error:
                self.add_error("settings", [str(problem) for problem in error.problems])
        return cleaned


@admin.register(Institution)
class InstitutionAdmin(SettingsAdmin):
    form = InstitutionForm
    list_display = ("code", "name", "interval", "timezone", "working")
    ordering = ("code",)
    search_fields = ("code", "name")
    search_help_text = "Code or name"
    fieldsets = (
        (None, {"fields": ("code", "name", "timezone", "webhook_interval_minutes", "is_enabled")}),
        (
            "What differs from S-360's usual behaviour",
            {
                "fields": ("settings",),
                "classes": ("collapse",),
                "description": "Only what differs; docs/settings.md lists the names. Almost everybody leaves it empty.",
            },
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Institution | None = None) -> tuple[str, ...]:
        return ("code",) if obj is not None else ()  # the code is part of every webhook URL already handed out

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what was never used: everything of an institution would go with it. Switch it off instead."""
        if obj is not None and (obj.endpoints.exists() or Contact.objects.filter(institution=obj).exists()):
            return False
        return bool(super().has_delete_permission(request, obj))

    @admin.display(description="S-360 sends every")
    def interval(self, institution: Institution) -> str:
        return f"{institution.webhook_interval_minutes} min"

    @admin.display(description="State")
    def working(self, institution: Institution) -> Any:
        return badge("on", "good") if institution.is_enabled else badge("switched off", "quiet")


class ApiAccessForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    new_secret = secret_field("Secret")

    class Meta:
        model = ApiAccess
        fields = (
            "institution",
            "base_url",
            "virtual_operator",
            "partner",
            "auth_mode",
            "calls_per_minute",
            "budget_share",
        )
        labels = {"base_url": "Address", "auth_mode": "Kind of proof", "budget_share": "Our share of the limit"}


@admin.register(ApiAccess)
class ApiAccessAdmin(SettingsAdmin):
    form = ApiAccessForm
    list_display = ("of_institution", "base_url", "virtual_operator", "auth_mode", "ours", "has_secret")
    list_select_related = ("institution",)
    list_display_links = ("of_institution",)
    secret_names = ("new_secret",)

    @admin.display(description="Institution")
    def of_institution(self, access: ApiAccess) -> str:
        return access.institution.code

    @admin.display(description="Calls a minute")
    def ours(self, access: ApiAccess) -> str:
        ours = int(access.calls_per_minute * access.budget_share)
        return f"{ours} of {access.calls_per_minute}, which everybody shares"

    @admin.display(description="Secret")
    def has_secret(self, access: ApiAccess) -> Any:
        return badge("stored", "good") if access.secret else badge("missing", "warn")

    def store(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        super().store(request, obj, form, change)
        if form.cleaned_data.get("new_secret"):
            obj.secret = form.cleaned_data["new_secret"]
            obj.save(update_fields=["secret"])


class FieldPolicyForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    class Meta:
        model = FieldPolicy
        fields = ("institution", "entity", "field", "direction", "conflict", "first_link", "blank")
        labels = {
            "direction": "Travels",
            "conflict": "When both sides changed it",
            "first_link": "When the two records meet for the first time",
            "blank": "When it becomes empty",
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            rule = Rule(
                cleaned["field"],
                Direction(cleaned["direction"]),
                ConflictRule(cleaned["conflict"]),
                FirstLinkRule(cleaned["first_link"]),
                BlankRule(cleaned["blank"]),
            )
            for problem in policy_problems(rule):
                self.add_error(None, problem)
        return cleaned


@admin.register(FieldPolicy)
class FieldPolicyAdmin(SettingsAdmin):
    form = FieldPolicyForm
    list_display = ("field", "entity", "of_institution", "direction", "conflict", "first_link", "blank")
    list_filter = (
        InstitutionFilter,
        field_filter("entity", "entity", Entity.choices),
        field_filter("direction", "direction", PolicyDirection.choices),
    )
    list_select_related = ("institution",)
    search_fields = ("field",)
    search_help_text = "Field"

    @admin.display(description="Institution")
    def of_institution(self, policy: FieldPolicy) -> Any:
        return link_to(policy.institution)

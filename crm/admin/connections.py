"""CRM connections: their settings, their state with reason and way out, and pause, resume, check and probe."""

from typing import Any, Final

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from crm.admin.connection_form import ConnectionForm, NewConnectionForm, fieldsets_for, form_for
from crm.connectors.base import HealthReport
from crm.connectors.registry import get_connector_class
from crm.models import Connection, ConnectionState, FieldMapping
from crm.services.check_connection import check_connection, probe_connection
from crm.services.connection_state import pause_connection, resume_connection
from crm.services.figures import advice_for, connector_label
from sync.admin.page import Effect
from sync.admin.settings_base import SettingsAdmin
from sync.admin.verbs import Request, Verb, VerbRefusedError
from sync.models import Entity
from sync.services.audit import note_action
from sync.words import badge, link, list_url, when

OPERATE: Final = "crm.operate_connection"
TONES: Final = {
    ConnectionState.OK: "good",
    ConnectionState.PAUSED: "warn",
    ConnectionState.NEEDS_CREDENTIALS: "bad",
    ConnectionState.BREAKER_OPEN: "bad",
    ConnectionState.OVER_LIMIT: "warn",
}
MARKS: Final = {"pass": "good", "warn": "warn", "fail": "bad"}


def _pause_effect(request: HttpRequest, row: Connection) -> Effect:
    lines = [
        "Nothing is sent until somebody resumes it.",
        "Changes pile up, one entry a record, and go afterwards. Nothing is lost.",
    ]
    return Effect(f"Pause {row.name}?", lines, reason_required=True)


def _resume_effect(request: HttpRequest, row: Connection) -> Effect:
    lines = ["What has been refused or has failed until now is forgotten, and sending begins at once."]
    if row.state_reason:
        lines.insert(0, f"It stopped because: {row.state_reason}")
    return Effect(f"Resume {row.name}?", lines)


def _check_effect(request: HttpRequest, row: Connection) -> Effect:
    return Effect(
        f"Ask {row.name} whether everything is in order?", ["Reads only: credentials, clock, limits and mapped fields."]
    )


def _probe_effect(request: HttpRequest, row: Connection) -> Effect:
    return Effect(f"Try {row.name} now?", ["It is asked once. When it answers as it should, sending goes on at once."])


def _pause(asked: Request, row: Connection) -> str:
    with transaction.atomic():
        _note(asked, "pause_connection", row)
        pause_connection(row.pk, f"{asked.actor}: {asked.reason}")
    return f"{row.name} is paused."


def _resume(asked: Request, row: Connection) -> str:
    with transaction.atomic():
        _note(asked, "resume_connection", row)
        resume_connection(row.pk)
    return f"{row.name} is working again."


def _check(asked: Request, row: Connection) -> str:
    with transaction.atomic():
        _note(asked, "check_connection", row)
    return _spoken(check_connection(row.pk), f"{row.name} is in order.")


def _probe(asked: Request, row: Connection) -> str:
    with transaction.atomic():
        _note(asked, "probe_connection", row)
    return _spoken(probe_connection(row.pk), f"{row.name} answers; sending goes on.")


def _note(asked: Request, verb: str, row: Connection) -> None:
    note_action(
        asked.actor, verb, f"connection {row.name}", reason=asked.reason, before={"state": row.state}, key=asked.key
    )


def _spoken(report: HealthReport, fine: str) -> str:
    """The sentence after a check. Raises VerbRefusedError where something fails: the page shows each line."""
    wrong = [f"{item.name}: {item.message}" for item in report.items if item.state == "fail"]
    if wrong:
        raise VerbRefusedError("Something is wrong. " + ". ".join(wrong) + ".")
    doubtful = [f"{item.name}: {item.message}" for item in report.items if item.state == "warn"]
    return f"{fine} Worth a look: {'. '.join(doubtful)}." if doubtful else fine


@admin.register(Connection)
class ConnectionAdmin(SettingsAdmin):
    list_display = ("name", "kind", "state_shown", "reason_shown", "last_success", "last_checked")
    list_display_links = ("name",)
    ordering = ("name",)
    sortable_by = ()
    change_form_before_template = "console/admin/before_form.html"
    verbs = (
        Verb("pause", "Pause", OPERATE, _pause_effect, _pause, possible=lambda c: c.state != ConnectionState.PAUSED),
        Verb("resume", "Resume", OPERATE, _resume_effect, _resume, possible=lambda c: c.state != ConnectionState.OK),
        Verb("check", "Check", OPERATE, _check_effect, _check, hint="Credentials, clock, limits and mapped fields"),
        Verb(
            "probe",
            "Try now",
            OPERATE,
            _probe_effect,
            _probe,
            possible=lambda c: c.state not in (ConnectionState.OK, ConnectionState.PAUSED),
        ),
    )
    seen_fields = (
        "kind",
        "state_shown",
        "reason_shown",
        "what_to_do",
        "last_success",
        "last_checked",
        "found",
        "mapping",
        "serves",
    )

    def get_form(self, request: HttpRequest, obj: Connection | None = None, **kwargs: Any) -> Any:
        form: type[NewConnectionForm | ConnectionForm] = NewConnectionForm if obj is None else form_for(obj)
        self.secret_names = [name for name in form.base_fields if name.startswith("secret_")]
        # the fieldsets name fields that only the form declares, so the model's own are given here
        return super().get_form(request, obj, **kwargs | {"form": form, "fields": form.own_fields})

    def get_fieldsets(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("name", "connector")})]
        return [("Now", {"fields": self.seen_fields}), *fieldsets_for(form_for(obj))]

    def get_readonly_fields(self, request: HttpRequest, obj: Connection | None = None) -> tuple[str, ...]:
        return () if obj is None else self.seen_fields

    def has_delete_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        """Only what was never used: the ids of our records over there would go with it. Switch it off instead."""
        if obj is not None and (obj.pairings.exists() or obj.bindings.exists()):
            return False
        return bool(super().has_delete_permission(request, obj))

    def store(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """A new connection starts paused with its connector's suggested mapping: nothing leaves before it is
        complete."""
        if not change:
            obj.state, obj.state_reason = ConnectionState.PAUSED, "New: enter its settings, check it, then resume it."
            obj.save()
            FieldMapping.objects.bulk_create(suggested_mapping(obj))
            return
        obj.settings, obj.secrets = form.settings_given(), obj.secrets | form.secrets_given()
        # only what was configured: workers write the connection's state at any moment
        obj.save(update_fields=["name", "is_enabled", "settings", "secrets_text"])
        if obj.state in (ConnectionState.NEEDS_CREDENTIALS, ConnectionState.BREAKER_OPEN):
            resume_connection(obj.pk)  # new settings deserve a try at once

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:crm_connection_change", args=[obj.pk]))

    @admin.display(description="Kind of CRM")
    def kind(self, row: Connection) -> str:
        return connector_label(row.connector)

    @admin.display(description="State")
    def state_shown(self, row: Connection) -> Any:
        if not row.is_enabled:
            return badge("Switched off", "quiet")
        return badge(row.get_state_display(), TONES[ConnectionState(row.state)])

    @admin.display(description="Why")
    def reason_shown(self, row: Connection) -> str:
        return row.state_reason or "nothing to report"

    @admin.display(description="What to do")
    def what_to_do(self, row: Connection) -> str:
        is_flowing = row.is_enabled and row.state == ConnectionState.OK
        return "Nothing." if is_flowing else advice_for(row)

    @admin.display(description="Last answer")
    def last_success(self, row: Connection) -> Any:
        return when(row.last_success_at)

    @admin.display(description="Last checked")
    def last_checked(self, row: Connection) -> Any:
        return when(row.last_checked_at)

    @admin.display(description="What the check found")
    def found(self, row: Connection) -> Any:
        items = (row.last_check or {}).get("items", [])
        if not items:
            return "It has not been checked yet."
        lines = ((badge(i["name"], MARKS.get(i["state"], "quiet")), i["message"]) for i in items)
        return format_html('<ul class="c-lines">{}</ul>', format_html_join("", "<li>{} {}</li>", lines))

    @admin.display(description="Field mapping")
    def mapping(self, row: Connection) -> Any:
        count = FieldMapping.objects.filter(connection=row, is_enabled=True).count()
        return link(list_url("crm.fieldmapping", f"connection={row.pk}"), f"{count} fields")

    @admin.display(description="Serves")
    def serves(self, row: Connection) -> str:
        codes = row.pairings.order_by("institution__code").values_list("institution__code", flat=True)
        return ", ".join(codes) or "no institution yet: pair it"


def suggested_mapping(connection: Connection) -> list[FieldMapping]:
    """What the connector suggests for both entities, not saved yet."""
    connector = get_connector_class(connection.connector)
    return [
        FieldMapping(
            connection=connection,
            entity=entity,
            field=preset.canonical,
            remote_name=preset.remote,
            value_map=dict(preset.value_map),
        )
        for entity in Entity
        for preset in connector.default_mapping(entity)  # type: ignore[arg-type]  # the connectors' Entity has the same values
    ]

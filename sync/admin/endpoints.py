"""Webhook URLs: made here, shown once, rotated, and watched for refusals at the door."""

import ipaddress
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextareaWidget

from sync.admin.filters import InstitutionFilter, field_filter
from sync.admin.page import Effect
from sync.admin.settings_base import WRITE_ONLY, SettingsAdmin, secret_field
from sync.admin.verbs import Request, Verb
from sync.models import EndpointAuthMode, Stream, WebhookEndpoint
from sync.s360.envelope import Stream as WireStream
from sync.s360.export_rows import ColumnMapError, columns_of
from sync.services.audit import note_action
from sync.services.endpoints import (
    OVERLAP,
    IssuedSecret,
    create_endpoint,
    end_previous_secret,
    rotate_secret,
    set_second_credential,
)
from sync.services.figures.door import stream_figure
from sync.services.figures.durations import duration
from sync.services.figures.shapes import Pulse
from sync.words import badge, link, link_to, list_url, number, when

ROTATE: Final = "sync.rotate_secret"
EXPORTS: Final = (Stream.EXPORT_CONTACTS, Stream.EXPORT_ORDERS)
PULSES: Final = {
    Pulse.ON_TIME: ("on time", "good"),
    Pulse.QUIET: ("quiet", "warn"),
    Pulse.NEVER: ("no delivery yet", "quiet"),
    Pulse.REFUSED: ("refused at the door", "bad"),
    Pulse.SWITCHED_OFF: ("switched off", "quiet"),
}


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in str(value or "").replace(",", "\n").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python("\n".join(initial or [])) != self.to_python(data))


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    allowed_networks = LinesField(help_text="One network a line, such as 192.0.2.0/24. Empty: from anywhere.")
    confirm_fields = LinesField(help_text="One field a line: a change of it is held until S-360 has been asked.")
    auth_secret = secret_field("Its secret", f"The password, header value or token S-360 sends. {WRITE_ONLY}")

    class Meta:
        model = WebhookEndpoint
        fields = (
            "institution",
            "stream",
            "label",
            "expected_batch_size",
            "auth_mode",
            "auth_name",
            "allowed_networks",
            "column_map",
            "confirm_fields",
            "is_enabled",
        )
        labels = {
            "expected_batch_size": "Records per request",
            "auth_mode": "Kind of proof",
            "auth_name": "User or header name",
            "is_enabled": "On",
        }

    def clean_allowed_networks(self) -> list[str]:
        networks: list[str] = self.cleaned_data["allowed_networks"]
        for network in networks:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                raise ValidationError(f"{network} is not a network: {error}.") from error
        return networks

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._check_credential(cleaned)
        stream = cleaned.get("stream") or self.instance.stream
        if cleaned.get("column_map"):
            self._check_columns(stream, cleaned["column_map"])
        return cleaned

    def _check_credential(self, cleaned: dict[str, Any]) -> None:
        mode = cleaned.get("auth_mode", EndpointAuthMode.NONE)
        is_new_mode = mode != self.initial.get("auth_mode", EndpointAuthMode.NONE)
        if (
            mode != EndpointAuthMode.NONE
            and not cleaned.get("auth_secret")
            and (is_new_mode or not self.instance.auth_digest)
        ):
            self.add_error("auth_secret", "Give the secret that S-360 will send, or choose the secret URL alone.")
        if mode in (EndpointAuthMode.BASIC, EndpointAuthMode.HEADER) and not cleaned.get("auth_name"):
            self.add_error("auth_name", "Give the user name (Basic) or the name of the header.")

    def _check_columns(self, stream: str, column_map: dict[str, str]) -> None:
        if stream not in EXPORTS:
            self.add_error("column_map", "Only data-export streams have columns; the others carry S-360's own names.")
            return
        try:
            columns_of(WireStream(stream), column_map)
        except ColumnMapError as error:
            self.add_error("column_map", str(error))


def _rotate_effect(request: HttpRequest, endpoint: WebhookEndpoint) -> Effect:
    hours = duration(OVERLAP.total_seconds())
    lines = [
        "You get a new URL, once. An integrator enters it in S-360's webhook settings.",
        f"The URL of today goes on working for {hours}.",
    ]
    if _overlap(endpoint):
        lines.append("An older URL is still in its overlap: it ends at once.")
    return Effect(f"Make a new secret for {endpoint}?", lines)


def _end_effect(request: HttpRequest, endpoint: WebhookEndpoint) -> Effect:
    return Effect(
        f"End the previous URL of {endpoint} now?", ["Deliveries that still use it are refused from this moment on."]
    )


def _overlap(endpoint: WebhookEndpoint) -> bool:
    until = endpoint.previous_secret_expires_at
    return bool(endpoint.previous_secret_digest) and until is not None and until > timezone.now()


def _rotate(asked: Request, endpoint: WebhookEndpoint) -> HttpResponse:
    with transaction.atomic():
        note_action(
            asked.actor, "rotate_secret", f"webhook URL {endpoint.public_id}", reason=asked.reason, key=asked.key
        )
        issued = rotate_secret(endpoint.pk)
    return shown_once(asked.http, issued)


def _end_previous(asked: Request, endpoint: WebhookEndpoint) -> str:
    with transaction.atomic():
        note_action(
            asked.actor, "end_previous_secret", f"webhook URL {endpoint.public_id}", reason=asked.reason, key=asked.key
        )
        end_previous_secret(endpoint.pk)
    return "The previous URL no longer works."


def shown_once(request: HttpRequest, issued: IssuedSecret) -> HttpResponse:
    """The one page that shows the URL. Nothing keeps it: not the session, not a message, not the history."""
    context = {
        **admin.site.each_context(request),
        "opts": WebhookEndpoint._meta,  # noqa: SLF001
        "original": issued.endpoint,
        "title": "The webhook URL",
        "url": request.build_absolute_uri(issued.path),
        "endpoint": issued.endpoint,
    }
    response = TemplateResponse(request, "console/admin/shown_once.html", context)
    response["Cache-Control"] = "no-store"
    return response


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(SettingsAdmin):
    form = EndpointForm
    list_display = ("name", "of_institution", "pulse", "last_delivery", "refused", "refused_in_a_row", "auth_mode")
    list_filter = (InstitutionFilter, field_filter("stream", "stream", Stream.choices))
    list_select_related = ("institution",)
    list_display_links = ("name",)
    sortable_by = ()
    secret_names = ("auth_secret",)
    change_form_before_template = "console/admin/before_form.html"
    verbs = (
        Verb(
            "rotate", "New secret", ROTATE, _rotate_effect, _rotate, hint="A new URL; the old one works for another day"
        ),
        Verb("end-previous", "End the previous URL", ROTATE, _end_effect, _end_previous, possible=_overlap),
    )
    seen_fields = (
        "public_id",
        "pulse",
        "last_delivery",
        "last_address",
        "refused",
        "refused_in_a_row",
        "last_refused",
        "last_refusal",
        "previous",
    )

    def get_fieldsets(self, request: HttpRequest, obj: WebhookEndpoint | None = None) -> Any:
        what = (None, {"fields": ("institution", "stream", "label", "expected_batch_size", "is_enabled")})
        proof = (
            "What S-360 must prove beside the URL",
            {"fields": ("auth_mode", "auth_name", "auth_secret", "allowed_networks")},
        )
        reading = ("How it is read", {"fields": ("column_map", "confirm_fields"), "classes": ("collapse",)})
        seen = ("What it has seen", {"fields": self.seen_fields})
        return (what, proof, reading) if obj is None else (seen, what, proof, reading)

    def get_readonly_fields(self, request: HttpRequest, obj: WebhookEndpoint | None = None) -> tuple[str, ...]:
        return () if obj is None else ("institution", "stream", *self.seen_fields)

    def has_delete_permission(self, request: HttpRequest, obj: WebhookEndpoint | None = None) -> bool:
        """Only what was never used: its deliveries would go with it. Switch it off instead."""
        if obj is not None and (obj.last_secret_use_at is not None or obj.deliveries.exists()):
            return False
        return bool(super().has_delete_permission(request, obj))

    def store(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """A new URL is made by the service, which knows its secret; the digest alone is stored."""
        given = form.cleaned_data
        if change:
            super().store(request, obj, form, change)
        else:
            issued = create_endpoint(
                obj.institution,
                obj.stream,
                label=obj.label,
                expected_batch_size=obj.expected_batch_size,
                allowed_networks=obj.allowed_networks,
                column_map=obj.column_map,
            )
            obj.pk = issued.endpoint.pk
            WebhookEndpoint.objects.filter(pk=obj.pk).update(
                confirm_fields=obj.confirm_fields, is_enabled=obj.is_enabled
            )
            request.console_issued = issued  # type: ignore[attr-defined]  # handed to response_add, never stored
        if not change or {"auth_mode", "auth_name", "auth_secret"} & set(form.changed_data):
            self._store_credential(obj, given)

    def _store_credential(self, endpoint: WebhookEndpoint, given: dict[str, Any]) -> None:
        mode, secret = given["auth_mode"], given["auth_secret"]
        if mode == EndpointAuthMode.NONE or secret:
            set_second_credential(endpoint.pk, mode, name=given["auth_name"], secret=secret)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return shown_once(request, request.console_issued)  # type: ignore[attr-defined]

    @admin.display(description="Webhook URL")
    def name(self, endpoint: WebhookEndpoint) -> str:
        return f"{endpoint.get_stream_display()}{f' ({endpoint.label})' if endpoint.label else ''}"

    @admin.display(description="Institution")
    def of_institution(self, endpoint: WebhookEndpoint) -> Any:
        return link_to(endpoint.institution)

    @admin.display(description="State")
    def pulse(self, endpoint: WebhookEndpoint) -> Any:
        text, tone = PULSES[stream_figure(endpoint, timezone.now()).pulse]
        return badge(text, tone)

    @admin.display(description="Last delivery")
    def last_delivery(self, endpoint: WebhookEndpoint) -> Any:
        return when(endpoint.last_delivery_at)

    @admin.display(description="Refused in all")
    def refused(self, endpoint: WebhookEndpoint) -> Any:
        if not endpoint.refused_count:
            return "none"
        return link(
            list_url("sync.delivery", "state=refused"), number(endpoint.refused_count), title="Bodies that were kept"
        )

    @admin.display(description="Last refused")
    def last_refused(self, endpoint: WebhookEndpoint) -> Any:
        return when(endpoint.last_refused_at)

    @admin.display(description="Previous URL")
    def previous(self, endpoint: WebhookEndpoint) -> str:
        if not _overlap(endpoint) or endpoint.previous_secret_expires_at is None:
            return "none in use"
        left = (endpoint.previous_secret_expires_at - timezone.now()).total_seconds()
        return f"works for another {duration(left)}"

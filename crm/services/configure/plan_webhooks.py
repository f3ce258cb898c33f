"""Plans the URLs of an institution: made, changed, rotated, closed. What a URL received is never removed with it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import transaction

from crm.services.configure.configuration import InstitutionConfig, WebhookConfig
from crm.services.configure.draft import Draft, moved_detail, shown
from crm.services.configure.plan import HIDDEN, Detail, WebhookUrl
from crm.services.configure.problems import Path
from sync.models import Delivery, EndpointAuthMode, Institution, WebhookEndpoint
from sync.services.endpoint_directory import forget_endpoints
from sync.services.endpoint_secrets import matches
from sync.services.endpoints import create_endpoint, rotate_secret, set_second_credential

_AUTH = ("auth_mode", "auth_name")


def plan_webhooks(draft: Draft, config: InstitutionConfig, institution: Institution | None, rotate: set[str]) -> None:
    """`rotate` holds INSTITUTION/NAME; what is found here is taken out of it."""
    path = ("institutions", config.code, "webhooks")
    stored = list(WebhookEndpoint.objects.filter(institution=institution)) if institution else []
    for webhook in config.webhooks.items:
        row = _existing(webhook, stored)
        if row:
            stored.remove(row)
        wanted = f"{config.code}/{webhook.name}"
        if row is None:
            _plan_new(draft, path, config.code, webhook)
        else:
            _plan_changed(draft, config.code, webhook, row, renew=wanted in rotate)
        rotate.discard(wanted)
    _plan_unlisted(draft, path, config, stored)


def _existing(webhook: WebhookConfig, stored: Iterable[WebhookEndpoint]) -> WebhookEndpoint | None:
    """The endpoint of that name; else the only nameless one of the stream, which was made in the admin."""
    by_name = next((row for row in stored if row.label == webhook.name), None)
    nameless = [row for row in stored if not row.label and row.stream == webhook.stream]
    return by_name or (nameless[0] if len(nameless) == 1 else None)


def _plan_new(draft: Draft, path: Path, code: str, webhook: WebhookConfig) -> None:
    details = [Detail("stream", None, webhook.stream)]
    details += [Detail(name, None, shown(name, value)) for name, value in webhook.values.items()]
    if webhook.auth_secret:
        details.append(Detail("auth_secret", None, HIDDEN))

    def run(urls: list[WebhookUrl]) -> None:
        institution = Institution.objects.get(code=code)
        issued = create_endpoint(institution, webhook.stream, label=webhook.name)
        _store(issued.endpoint, webhook, webhook.values)
        urls.append(WebhookUrl(code, webhook.name, issued.path))

    _check_secret(draft, (*path, webhook.name), webhook, None)
    draft.add((*path, webhook.name), details, run)


def _check_secret(draft: Draft, path: Path, webhook: WebhookConfig, row: WebhookEndpoint | None) -> None:
    mode = webhook.values.get("auth_mode", EndpointAuthMode.NONE)
    if mode != EndpointAuthMode.NONE and not webhook.auth_secret and (row is None or row.auth_mode != mode):
        draft.problems.note(path, "auth_secret", "missing; the password or token S-360 sends, by reference")


def _plan_changed(draft: Draft, code: str, webhook: WebhookConfig, row: WebhookEndpoint, *, renew: bool) -> None:
    path = ("institutions", code, "webhooks", webhook.name)
    if row.stream != webhook.stream:
        draft.problems.note(path, "stream", f"this URL receives {row.stream}; give the other stream a name of its own")
        return
    _check_secret(draft, path, webhook, row)
    values = {**webhook.values, "label": webhook.name}
    if webhook.values.get("auth_mode") == EndpointAuthMode.NONE:
        values["auth_name"] = ""
    moved = {name: value for name, value in values.items() if getattr(row, name) != value}
    details = [moved_detail(name, getattr(row, name), value) for name, value in moved.items()]
    if webhook.auth_secret and not matches(webhook.auth_secret, row.auth_digest):
        details.append(Detail("auth_secret", HIDDEN if row.auth_digest else None, HIDDEN))
    if renew:
        details.append(Detail("url", HIDDEN, HIDDEN))
    if details:

        def run(urls: list[WebhookUrl]) -> None:
            _store(row, webhook, moved)
            if renew:
                urls.append(WebhookUrl(code, webhook.name, rotate_secret(row.pk).path))

        draft.change(path, details, run)


def _store(row: WebhookEndpoint, webhook: WebhookConfig, values: Any) -> None:
    plain = {name: value for name, value in values.items() if name not in _AUTH} | {"label": webhook.name}
    WebhookEndpoint.objects.filter(pk=row.pk).update(**plain)
    mode = webhook.values.get("auth_mode")
    name = webhook.values.get("auth_name", "")
    if webhook.auth_secret or mode == EndpointAuthMode.NONE:
        set_second_credential(row.pk, mode or row.auth_mode, name=name, secret=webhook.auth_secret or "")
    elif name:
        WebhookEndpoint.objects.filter(pk=row.pk).update(auth_name=name)
    forget_endpoints()
    transaction.on_commit(forget_endpoints)


def _plan_unlisted(draft: Draft, path: Path, config: InstitutionConfig, rows: Iterable[WebhookEndpoint]) -> None:
    if not config.webhooks.is_complete:
        draft.left_alone(path, [row.label or str(row.stream) for row in rows], config.webhooks.items)
        return
    for row in rows:
        where = (*path, row.label or f"{row.stream} {row.public_id}")
        if not Delivery.objects.filter(endpoint=row).exists():
            draft.remove(where, row)
        elif row.is_enabled:
            draft.change(where, [Detail("is_enabled", before=True, after=False)], partial(_switch_off, row))


def _switch_off(row: WebhookEndpoint, _: list[WebhookUrl]) -> None:
    WebhookEndpoint.objects.filter(pk=row.pk).update(is_enabled=False)
    forget_endpoints()
    transaction.on_commit(forget_endpoints)

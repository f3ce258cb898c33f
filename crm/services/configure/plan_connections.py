"""Plans the CRM connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm.connectors.base import ConnectorUnavailable
from crm.connectors.registry import get_connector_class
from crm.models import Binding, Connection, Pairing
from crm.services.configure.configuration import Configuration, ConnectionConfig
from crm.services.configure.draft import Draft, moved_detail
from crm.services.configure.plan import Detail
from crm.services.configure.plan_fields import plan_mapping
from crm.services.configure.plan_options import merged, option_details, secret_details


def plan_connections(draft: Draft, configuration: Configuration) -> None:
    stored = {row.name: row for row in Connection.objects.all()}
    for config in configuration.connections.items:
        row = stored.get(config.name)
        _plan_connection(draft, config, row)
        plan_mapping(draft, config, row)


def _plan_connection(draft: Draft, config: ConnectionConfig, stored: Connection | None) -> None:
    path = ("connections", config.name)
    row = stored or Connection(name=config.name)
    if stored and stored.connector != config.connector and Binding.objects.filter(connection=stored).exists():
        draft.problems.note(
            path,
            "connector",
            f"is {stored.connector} and its records are tied to ours; give the new CRM a connection of its own name",
        )
        return
    settings, secrets = merged(row.settings, config.settings), {**row.secrets, **config.secrets}
    _check(draft, config, settings, secrets)
    values: dict[str, Any] = {"connector": config.connector, **config.values}
    if stored is None:
        values["name"] = config.name
    details = [
        *_plain_details(row, values, is_new=stored is None),
        *option_details("settings", row.settings, settings),
        *secret_details(row.secrets, secrets),
    ]

    wanted = {**values, "settings": settings, "secrets": secrets}
    if stored is None:
        draft.add(path, details, lambda _: _create(row, wanted))
    elif details:
        draft.change(path, details, lambda _: _update(row, wanted))


def _check(draft: Draft, config: ConnectionConfig, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    """Is the whole usable, what the file gives together with what is stored?"""
    path = ("connections", config.name)
    connector = get_connector_class(config.connector)
    missing = [field for field in connector.settings_schema() if field.required and field.default in ("", None)]
    for field in missing:
        if field.kind == "secret" and not secrets.get(field.name):
            draft.problems.note((*path, "secrets"), field.name, f'missing; {field.label}: {{ env = "VARIABLE" }}')
        elif field.kind != "secret" and not settings.get(field.name):
            draft.problems.note((*path, "settings"), field.name, f"missing; {field.label}")
            return
    try:  # what a schema cannot say: a path without its placeholder, an address nobody may call
        connector.capabilities(settings)
    except ConnectorUnavailable as unavailable:
        draft.problems.note((*path, "settings"), unavailable.failure.field or "", unavailable.failure.message)


def _create(row: Connection, values: Mapping[str, Any]) -> None:
    _set(row, values)
    row.save()


def _update(row: Connection, values: Mapping[str, Any]) -> None:
    """Only what was configured: workers write the connection's state at any moment."""
    _set(row, values)
    row.save(update_fields=["connector", "is_enabled", "settings", "secrets_text"])


def _set(row: Connection, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _plain_details(row: Connection, values: dict[str, Any], *, is_new: bool) -> list[Detail]:
    if is_new:
        return [Detail(name, None, value) for name, value in values.items()]
    return [
        moved_detail(name, getattr(row, name), value) for name, value in values.items() if getattr(row, name) != value
    ]


def plan_unlisted_connections(draft: Draft, configuration: Configuration, leaving: set[str]) -> None:
    """After the institutions: `leaving` are those that are removed or move to another connection in this plan."""
    listed = {config.name for config in configuration.connections.items}
    unlisted = Connection.objects.exclude(name__in=listed)
    if not configuration.connections.is_complete:
        draft.left_alone(("connections",), [row.name for row in unlisted], listed)
        return
    for row in unlisted:
        feeding = Pairing.objects.filter(connection=row).exclude(institution__code__in=leaving)
        if feeding.exists() or Binding.objects.filter(connection=row).exists():
            draft.problems.note(
                ("connections",),
                row.name,
                "still serves an institution or is tied to records, so it is not removed; "
                f"to stop it write is_enabled = false under [connections.{row.name}]",
            )
        else:
            draft.remove(("connections", row.name), row)

"""Reads `[connections.<name>]`: one CRM account, its settings and secrets, and the mapping of fields."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug

from crm.connectors.base import CrmConnector, Entity, SettingField
from crm.connectors.registry import connector_choices, get_connector_class
from crm.services.configure import readers
from crm.services.configure.configuration import ConnectionConfig, FieldConfig, Listing, Options
from crm.services.configure.problems import Unusable
from crm.services.configure.read_fields import read_mapping
from crm.services.configure.secret_refs import SecretSource
from crm.services.configure.table import Table

_NAME_LIMIT = 50


def read_connection(name: str, table: Table, secrets: SecretSource) -> ConnectionConfig | None:
    """Notes every fault in `table`. None where the connector is not known: nothing below can then be judged."""
    _check_name(name, table)
    table.require("connector", f"the kind of CRM, one of {', '.join(code for code, _ in connector_choices())}")
    code = table.read("connector", readers.choice([code for code, _ in connector_choices()]), "")
    if not code:
        return None
    connector = get_connector_class(code)
    values = table.read_given({"is_enabled": readers.truth})
    settings = _settings(table, connector)
    read_secrets = _secrets(table, connector, secrets)
    mapping = _mapping(table, connector)
    table.finish()
    return ConnectionConfig(name, code, values, settings, read_secrets, mapping)


def _check_name(name: str, table: Table) -> None:
    try:
        validate_slug(name)
    except ValidationError:
        table.note("", "a connection's name holds letters, digits, hyphens and underscores only")
    if len(name) > _NAME_LIMIT:
        table.note("", f"a connection's name has at most {_NAME_LIMIT} characters")


def _settings(table: Table, connector: type[CrmConnector]) -> Options:
    schema = [field for field in connector.settings_schema() if field.kind != "secret"]
    given = table.table("settings")
    values: dict[str, Any] = {}
    is_complete = False
    if given is not None:
        is_complete = given.is_complete()
        values = given.read_given({field.name: _setting_reader(field) for field in schema})
        given.finish()
    return Options(values, is_complete)


def _secrets(table: Table, connector: type[CrmConnector], source: SecretSource) -> dict[str, str]:
    schema = [field for field in connector.settings_schema() if field.kind == "secret"]
    given = table.table("secrets")
    values = given.read_given({field.name: source.read for field in schema}) if given is not None else {}
    if given is not None:
        given.finish()
    return values


def _mapping(table: Table, connector: type[CrmConnector]) -> Listing[FieldConfig]:
    section = table.table("mapping")
    if section is None:
        return Listing(preset_mapping(connector))
    with_preset = section.read("preset", readers.truth, default=True)
    listed = read_mapping(section)
    section.finish()
    named = {(line.entity, line.field) for line in listed.items}
    preset = preset_mapping(connector) if with_preset else ()
    rest = tuple(line for line in preset if (line.entity, line.field) not in named)
    return Listing((*listed.items, *rest), listed.is_complete)


def preset_mapping(connector: type[CrmConnector]) -> tuple[FieldConfig, ...]:
    """The mapping the connector suggests, both entities."""
    return tuple(
        FieldConfig(
            entity=entity.value,
            field=preset.canonical,
            values={"remote_name": preset.remote, "value_map": dict(preset.value_map)},
            is_preset=True,
        )
        for entity in Entity
        for preset in connector.default_mapping(entity)
    )


def _setting_reader(field: SettingField) -> Callable[[Any], Any]:
    if field.kind == "choice":
        return readers.choice(list(field.choices))
    return _BY_KIND[field.kind]


def _whole(value: Any) -> int:
    return readers.whole(-(2**31), 2**31)(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Unusable("write a number")
    return value


def _nested(value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise Unusable("write a table here")
    return value


_BY_KIND: Mapping[str, Callable[[Any], Any]] = {
    "text": readers.text(2000),
    "url": readers.web_address,
    "integer": _whole,
    "decimal": _number,
    "boolean": readers.truth,
    "map": _nested,
}

"""Plans the lists of fields: policies of an institution and mapping of a connection, told apart by entity and field."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from crm.models import Connection, FieldMapping
from crm.services.configure.configuration import ConnectionConfig, FieldConfig, InstitutionConfig, Listing
from crm.services.configure.draft import Draft
from crm.services.configure.problems import Path
from sync.models import FieldPolicy, Institution

Row = FieldPolicy | FieldMapping


def plan_policies(draft: Draft, config: InstitutionConfig, institution: Institution | None) -> None:
    path = ("institutions", config.code, "policies")
    rows = FieldPolicy.objects.filter(institution=institution) if institution else ()
    _plan(draft, path, config.policies, rows, FieldPolicy, lambda: {"institution": _institution(config.code)})


def plan_mapping(draft: Draft, config: ConnectionConfig, connection: Connection | None) -> None:
    path = ("connections", config.name, "mapping")
    rows = FieldMapping.objects.filter(connection=connection) if connection else ()
    _plan(draft, path, config.mapping, rows, FieldMapping, lambda: {"connection": _connection(config.name)})


def _plan(
    draft: Draft,
    path: Path,
    listing: Listing[FieldConfig],
    rows: Iterable[Row],
    model: type[Row],
    parents: Callable[[], dict[str, Any]],
) -> None:
    stored = {(row.entity, row.field): row for row in rows}
    for config in listing.items:
        row = stored.pop((config.entity, config.field), None)
        _plan_one(draft, (*path, config.entity, config.field), config, row, model, parents)
    if listing.is_complete:
        for (entity, field), row in sorted(stored.items()):
            draft.remove((*path, entity, field), row)
    else:
        draft.left_alone(path, [f"{entity} {field}" for entity, field in stored], listing.items)


def _plan_one(
    draft: Draft,
    path: Path,
    config: FieldConfig,
    row: Row | None,
    model: type[Row],
    parents: Callable[[], dict[str, Any]],
) -> None:
    if row is None:
        if config.values.get("is_enabled") is False:
            return  # left out, and not there
        if model is FieldMapping and not config.values.get("remote_name"):
            draft.problems.note(path, "remote_name", "missing; the field's name in the CRM")
            return
        values = {**config.values, "entity": config.entity, "field": config.field}
        draft.save(path, model(), values, parents=parents)
    elif not config.is_preset:
        draft.save(path, row, config.values)


def _institution(code: str) -> Institution:
    return Institution.objects.get(code=code)


def _connection(name: str) -> Connection:
    return Connection.objects.get(name=name)

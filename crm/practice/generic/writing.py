"""Creating and updating through this face: validation by member, links, and the dialects of the answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crm.practice.generic.shapes import COMPUTED, inner, outer, shown
from crm.practice.hubspot.shapes import text
from crm.practice.record import Record, Source
from crm.practice.schema import fault_in
from crm.practice.table import Table
from crm.practice.values import rewritten
from crm.practice.wire import Answer, json_answer

if TYPE_CHECKING:
    from crm.practice.core import Core

Errors = dict[str, list[str]]


@dataclass
class Draft:
    """What a body asks for, under inner names. contact_id None: not mentioned; 0: unlinked."""

    values: dict[str, Any] = field(default_factory=dict)
    contact_id: int | None = None
    errors: Errors = field(default_factory=dict)


def draft(core: Core, table: Table, body: Any) -> Draft:
    """Validate a body: flat, nested under `contact` or `order`, custom members under `custom_fields`."""
    if not isinstance(body, dict):
        return Draft(errors={"__all__": ["A JSON object is expected."]})
    nested = body.get(table.name[:-1])
    flat = dict(nested) if isinstance(nested, dict) else dict(body)
    custom = flat.pop("custom_fields", None)
    flat |= custom if isinstance(custom, dict) else {}
    result = Draft()
    if table.name == "orders":
        _take_link(core, result, flat)
    for name, value in flat.items():
        if name not in COMPUTED:
            _take(core, table, result, name, value)
    if core.settings.rewrites:
        result.values = rewritten(core.settings.rewrites, result.values)
    for problem in core.rules.problems(table.name, result.values):
        result.errors.setdefault(outer(table.name, problem.field), []).append(problem.message)
    return result


def _take(core: Core, table: Table, result: Draft, name: str, value: Any) -> None:
    prop = core.store.catalogs[table.name].by_name.get(inner(table.name, name))
    if prop is None or prop.read_only:
        if core.settings.unknown_attributes == "refuse":
            result.errors[name] = ["Unknown attribute."]
        return
    if isinstance(value, dict) or (isinstance(value, list) and not prop.options):
        result.errors[name] = ["Not a valid value."]
        return
    plain = text(value)
    if plain and fault_in(prop, plain):
        result.errors[name] = [f"Enter a valid {name.replace('_', ' ')}."]
    else:
        result.values[prop.name] = value


def _take_link(core: Core, result: Draft, flat: dict[str, Any]) -> None:
    if "contact_id" not in flat:
        return
    wanted = flat.pop("contact_id")
    contact = core.store.contacts.get(str(wanted)) if wanted not in (None, "") else None
    if contact is None and wanted not in (None, ""):
        result.errors["contact_id"] = [f'Invalid pk "{wanted}" - object does not exist.']
    result.contact_id = contact.id if contact else 0


def save(core: Core, table: Table, record: Record | None, wanted: Draft, source: Source) -> tuple[Record, bool]:
    """Apply a valid draft; the record, and whether it is new."""
    if record is None:
        values = {name: value for name, value in wanted.values.items() if value not in (None, "")}
        record = table.create(values, source)
        core.ledger.created(table, record, str(values.get(table.key_property, "")), tuple(values))
        _link(core, table, record, wanted)
        return record, True
    linked = _link(core, table, record, wanted)
    changed = table.update(record, wanted.values, source, touch=core.settings.noop_moves_modified or linked)
    names = (*changed, "contact_id") if linked else tuple(changed)
    core.ledger.wrote(table, record, table.key_of(record), names)
    return record, False


def _link(core: Core, table: Table, record: Record, wanted: Draft) -> bool:
    if wanted.contact_id is None or wanted.contact_id == record.contact_id:
        return False
    record.contact_id = wanted.contact_id
    table.note(record)
    core.ledger.linked(table, record, table.key_of(record))
    return True


def saved_answer(core: Core, table: Table, record: Record, *, new: bool) -> Answer:
    if core.settings.generic_style == "rest":
        return json_answer(201 if new else 200, shown(table, record), Location=f"/api/{table.name}/{record.id}")
    message = f"{table.name[:-1].capitalize()} {'created' if new else 'updated'} successfully"
    return json_answer(200, {"error": False, "message": message, "id": str(record.id)})


def errors_answer(core: Core, errors: Errors) -> Answer:
    return json_answer(core.settings.validation_status, {"error": True, "errors": errors})

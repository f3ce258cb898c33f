"""The properties API: list, read, create."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from crm.practice.hubspot.errors import RefusedError, error_answer, invalid, not_found
from crm.practice.schema import Property
from crm.practice.table import Table
from crm.practice.wire import Answer, json_answer

if TYPE_CHECKING:
    from crm.practice.core import Core

_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}\Z")
_TYPES = {"string", "number", "date", "datetime", "enumeration", "bool"}
UNIQUE_LIMIT = 10


def answer(core: Core, table: Table, method: str, name: str, body: Any) -> Answer:
    catalog = core.store.catalogs[table.name]
    if method == "POST" and not name:
        return _create(core, table, body)
    if method != "GET":
        raise RefusedError(error_answer(405, "Method not allowed", "METHOD_NOT_ALLOWED"))
    if not name:
        return json_answer(200, {"results": [each.as_json() for each in catalog.by_name.values()]})
    if name not in catalog.by_name:
        raise not_found(f"Property {name} does not exist")
    return json_answer(200, catalog.by_name[name].as_json())


def _create(core: Core, table: Table, body: Any) -> Answer:
    catalog = core.store.catalogs[table.name]
    prop = _parsed(body)
    if prop.name in catalog.by_name:
        message = f"A property named '{prop.name}' already exists."
        raise RefusedError(error_answer(409, message, "OBJECT_ALREADY_EXISTS"))
    if prop.unique and len(catalog.unique_names()) >= UNIQUE_LIMIT:
        raise invalid(f"No more than {UNIQUE_LIMIT} unique properties are allowed")
    catalog.add(prop)
    if prop.unique and prop.name not in table.indexes:
        table.add_index(prop.name)
    core.store.define(table.name, prop)
    return json_answer(201, prop.as_json())


def _parsed(body: Any) -> Property:
    if not isinstance(body, dict):
        raise invalid("Invalid input JSON")
    name, kind = str(body.get("name", "")), str(body.get("type", ""))
    missing = [each for each in ("name", "label", "type", "fieldType", "groupName") if not body.get(each)]
    if missing:
        raise invalid(f"Some required fields were not set: [{', '.join(missing)}]")
    if not _NAME.match(name) or kind not in _TYPES:
        raise invalid(f"Property name or type is not valid: {name} ({kind})")
    options = [str(each.get("value", "")) for each in body.get("options") or () if isinstance(each, dict)]
    unique = body.get("hasUniqueValue") is True
    return Property(name, str(body["label"]), kind, str(body["fieldType"]), str(body["groupName"]), options, unique)

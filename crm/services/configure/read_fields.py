"""Reads the two lists of fields: policies of an institution, mapping of a connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crm.services.configure import readers
from crm.services.configure.configuration import FieldConfig, Listing
from crm.services.configure.problems import Unusable, nearest
from crm.services.configure.table import Table
from sync.engine.fields import CONSENT_PREFIX, CRITERION_PREFIX, Entity, fields_of
from sync.engine.policy import BlankRule, ConflictRule, Direction, FieldPolicy, FirstLinkRule, policy_problems

CODE = "{code}"  # in the remote name of a family, stands for the code in lower case
_RULES = {"direction": Direction, "conflict": ConflictRule, "first_link": FirstLinkRule, "blank": BlankRule}
_POLICY_KEYS = {name: readers.choice([rule.value for rule in rules]) for name, rules in _RULES.items()}
_MAPPING_KEYS = {"remote_name": readers.text(200), "value_map": readers.text_map, "is_enabled": readers.truth}


def read_policies(table: Table | None) -> Listing[FieldConfig]:
    """`[institutions.X.policies]`: one table an entity, one line a field."""
    if table is None:
        return Listing()
    listing = Listing(tuple(_lines(table, _policy)), table.is_complete())
    table.finish()
    return listing


def read_mapping(table: Table) -> Listing[FieldConfig]:
    """`[connections.X.mapping]`: a field is given its remote name, a table of details, or false to leave it out."""
    return Listing(tuple(_lines(table, _mapping_line)), table.is_complete())


def _lines(table: Table, read_one: Any) -> Iterator[FieldConfig]:
    for entity in Entity:
        fields = table.table(entity.value)
        for name, value in fields.rest().items() if fields else ():
            if unknown := _field_problem(entity, name, families=True):
                table.problems.note((*table.path, entity.value), name, unknown)
            elif values := read_one(table, entity, name, value):
                yield FieldConfig(entity.value, name, values)


def _field_problem(entity: Entity, name: str, *, families: bool) -> str:
    known = fields_of(entity)
    if name in known:
        return ""
    prefix = next((prefix for prefix in (CONSENT_PREFIX, CRITERION_PREFIX) if name.startswith(prefix)), "")
    if prefix and entity is Entity.CONTACT and name != prefix:
        if "*" not in name or (families and name == f"{prefix}*"):
            return ""
        return f"name one code, such as {prefix}NEWSLETTER" + (f", or all of them with {prefix}*" if families else "")
    return f"no such field{nearest(name, [*known, 'consent.*', 'criterion.*'])}"


def _policy(table: Table, entity: Entity, name: str, value: Any) -> dict[str, Any]:
    section = _section(table, entity, name, value, 'such as { direction = "to_crm" }')
    if section is None:
        return {}
    values = section.read_given(_POLICY_KEYS)
    section.finish()
    for problem in policy_problems(_as_policy(name, values)):
        section.problems.note(section.path, "", problem)
    return values


def _as_policy(name: str, values: Mapping[str, Any]) -> FieldPolicy:
    typed: dict[str, Any] = {key: _RULES[key](value) for key, value in values.items()}
    return FieldPolicy(name, **typed)


def _mapping_line(table: Table, entity: Entity, name: str, value: Any) -> dict[str, Any]:
    if value is False:
        return {"is_enabled": False}
    if isinstance(value, str):
        value = {"remote_name": value}
    section = _section(table, entity, name, value, "a name in the CRM, a table of details, or false to leave it out")
    if section is None:
        return {}
    values = section.read_given(_MAPPING_KEYS)
    section.finish()
    if name.endswith("*") and CODE not in values.get("remote_name", CODE):
        section.note("remote_name", f'must hold {CODE}, as in "optin_{CODE}": each code needs a name of its own')
    return {"is_enabled": True, **values}


def _section(table: Table, entity: Entity, name: str, value: Any, how: str) -> Table | None:
    path = (*table.path, entity.value, name)
    if not isinstance(value, Mapping) or not value:
        table.problems.note(path[:-1], name, f"write {how}")
        return None
    return Table(path, value, table.problems)


def canonical_fields(value: Any) -> list[str]:
    """A list of contact fields. Raises Unusable naming the first that does not exist."""
    names = readers.texts(value)
    for name in names:
        if problem := _field_problem(Entity.CONTACT, name, families=False):
            raise Unusable(f"{name}: {problem}")
    return names

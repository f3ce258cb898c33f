"""One filter of a search: property, operator, value. Numbers and times compare as such, text in lower case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from crm.practice.hubspot.errors import invalid
from crm.practice.hubspot.shapes import CREATED, MODIFIED, text
from crm.practice.record import Record
from crm.practice.schema import Catalog
from crm.practice.table import Table

GROUPS_LIMIT, FILTERS_LIMIT = 5, 6
Comparable = float | str
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda held, wanted: held == wanted,
    "NEQ": lambda held, wanted: held != wanted,
    "LT": lambda held, wanted: held < wanted,
    "LTE": lambda held, wanted: held <= wanted,
    "GT": lambda held, wanted: held > wanted,
    "GTE": lambda held, wanted: held >= wanted,
    "CONTAINS_TOKEN": lambda held, wanted: wanted.strip("*") in held,
    "NOT_CONTAINS_TOKEN": lambda held, wanted: wanted.strip("*") not in held,
}
_OPERATORS = {*_COMPARE, "BETWEEN", "IN", "NOT_IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY"}


def as_millis(value: Any) -> int | None:
    """Epoch milliseconds of a filter value: a number, or an ISO time."""
    try:
        return int(value)
    except (TypeError, ValueError):
        pass
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


@dataclass(slots=True)
class Filter:
    name: str
    operator: str
    wanted: list[Comparable]
    kind: str  # time, number, text
    raw: list[str]

    def accepts(self, table: Table, record: Record) -> bool:
        held = self._held(table, record)
        if self.operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
            return (held is not None) == (self.operator == "HAS_PROPERTY")
        if held is None:
            return self.operator in ("NEQ", "NOT_IN", "NOT_CONTAINS_TOKEN")
        if self.operator in ("IN", "NOT_IN"):
            return (held in self.wanted) == (self.operator == "IN")
        if self.operator == "BETWEEN":
            low, high = self.wanted[:2]
            return bool(low <= held <= high)  # type: ignore[operator]  # both of the kind of the property
        return _COMPARE[self.operator](held, self.wanted[0])

    def _held(self, table: Table, record: Record) -> Comparable | None:
        if self.name == MODIFIED[table.name]:
            return record.modified
        if self.name == CREATED[table.name]:
            return record.created
        if self.name == "hs_object_id":
            return record.id
        value = text(record.properties().get(self.name))
        return None if value is None else _comparable(value, self.kind)

    def exact_in(self, table: Table) -> bool:
        return self.operator in ("EQ", "IN") and (self.name in table.indexes or self.name == "hs_object_id")

    def record_ids(self, table: Table) -> list[int]:
        if self.name == "hs_object_id":
            return [int(each) for each in self.raw if each.isdigit()]
        folded = (each.lower() if self.name == "email" else each for each in self.raw)
        return [record_id for value in folded for record_id in table.indexes[self.name].find(value)]

    def since(self, modified_name: str) -> int:
        """The earliest change time this filter lets through; 0 when it says nothing about it."""
        if self.name != modified_name or self.operator not in ("EQ", "GT", "GTE", "BETWEEN"):
            return 0
        return int(self.wanted[0])


def _comparable(value: str, kind: str) -> Comparable | None:
    if kind == "text":
        return value.lower()
    return as_millis(value) if kind == "time" else _number(value)


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def parse_groups(groups: Any, catalog: Catalog, table: Table) -> list[list[Filter]]:
    """Groups are alternatives, the filters of one group must all hold. Raises RefusedError."""
    if not isinstance(groups, list) or len(groups) > GROUPS_LIMIT:
        raise invalid(f"filterGroups must be a list of at most {GROUPS_LIMIT} groups")
    return [[_parse(each, catalog) for each in _filters(group)] for group in groups]


def _filters(group: Any) -> list[Any]:
    filters = group.get("filters") if isinstance(group, dict) else None
    if not isinstance(filters, list) or not 1 <= len(filters) <= FILTERS_LIMIT:
        raise invalid(f"Each filter group needs between 1 and {FILTERS_LIMIT} filters")
    return filters


def _parse(item: Any, catalog: Catalog) -> Filter:
    name, operator = str(item.get("propertyName", "")), str(item.get("operator", ""))
    prop = catalog.by_name.get(name)
    if prop is None:
        raise invalid(f'There was a problem with the request: property "{name}" does not exist')
    if operator not in _OPERATORS:
        raise invalid(f"Invalid operator: {operator}")
    kind = {"datetime": "time", "date": "time", "number": "number"}.get(prop.type, "text")
    raw = [str(each) for each in _values(item, operator)]
    wanted = [_comparable(each, kind) for each in raw]
    if None in wanted or (not wanted and operator not in ("HAS_PROPERTY", "NOT_HAS_PROPERTY")):
        raise invalid(f"The value for {name} is not valid")
    return Filter(name, operator, [each for each in wanted if each is not None], kind, raw)


def _values(item: dict[str, Any], operator: str) -> list[Any]:
    if operator in ("IN", "NOT_IN"):
        return list(item.get("values") or ())
    both = [item.get("value"), item.get("highValue")] if operator == "BETWEEN" else [item.get("value")]
    return [each for each in both if each is not None]

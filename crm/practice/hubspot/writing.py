"""One record to write: found, validated, in conflict or ready. Nothing is stored before the whole batch is judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crm.practice.hubspot.errors import conflict_message, detail, values_message
from crm.practice.hubspot.shapes import text
from crm.practice.record import Record, Source
from crm.practice.schema import TEXT_LIMIT, Catalog, Problem
from crm.practice.table import Table
from crm.practice.values import rewritten

if TYPE_CHECKING:
    from crm.practice.core import Core


@dataclass(slots=True)
class Write:
    """record None: to be created. owner: the contact that already holds the e-mail address."""

    asked_id: str
    trace_id: str | None
    record: Record | None
    values: dict[str, str]
    problems: list[Problem] = field(default_factory=list)
    owner: int = 0
    missing: bool = False

    @property
    def refused(self) -> bool:
        return bool(self.problems or self.owner or self.missing)

    def status(self) -> int:
        return 404 if self.missing else 409 if self.owner else 400

    def as_error(self) -> dict[str, Any]:
        """The entry for the `errors` list of a 207, or the core of a whole refusal."""
        if self.missing:
            return {"category": "OBJECT_NOT_FOUND", "message": f"Object not found. objectId: {self.asked_id}"}
        if self.owner:
            return {"category": "CONFLICT", "message": conflict_message(self.owner)}
        details = [detail(each) for each in self.problems]
        return {"category": "VALIDATION_ERROR", "message": values_message(self.problems), "errors": details}


class Judge:
    """Decides about the writes of one call; remembers the addresses this very call has given away."""

    def __init__(self, core: Core, table: Table) -> None:
        self._core = core
        self._table = table
        self._catalog: Catalog = core.store.catalogs[table.name]
        self._given: dict[str, str] = {}

    def weigh(self, write: Write) -> Write:
        """Fill in what is wrong with a write, and what the CRM makes of its values."""
        write.problems = problems(self._catalog, write.values)
        if write.problems:
            return write
        if self._core.settings.rewrites:
            write.values = rewritten(self._core.settings.rewrites, write.values)
        if self._core.rules.standing():
            write.problems = self._core.rules.problems(self._table.name, write.values)
        if not write.problems:
            self._check_unique(write)
        return write

    def _check_unique(self, write: Write) -> None:
        for name in self._table.indexes:
            value = write.values.get(name)
            if not value:
                continue
            holder = self._table.find(name, value)
            if holder is not None and holder is not write.record:
                self._refuse_taken(write, name, value, holder)
            elif name == "email" and self._given.setdefault(value.lower(), write.asked_id) != write.asked_id:
                write.problems.append(Problem("email", "DUPLICATE", f"{value} is used twice in this call"))

    def _refuse_taken(self, write: Write, name: str, value: str, holder: Record) -> None:
        if name == "email":
            write.owner = holder.id
        elif write.record is None or self._table.key_of(write.record) != value:  # a person's clone may carry it too
            message = f"{value} is already the {name} of {holder.id}"
            write.problems.append(Problem(name, "CONFLICTING_UNIQUE_VALUE", message))


def problems(catalog: Catalog, values: dict[str, Any]) -> list[Problem]:
    """What is wrong with the values of one record; numbers and booleans are taken as text."""
    found: list[Problem] = []
    checks = catalog.checks
    for name, value in values.items():  # the innermost loop of a benchmark: good values cost two look-ups
        if name not in checks:
            found.append(_not_writable(catalog, name))
        elif type(value) is not str:
            found += _not_text(values, name, value)
        elif (check := checks[name]) is not None:
            if value and (code := check(value)):
                found.append(Problem(name, code, f"{value} is not a valid value for {name}"))
        elif len(value) > TEXT_LIMIT:
            found.append(Problem(name, "PROPERTY_VALUE_TOO_LONG", f"{name} takes {TEXT_LIMIT} characters at most"))
    return found


def _not_writable(catalog: Catalog, name: str) -> Problem:
    if name in catalog.by_name:
        return Problem(name, "READ_ONLY_VALUE", f'"{name}" is a read only property')
    return Problem(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')


def _not_text(values: dict[str, Any], name: str, value: Any) -> list[Problem]:
    if isinstance(value, (bool, int, float)):
        values[name] = text(value)
        return []
    return [Problem(name, "INVALID_TYPE", f"The value of {name} must be a string")]


def store(core: Core, table: Table, write: Write, source: Source) -> tuple[Record, bool]:
    """Apply a write that was not refused; the record, and whether it is new."""
    if write.record is None:
        values = {name: value for name, value in write.values.items() if value != ""}
        record = table.create(values, source)
        core.ledger.created(table, record, str(values.get(table.key_property, "")), tuple(values))
        return record, True
    changed = table.update(write.record, write.values, source)
    key = write.values.get(table.key_property) or table.key_of(write.record)
    core.ledger.wrote(table, write.record, key, tuple(changed))
    return write.record, False

"""A plan while it is being made: changes in order, notes, faults."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from crm.services.configure.plan import HIDDEN, ChangeKind, Detail, PlannedChange, Step
from crm.services.configure.problems import Path, Problems, dotted

_NAMES_SHOWN = 6


class Draft:
    """Collects what the planners find; `problems` are raised together at the end."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.changes: list[PlannedChange] = []
        self.notes: list[str] = []

    def add(self, path: Path, details: Iterable[Detail], run: Step) -> None:
        self.changes.append(PlannedChange(ChangeKind.ADDED, dotted(path), tuple(details), run))

    def change(self, path: Path, details: Iterable[Detail], run: Step) -> None:
        self.changes.append(PlannedChange(ChangeKind.CHANGED, dotted(path), tuple(details), run))

    def remove(self, path: Path, row: Model) -> None:
        self.changes.append(PlannedChange(ChangeKind.REMOVED, dotted(path), (), lambda _: _delete(row)))

    def left_alone(self, path: Path, names: Collection[str], listed: Collection[Any]) -> None:
        """Note what a section leaves out; a section the file does not speak of needs no note."""
        if not names or not listed:
            return
        shown_names = sorted(names)[:_NAMES_SHOWN]
        more = len(names) - len(shown_names)
        tail = f" and {more} more" if more else ""
        self.notes.append(f"[{dotted(path)}] not in the file and left as it is: {', '.join(shown_names)}{tail}")

    def save(
        self,
        path: Path,
        row: Model,
        values: Mapping[str, Any],
        *,
        parents: Callable[[], Mapping[str, Any]] = dict,
        hidden: Collection[str] = (),
    ) -> None:
        """Plan to bring `row` (unsaved: to be added) to `values`. `parents` names the rows a new one hangs on."""
        if row.pk is None:
            self._check(path, row, values)
            details = [Detail(name, None, shown(name, value, hidden)) for name, value in values.items()]
            self.add(path, details, lambda _: _create(row, {**values, **parents()}))
            return
        moved = {name: value for name, value in values.items() if getattr(row, name) != value}
        if moved:
            details = [moved_detail(name, getattr(row, name), value, hidden) for name, value in moved.items()]
            self._check(path, row, moved)
            self.change(path, details, lambda _: _update(row, moved))

    def _check(self, path: Path, row: Model, values: Mapping[str, Any]) -> None:
        """The model's own validators, on a copy: the last word where a reader was too kind."""
        trial = type(row)(**values)
        unset = {field.name for field in trial._meta.fields} - set(values)  # noqa: SLF001 - Django documents _meta
        try:
            trial.clean_fields(exclude=unset)
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                self.problems.note(path, name, " ".join(messages))


def moved_detail(name: str, before: Any, after: Any, hidden: Collection[str] = ()) -> Detail:
    return Detail(name, shown(name, before, hidden), shown(name, after, hidden))


def shown(name: str, value: Any, hidden: Collection[str] = ()) -> Any:
    """The value as a screen or JSON may carry it."""
    if name in hidden:
        return HIDDEN if value else None
    return str(value) if isinstance(value, Decimal) else value


def _create(row: Model, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save(force_insert=True)


def _update(row: Model, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))


def _delete(row: Model) -> None:
    row.delete()

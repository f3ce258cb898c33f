"""One table of the file while it is read: keys are taken one by one, and what nobody took is unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from crm.services.configure.problems import Path, Problems, Unusable

T = TypeVar("T")
Reader = Callable[[Any], Any]
MANAGE = "manage"


class Table:
    """`path` is the table's name as the file writes it, part by part."""

    def __init__(self, path: Path, values: Mapping[str, Any], problems: Problems) -> None:
        self.path = path
        self.problems = problems
        self._values = values
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def read(self, key: str, reader: Callable[[Any], T], default: T) -> T:
        """The value of `key`, or `default` when it is absent or cannot be used (which is then noted)."""
        self._asked.add(key)
        if key not in self._values:
            return default
        try:
            return reader(self._values[key])
        except Unusable as unusable:
            self.note(key, str(unusable))
            return default

    def read_given(self, readers: Mapping[str, Reader]) -> dict[str, Any]:
        """The values of those keys that the file gives and that can be used."""
        absent = object()
        read = {key: self.read(key, reader, absent) for key, reader in readers.items()}
        return {key: value for key, value in read.items() if value is not absent}

    def require(self, key: str, meaning: str) -> None:
        if key not in self._values:
            self.note(key, f"missing; {meaning}")

    def table(self, key: str) -> Table | None:
        """The table under `key`; None when it is absent or not a table (which is then noted)."""
        values = self.read(key, _a_table, None)
        return None if values is None else Table((*self.path, key), values, self.problems)

    def is_complete(self) -> bool:
        """Does the file speak for the whole section? `manage = "all"` says so."""
        return self.read(MANAGE, _manage, default=False)

    def rest(self) -> dict[str, Any]:
        """Every key nobody has asked for yet, taken now."""
        left = {key: value for key, value in self._values.items() if key not in self._asked}
        self._asked.update(left)
        return left

    def tables(self) -> Iterator[tuple[str, Table]]:
        """What is left as named tables; anything else among it is noted."""
        for name, values in self.rest().items():
            if isinstance(values, Mapping):
                yield name, Table((*self.path, name), values, self.problems)
            else:
                self.note(name, "write a table of its own here, such as " + f"[{'.'.join((*self.path, name))}]")

    def note(self, key: str, message: str) -> None:
        self.problems.note(self.path, key, message)

    def finish(self) -> None:
        """Note every key nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                self.problems.note_unknown(self.path, key, self._asked)


def _a_table(value: Any) -> Mapping[str, Any] | None:
    if not isinstance(value, Mapping):
        raise Unusable("write a table here")
    return value


def _manage(value: Any) -> bool:
    if value not in ("all", "listed"):
        raise Unusable('write "listed" (touch only what is listed) or "all" (the section is complete)')
    return bool(value == "all")

"""All records of one entity with their indexes. Every change to a record goes through here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from crm.practice.index import KeyText, ModifiedLog, ValueIndex
from crm.practice.record import Record, Source, packed

FIRST_ID = 501


class Table:
    """Not locked by itself: the caller holds the store's lock."""

    def __init__(self, name: str, key_property: str, now: Callable[[], int]) -> None:
        self.name = name
        self.key_property = key_property
        self._now = now
        self.clear()

    def clear(self) -> None:
        self.rows: dict[int, Record] = {}
        self.gone: dict[int, Record] = {}  # deleted or merged away: the ledger still counts them
        self.gone_keys = ValueIndex()
        self.indexes: dict[str, ValueIndex] = {self.key_property: ValueIndex()}
        if self.name == "contacts":
            self.indexes["email"] = ValueIndex()
        self.modified = ModifiedLog()
        self.key_text = KeyText()
        self.changed: list[Record] = []  # since the journal was last written
        self.next_id = FIRST_ID

    # -- reading

    def get(self, record_id: int | str) -> Record | None:
        try:
            return self.rows.get(int(record_id))
        except ValueError:
            return None

    def find(self, name: str, value: str) -> Record | None:
        """The live record that carries a value of an indexed property, the oldest when several do."""
        ids = self.indexes[name].find(value.lower() if name == "email" else value)
        return self.rows.get(min(ids)) if ids else None

    def key_of(self, record: Record) -> str:
        return str(record.properties().get(self.key_property) or "")

    def latest_first(self) -> Iterator[Record]:
        """Every live record, the one changed last first."""
        return self._standing(self.modified.latest())

    def changed_since(self, at: int) -> Iterator[Record]:
        """Live records changed at `at` or later, ordered by time of change, then by id."""
        return self._standing(self.modified.since(at))

    def _standing(self, entries: Iterator[tuple[int, int]]) -> Iterator[Record]:
        """A record has one entry with its present time of change; all its others are overtaken."""
        for at, record_id in entries:
            record = self.rows.get(record_id)
            if record is not None and record.modified == at:
                yield record

    # -- writing

    def create(self, values: dict[str, Any], source: Source) -> Record:
        record = Record(self.next_id, self._now(), packed(values), source)
        self.insert(record, values)
        self.changed.append(record)
        return record

    def insert(self, record: Record, values: dict[str, Any]) -> None:
        """Take a record in as it is (new, cloned, or read from the journal)."""
        self.next_id = max(self.next_id, record.id + 1)
        if record.archived:
            self._bury(record, values)
            return
        self.rows[record.id] = record
        for name, index in self.indexes.items():
            if value := values.get(name):
                index.add(_indexed(name, value), record.id)
        if key := values.get(self.key_property):
            self.key_text.add(str(key), record.id)
        self.modified.add(record.modified, record.id)

    def update(self, record: Record, new: dict[str, Any], source: Source, *, touch: bool = False) -> dict[str, Any]:
        """Set properties (None or "" clears) and return those that really changed.

        touch: a write that changes nothing still moves time and author, as several real CRMs do.
        """
        values = record.properties()
        kept = {name: None if value == "" else value for name, value in new.items()}
        changed = {name: value for name, value in kept.items() if values.get(name) != value}
        if not changed and not touch:
            return changed
        at = self._now()
        if changed:
            record.remember(at, source, changed)
            self._reindex(record, values, changed)
            for name, value in changed.items():
                if value is None:
                    values.pop(name, None)
                else:
                    values[name] = value
            record.blob = packed(values)
        record.author = source
        self._moved(record, at)
        return changed

    def touch(self, record: Record, source: Source) -> None:
        """The record counts as changed though no property did (a link, a counter worth keeping)."""
        record.author = source
        self._moved(record, self._now())

    def note(self, record: Record) -> None:
        """Keep counters of a record that did not change."""
        self.changed.append(record)

    def archive(self, record: Record, source: Source, *, merged_into: int = 0) -> None:
        values = record.properties()
        for name, index in self.indexes.items():
            if value := values.get(name):
                index.remove(_indexed(name, value), record.id)
        del self.rows[record.id]
        record.archived, record.merged_into, record.author = True, merged_into, source
        record.modified = self._now()
        self._bury(record, values)
        self.changed.append(record)

    def _bury(self, record: Record, values: dict[str, Any]) -> None:
        self.gone[record.id] = record
        if key := values.get(self.key_property):
            self.gone_keys.add(str(key), record.id)

    def add_index(self, name: str) -> None:
        index = self.indexes[name] = ValueIndex()
        for record in self.rows.values():
            if value := record.properties().get(name):
                index.add(str(value), record.id)

    def sort_changes(self) -> None:
        """Bring the order of changes up to date after records came in in any order, or many entries are overtaken."""
        self.modified.rebuild([(each.modified, each.id) for each in self.rows.values()])

    def _moved(self, record: Record, at: int) -> None:
        if record.modified != at:  # twice within one millisecond is one place in the order
            record.modified = at
            self.modified.add(at, record.id)
            if len(self.modified) > 2 * len(self.rows) + 10_000:
                self.sort_changes()
        self.changed.append(record)

    def _reindex(self, record: Record, old: dict[str, Any], changed: dict[str, Any]) -> None:
        for name in self.indexes.keys() & changed.keys():
            if old.get(name):
                self.indexes[name].remove(_indexed(name, old[name]), record.id)
            if changed[name]:
                self.indexes[name].add(_indexed(name, changed[name]), record.id)
                if name == self.key_property:
                    self.key_text.add(str(changed[name]), record.id)


def _indexed(name: str, value: Any) -> str:
    return str(value).lower() if name == "email" else str(value)

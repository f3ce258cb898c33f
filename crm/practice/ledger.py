"""What really happened here, call by call and record by record. Tests count in this ledger, never in the console's.

Counts per key live on the records themselves, so they survive a restart and cost nothing for a million contacts; the
list of calls and the list of effects keep the latest ones.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from crm.practice.record import Record, Source
from crm.practice.store import Store
from crm.practice.table import Table

CALLS_KEPT = 100_000
EFFECTS_KEPT = 100_000


@dataclass(slots=True)
class Call:
    """One request. status None: it never got an answer."""

    number: int
    at: float  # epoch seconds of its arrival
    face: str
    method: str
    path: str
    records: int = 0
    status: int | None = None
    fault: str = ""
    applied_at: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Effect(NamedTuple):
    """What one write did to one record. kind: create, update, noop, link, delete."""

    call: int
    entity: str
    key: str
    record_id: int
    kind: str
    fields: tuple[str, ...]


class Writes(NamedTuple):
    """Writes the API made under one key: creations, updates that changed something, updates that changed nothing."""

    creates: int
    updates: int
    noops: int


class Ledger:
    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self.effects: deque[Effect] = deque(maxlen=EFFECTS_KEPT)
        self.bugs: list[str] = []  # tracebacks of our own; tests expect none
        self._numbers = itertools.count(1)
        self.current = 0  # number of the call being applied, under the store's lock

    def begin(self, face: str, method: str, path: str, *, listed: bool = True) -> Call:
        call = Call(next(self._numbers), self._clock(), face, method, path)
        if listed:
            self.calls.append(call)
        return call

    # -- noted by the faces, under the store's lock

    def created(self, table: Table, record: Record, key: str, fields: tuple[str, ...]) -> None:
        self.effects.append(Effect(self.current, table.name, key, record.id, "create", fields))

    def wrote(self, table: Table, record: Record, key: str, changed: tuple[str, ...]) -> None:
        if changed:
            record.updates += 1
        else:
            record.noops += 1
            table.note(record)
        kind = "update" if changed else "noop"
        self.effects.append(Effect(self.current, table.name, key, record.id, kind, changed))

    def linked(self, table: Table, record: Record, key: str) -> None:
        self.effects.append(Effect(self.current, table.name, key, record.id, "link", ("contact_id",)))

    # -- asked by tests and people

    def calls_to(self, path: str = "", face: str = "") -> list[Call]:
        """Calls whose path holds a piece, in the order of arrival."""
        return [each for each in list(self.calls) if path in each.path and face in ("", each.face)]

    def effects_on(self, key: str, entity: str = "contacts") -> list[Effect]:
        """The latest effects under one key, oldest first."""
        return [each for each in list(self.effects) if each.key == key and each.entity == entity]

    def creates_for(self, key: str, entity: str = "contacts") -> int:
        """How many records the API created under a key, deleted ones included."""
        return self.writes_for(key, entity).creates

    def writes_for(self, key: str, entity: str = "contacts") -> Writes:
        with self._store.lock:
            records = self._carrying(self._store.table(entity), key)
            return Writes(
                sum(_by_api(each.origin) for each in records),
                sum(each.updates for each in records),
                sum(each.noops for each in records),
            )

    def _carrying(self, table: Table, key: str) -> list[Record]:
        live = [table.rows[each] for each in table.indexes[table.key_property].find(key)]
        return live + [table.gone[each] for each in table.gone_keys.find(key)]

    def duplicates(self, entity: str = "contacts") -> dict[str, list[str]]:
        """Keys carried by more than one live record, with the records' ids. A person's clones count too."""
        with self._store.lock:
            table = self._store.table(entity)
            repeated = table.indexes[table.key_property].repeated()
            return {key: [str(each) for each in ids] for key, ids in repeated.items()}

    def double_creates(self, entity: str = "contacts") -> dict[str, int]:
        """Keys the API created more than once, deleted records included, with how often."""
        with self._store.lock:
            table = self._store.table(entity)
            suspects = {*table.indexes[table.key_property].repeated(), *table.gone_keys.values()}
            counted = {key: self.creates_for(key, entity) for key in suspects}
        return {key: count for key, count in counted.items() if count > 1}

    def links(self) -> dict[str, str]:
        """S-360 order id -> contact number, for every linked order."""
        with self._store.lock:
            orders, contacts = self._store.orders, self._store.contacts
            pairs = [(orders.key_of(each), contacts.rows.get(each.contact_id)) for each in orders.rows.values()]
            return {key: contacts.key_of(contact) for key, contact in pairs if contact}

    def totals(self) -> dict[str, int]:
        with self._store.lock:
            result = {"calls": len(self.calls)}
            for table in (self._store.contacts, self._store.orders):
                result[table.name] = len(table.rows)
                result[f"{table.name}_with_key"] = len(table.indexes[table.key_property])
            return result

    def forget(self) -> None:
        """Drop the lists; the counts on the records stay."""
        self.calls.clear()
        self.effects.clear()
        self.bugs.clear()


def _by_api(origin: Source) -> bool:
    return not origin.is_person

"""People at work in the CRM: they edit, create, clone, merge and delete records by hand, now and then or all day."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

from crm.practice.record import Record, Source
from crm.practice.store import Store
from crm.practice.table import Table

NAMES = {45678: "Robin Field", 45679: "Sam Meadow", 45680: "Kit Rivers"}
DEFAULT_USER = 45678
TOWNS = ("Lausanne", "Genève", "Bern", "Basel", "Lyon", "Torino", "Strasbourg", "Freiburg")
ROLES = ("Teacher", "Usher", "Patron", "Press", "Volunteer", "Student")


def person(user: int) -> Source:
    return Source("CRM_UI", f"userId:{user}", NAMES.get(user, f"User {user}"), user)


class UnknownRecordError(LookupError):
    """There is no such record."""


class People:
    def __init__(self, store: Store, stopping: threading.Event, seed: int | None = None) -> None:
        self._store = store
        self._stopping = stopping
        self._random = random.Random(seed)  # noqa: S311 - invented edits, not a secret
        self._sources: dict[int, Source] = {}
        self._live_rate = 0.0
        self._live: threading.Thread | None = None
        self.edits = 0  # of the live editors

    def source(self, user: int = DEFAULT_USER) -> Source:
        return self._sources.setdefault(user, person(user))

    # -- one action each; entity is contacts or orders

    def create(self, values: dict[str, Any], *, user: int = DEFAULT_USER, entity: str = "contacts") -> Record:
        """A record made by hand; nothing is validated, as in many a CRM's own screens."""
        with self._writing():
            return self._store.table(entity).create({k: v for k, v in values.items() if v}, self.source(user))

    def edit(
        self, record_id: int | str, values: dict[str, Any], *, user: int = DEFAULT_USER, entity: str = "contacts"
    ) -> dict[str, Any]:
        """What really changed. Raises UnknownRecordError."""
        with self._writing():
            table = self._store.table(entity)
            return table.update(self._record(table, record_id), values, self.source(user))

    def delete(self, record_id: int | str, *, user: int = DEFAULT_USER, entity: str = "contacts") -> None:
        with self._writing():
            table = self._store.table(entity)
            table.archive(self._record(table, record_id), self.source(user))

    def clone(self, record_id: int | str, *, user: int = DEFAULT_USER) -> Record:
        """A copy with everything but the e-mail address: now two records carry one contact number."""
        with self._writing():
            table = self._store.contacts
            values = self._record(table, record_id).properties()
            values.pop("email", None)
            return table.create(values, self.source(user))

    def merge(self, head_id: int | str, loser_id: int | str, *, user: int = DEFAULT_USER) -> Record:
        """The loser disappears into the head, which takes over what it had empty, and the loser's orders."""
        with self._writing():
            table = self._store.contacts
            head, loser = self._record(table, head_id), self._record(table, loser_id)
            if head is loser:
                raise UnknownRecordError("a record cannot be merged with itself")
            taken = {name: value for name, value in loser.properties().items() if name not in head.properties()}
            merged = f"{head.properties().get('hs_merged_object_ids', '')};{loser.id}".strip(";")
            table.archive(loser, self.source(user), merged_into=head.id)
            table.update(head, {**taken, "hs_merged_object_ids": merged}, self.source(user))
            for order in self._store.orders.rows.values():
                if order.contact_id == loser.id:
                    order.contact_id = head.id
                    self._store.orders.note(order)
            return head

    def _record(self, table: Table, record_id: int | str) -> Record:
        record = table.get(record_id)
        if record is None:
            raise UnknownRecordError(f"There is no record {record_id} among the {table.name}.")
        return record

    def _writing(self) -> _Writing:
        return _Writing(self._store)

    # -- all day

    @property
    def live_rate(self) -> float:
        return self._live_rate

    def start_live(self, per_second: float) -> None:
        """Edit random contacts at a rate until stopped; 0 stops."""
        self._live_rate = max(0.0, per_second)
        if self._live_rate and (self._live is None or not self._live.is_alive()):
            self._live = threading.Thread(target=self._edit_all_day, daemon=True, name="practice-people")
            self._live.start()

    def stop_live(self) -> None:
        self.start_live(0)
        if self._live is not None:
            self._live.join(timeout=5)

    def _edit_all_day(self) -> None:
        while self._live_rate and not self._stopping.wait(min(1.0, self._random.expovariate(self._live_rate))):
            self.edit_one()

    def edit_one(self) -> Record | None:
        """One edit such as people make, on a random contact. None when there is none."""
        with self._store.lock:
            record = self._any_contact()
            if record is None:
                return None
            name, make = self._random.choice(_EDITS)
            user = self._random.choice(tuple(NAMES))
            if self.edit(record.id, {name: make(self._random)}, user=user):
                self.edits += 1
            return record

    def _any_contact(self) -> Record | None:
        table = self._store.contacts
        for _ in range(20):  # ids are dense: deleted ones are rare
            record = table.get(self._random.randrange(501, max(table.next_id, 502)))
            if record is not None:
                return record
        return next(iter(table.rows.values()), None)


class _Writing:
    """The store's lock, with the journal written before it is released."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __enter__(self) -> None:
        self._store.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._store.flush()
        self._store.lock.release()


_EDITS: tuple[tuple[str, Callable[[random.Random], str]], ...] = (
    ("city", lambda dice: dice.choice(TOWNS)),
    ("jobtitle", lambda dice: dice.choice(ROLES)),
    ("mobilephone", lambda dice: f"+4179{dice.randrange(10**6, 10**7)}"),
    ("zip", lambda dice: str(dice.randrange(1000, 9999))),
)

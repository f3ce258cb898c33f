"""What the CRM holds: contacts, orders and the definitions of their properties, behind one lock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from crm.practice.journal import Journal
from crm.practice.schema import Catalog, Property, contact_catalog, order_catalog
from crm.practice.table import Table

CONTACT_KEY = "s360_contact_number"
ORDER_KEY = "s360_order_id"


class Store:
    """Take `lock` around anything that reads or writes records; `flush` before it is released."""

    def __init__(self, journal: Journal | None = None, clock: Callable[[], float] = time.time) -> None:
        self.lock = threading.RLock()
        self._clock = clock
        self._last = 0
        self._journal = journal
        self.contacts = Table("contacts", CONTACT_KEY, self.now)
        self.orders = Table("orders", ORDER_KEY, self.now)
        self.catalogs: dict[str, Catalog] = {"contacts": contact_catalog(), "orders": order_catalog()}
        if journal:
            journal.load(self)

    def table(self, name: str) -> Table:
        """`contacts` or `orders`. Raises KeyError for anything else."""
        return {"contacts": self.contacts, "orders": self.orders}[name]

    def now(self) -> int:
        """Epoch milliseconds, never earlier than the time given before: the change order depends on it."""
        self._last = max(self._last, int(self._clock() * 1000))
        return self._last

    def flush(self) -> None:
        """Write what changed to the journal: one write call, so that a kill -9 loses nothing that was answered."""
        for table in (self.contacts, self.orders):
            if table.changed:
                if self._journal:
                    self._journal.write_records(table.name, table.changed)
                table.changed = []

    def define(self, entity: str, prop: Property) -> None:
        """Keep a property that was created through the API."""
        if self._journal:
            self._journal.write_property(entity, prop)

    def clear(self) -> None:
        """Forget every record; property definitions stay."""
        with self.lock:
            self.contacts.clear()
            self.orders.clear()
            if self._journal:
                self._journal.restart(self)

    def close(self) -> None:
        with self.lock:
            self.flush()
            if self._journal:
                self._journal.close()

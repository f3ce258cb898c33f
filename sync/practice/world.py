"""The practice S-360's present state: the population, plus everything changed since.

Only changed records are kept, as JSON bytes; the others are computed from the seed when asked for. Every change is
announced to `on_change(stream, key)`, which is how it enters the firehose.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from sync.practice.contact_payload import Payload, anonymised, wire_time
from sync.practice.fields import apply_changes
from sync.practice.population import Population

CACHED_RECORDS = 20_000  # about 20 MB; unchanged records sent again need not be computed again


class UnknownRecordError(LookupError):
    """No such contact or order, or it has been deleted or merged away."""


class World:
    """Contacts by number (text), orders by id. Bodies handed out are copies: changing them changes nothing here."""

    def __init__(self, population: Population, on_change: Callable[[str, str], None]) -> None:
        self.lock = threading.RLock()
        self.population = population
        self.on_change = on_change
        self.changed: dict[str, dict[str, bytes]] = {"contacts": {}, "orders": {}}
        self.gone: dict[str, str] = {}  # number -> head it was merged into, or "" when deleted
        self.new_contacts = 0
        self.new_orders = 0
        self.unsaved: set[tuple[str, str]] = set()
        self._cache: dict[str, bytes] = {}

    # reading

    def numbers(self) -> Iterator[str]:
        """Every living contact's number, oldest first."""
        count = self.population.contacts + self.new_contacts
        return (n for n in map(self.population.contact_number, range(count)) if n not in self.gone)

    def order_ids(self) -> Iterator[int]:
        return map(self.population.order_id, range(self.population.orders + self.new_orders))

    def contact_json(self, number: str) -> bytes:
        """The whole contact as JSON. Raises UnknownRecordError."""
        if number in self.gone:
            raise UnknownRecordError(f"contact {number} no longer exists")
        body = self.changed["contacts"].get(number) or self._cache.get(number)
        if body is None:
            if not self.knows(number):
                raise UnknownRecordError(f"contact {number} does not exist")
            body = self._remember(number, orjson.dumps(self._first_contact(number)))
        return body

    def knows(self, number: str) -> bool:
        index = self.population.contact_index(number)
        living = index is not None and index < self.population.contacts + self.new_contacts
        return living and number not in self.gone

    def contact(self, number: str) -> Payload:
        contact: Payload = orjson.loads(self.contact_json(number))
        return contact

    def order(self, order_id: int) -> Payload:
        """The inside of `orderDetailsData`; sales of a merged contact belong to its head. Raises UnknownRecordError."""
        body = self.changed["orders"].get(str(order_id))
        order: Payload = orjson.loads(body) if body else self._first_order(order_id)
        if order.get("contactReference") in self.gone:
            order["contactReference"] = self.head_of(order["contactReference"])
        return order

    def head_of(self, number: str) -> str:
        """The number that stands for this one after merges."""
        while self.gone.get(number):
            number = self.gone[number]
        return number

    # changing

    def put_contact(self, contact: Payload) -> None:
        """Store and announce."""
        with self.lock:
            self._store("contacts", contact["contactNumber"], contact)

    def edit(self, number: str, changes: Mapping[str, Any]) -> Payload:
        """Change some fields, by their wire names (see `fields.apply_changes`), as a clerk would in the back office."""
        with self.lock:
            contact = self.contact(number)
            apply_changes(contact, changes)
            self._store("contacts", number, contact)
        return contact

    def add_newcomer(self) -> Payload:
        """The next contact of the seed, as invented."""
        with self.lock:
            index = self._take_contact_index()
            contact = self.population.contact(index) | {"creationDate": wire_time(datetime.now(UTC))}
            self._store("contacts", contact["contactNumber"], contact)
        return contact

    def create(self, changes: Mapping[str, Any]) -> Payload:
        """A contact with exactly these fields, under the next free number."""
        with self.lock:
            index = self._take_contact_index()
            contact: Payload = {
                "contactNumber": self.population.contact_number(index),
                "contactId": 10_229_001_000_000 + index,
                "type": "INDIVIDUAL",
                "role": "PUBLIC",
                "state": "ACTIVE",
                "guest": False,
                "creationDate": wire_time(datetime.now(UTC)),
                "hasWarning": False,
                "individualContact": {},
            }
            apply_changes(contact, changes)
            self._store("contacts", contact["contactNumber"], contact)
        return contact

    def anonymise(self, number: str) -> None:
        with self.lock:
            self._store("contacts", number, anonymised(self.contact(number)))

    def remove(self, number: str, merged_into: str = "") -> None:
        """Delete a prospect (nothing is announced), or merge it into a head (the head is announced)."""
        with self.lock:
            self.contact_json(number)
            head = self.contact(merged_into) if merged_into else None
            self.gone[number] = merged_into
            self.unsaved.add(("gone", number))
            if head is not None:
                self._store("contacts", merged_into, head)

    def add_order(self, changes: Mapping[str, Any]) -> Payload:
        """The next order of the seed, closed now, with these fields instead of its own. A None removes a field."""
        with self.lock:
            order = self.population.order(self.population.orders + self.new_orders)
            self.new_orders += 1
            self.unsaved.add(("counters", ""))
            order["creationDateTime"] = wire_time(datetime.now(UTC))
            return self._store_order(order, changes)

    def edit_order(self, order_id: int, changes: Mapping[str, Any]) -> Payload:
        with self.lock:
            return self._store_order(self.order(order_id), changes)

    def warm(self) -> None:
        """Compute every contact now, so that a measurement of the receiver does not pay for it (1 kB each)."""
        for number in self.numbers():
            if number not in self.changed["contacts"] and number not in self._cache:
                self._cache[number] = orjson.dumps(self._first_contact(number))

    def reset(self) -> None:
        """Back to the seed."""
        with self.lock:
            for changed in self.changed.values():
                changed.clear()
            self.gone.clear()
            self.unsaved.clear()
            self.new_contacts = self.new_orders = 0

    # inside

    def _store_order(self, order: Payload, changes: Mapping[str, Any]) -> Payload:
        order = {name: value for name, value in (order | dict(changes)).items() if value is not None}
        self._store("orders", str(order["orderId"]), order)
        return order

    def _store(self, stream: str, key: str, payload: Payload) -> None:
        self.changed[stream][key] = orjson.dumps(payload)
        self._cache.pop(key, None)
        self.unsaved.add((stream, key))
        self.on_change(stream, key)

    def _first_contact(self, number: str) -> Payload:
        index = self.population.contact_index(number)
        return self.population.contact(index) if index is not None else {}

    def _first_order(self, order_id: int) -> Payload:
        index = self.population.order_index(order_id)
        if index is None or index >= self.population.orders + self.new_orders:
            raise UnknownRecordError(f"order {order_id} does not exist")
        return self.population.order(index)

    def _take_contact_index(self) -> int:
        self.new_contacts += 1
        self.unsaved.add(("counters", ""))
        return self.population.contacts + self.new_contacts - 1

    def _remember(self, number: str, body: bytes) -> bytes:
        if len(self._cache) < CACHED_RECORDS:
            self._cache[number] = body
        return body

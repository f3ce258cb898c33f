"""What changed and is still to be sent: one queue of identifiers per stream, never of contents.

A change of a record already queued joins the entry that is there. A record that changes while its array is on its
way is queued once more, because that array was read before the change.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ticket:
    """A place in the queue. `place` only grows; `attempts` counts refused tries so far."""

    key: str
    place: int
    attempts: int = 0


class Firehose:
    """The queue of one stream. Every method is safe to call from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: OrderedDict[str, Ticket] = OrderedDict()
        self._on_its_way: dict[str, Ticket] = {}
        self._next_place = 1
        self._unsaved: set[str] = set()

    def add(self, keys: Iterable[str]) -> int:
        """Queue what is not queued yet; answers how many were new."""
        with self._lock:
            before = len(self._waiting)
            for key in keys:
                if key not in self._waiting:
                    self._waiting[key] = Ticket(key, self._next_place)
                    self._next_place += 1
                    self._unsaved.add(key)
            return len(self._waiting) - before

    def take(self, count: int) -> list[Ticket]:
        """The longest waiting ones, now on their way until `settle` or `put_back`."""
        with self._lock:
            taken = [self._waiting.popitem(last=False)[1] for _ in range(min(count, len(self._waiting)))]
            self._on_its_way.update((ticket.key, ticket) for ticket in taken)
            return taken

    def settle(self, tickets: Iterable[Ticket]) -> None:
        """Accepted, or gone: they owe nothing any more, unless changed meanwhile."""
        with self._lock:
            for ticket in tickets:
                self._on_its_way.pop(ticket.key, None)
                self._unsaved.add(ticket.key)

    def refuse(self, tickets: list[Ticket], max_attempts: int) -> list[str]:
        """Back to the front for the next execution; answers the keys given up for good.

        A record changed while on its way keeps its count: one identifier is one entry, whatever changed.
        """
        tried = [Ticket(ticket.key, ticket.place, ticket.attempts + 1) for ticket in tickets]
        self.put_back([ticket for ticket in tried if ticket.attempts < max_attempts])
        given_up = [ticket for ticket in tried if ticket.attempts >= max_attempts]
        self.settle(given_up)
        return [ticket.key for ticket in given_up]

    def put_back(self, tickets: list[Ticket]) -> None:
        with self._lock:
            for ticket in reversed(tickets):
                self._on_its_way.pop(ticket.key, None)
                self._waiting[ticket.key] = ticket
                self._waiting.move_to_end(ticket.key, last=False)
                self._unsaved.add(ticket.key)

    def discard_all(self) -> None:
        with self._lock:
            self._unsaved |= self._waiting.keys() | self._on_its_way.keys()
            self._waiting.clear()
            self._on_its_way.clear()

    def waiting(self, limit: int | None = None) -> list[Ticket]:
        with self._lock:
            return list(self._waiting.values())[:limit]

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def on_its_way(self) -> int:
        return len(self._on_its_way)

    def take_unsaved(self) -> tuple[list[Ticket], list[str]]:
        """Since the last call: entries to store, and keys to forget. One on its way is stored as still waiting."""
        with self._lock:
            unsaved, self._unsaved = self._unsaved, set()
            present = {key: self._waiting.get(key) or self._on_its_way.get(key) for key in unsaved}
        return [t for t in present.values() if t], [key for key, ticket in present.items() if ticket is None]

    def restore(self, tickets: Iterable[Ticket]) -> None:
        with self._lock:
            for ticket in sorted(tickets, key=lambda t: t.place):
                self._waiting[ticket.key] = ticket
                self._next_place = max(self._next_place, ticket.place + 1)

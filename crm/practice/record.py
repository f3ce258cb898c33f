"""One contact or order, kept small: a million of them have to fit in memory beside the console."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

# HubSpot keeps about this many past values; the oldest ones go first.
HISTORY_LIMIT = 20


def packed(values: dict[str, Any]) -> bytes:
    """Properties as JSON, copied once: orjson hands out a 4 kB buffer whatever it holds."""
    return bytes(memoryview(orjson.dumps(values)))


class Source(NamedTuple):
    """Who wrote a value, in HubSpot's words. One object is shared by everything one author wrote."""

    type: str  # INTEGRATION or CRM_UI
    id: str  # the application's id, or userId:<n>
    label: str
    user_id: int | None = None

    @property
    def is_person(self) -> bool:
        return self.type == "CRM_UI"


class Change(NamedTuple):
    at: int  # epoch milliseconds
    source: Source
    blob: bytes  # the properties this change set, as JSON; null means cleared


class Record:
    """Properties are one JSON document, not a dictionary: about a fifth of the memory, and ready for the journal.

    A record nobody changed since its creation has no `past`; its creation is its only history.
    """

    __slots__ = (
        "archived",
        "author",
        "blob",
        "contact_id",
        "created",
        "id",
        "merged_into",
        "modified",
        "noops",
        "origin",
        "past",
        "updates",
    )

    def __init__(self, record_id: int, at: int, blob: bytes, source: Source) -> None:
        self.id = record_id
        self.created = at
        self.modified = at
        self.blob = blob
        self.origin = source
        self.author = source  # of the last write, even one that changed nothing
        self.past: list[Change] | None = None
        self.archived = False
        self.merged_into = 0
        self.contact_id = 0  # orders only
        self.updates = 0  # by the API, counted for the ledger
        self.noops = 0

    def properties(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(self.blob)
        return found

    def remember(self, at: int, source: Source, changed: dict[str, Any]) -> None:
        """Note a change; to be called before `blob` is replaced, because the creation is read from it."""
        if self.past is None:
            self.past = [Change(self.created, self.origin, self.blob)]
        self.past.append(Change(at, source, packed(changed)))
        if len(self.past) > HISTORY_LIMIT:
            del self.past[0]

    def changes(self) -> list[Change]:
        """Every remembered change, oldest first."""
        return self.past or [Change(self.created, self.origin, self.blob)]

    def history(self, name: str) -> Iterator[tuple[Any, int, Source]]:
        """Past values of one property with time and author, newest first; an empty string is a cleared value."""
        for change in reversed(self.changes()):
            values = orjson.loads(change.blob)
            if name in values:
                yield ("" if values[name] is None else values[name]), change.at, change.source

"""A contact or order while its batch is being decided: the row as locked, and what the batch makes of it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from sync.engine.fields import spec_of
from sync.models import Lifecycle

Changes = dict[str, tuple[Any, Any]]
_ABSENT = object()


@dataclass(slots=True, eq=False)
class Held:
    """`key` is the contact number or order id. `id` is 0 until a new record has been inserted."""

    key: Any
    id: int = 0
    s360_view: dict[str, Any] = field(default_factory=dict)
    crm_view: dict[str, Any] = field(default_factory=dict)
    agreed: dict[str, Any] = field(default_factory=dict)
    lifecycle: str = Lifecycle.ACTIVE
    is_frozen: bool = False
    is_in_crm: bool = False
    last_record_id: int = 0
    raw_digest: int = 0
    contact_id: int | None = None
    raw: str | None = None
    payload: Any = None
    moved: set[str] = field(default_factory=set)
    is_touched: bool = False

    @property
    def is_new(self) -> bool:
        return self.id == 0

    @property
    def is_unheard_of(self) -> bool:
        """Neither stored nor met earlier in this batch: whatever comes now is its first state."""
        return self.is_new and not self.is_touched

    @property
    def must_be_written(self) -> bool:
        """Something beyond the arrival mark is to be stored."""
        return self.raw is not None

    def take(
        self, *, record_id: int, raw: Any, payload: Any, view: dict[str, Any], changes: Changes, lifecycle: str
    ) -> None:
        """Make this payload S-360's latest word."""
        self.mark(record_id)
        self.s360_view, self.lifecycle, self.payload = view, lifecycle, payload
        self.moved.update(changes)
        self.keep_raw(raw)

    def mark(self, record_id: int) -> None:
        self.last_record_id = max(self.last_record_id, record_id)
        self.is_touched = True

    def keep_raw(self, raw: Any) -> None:
        """Remember the payload itself, where it differs from the one we have, so that a corrected mapping can be
        replayed."""
        text = orjson.dumps(raw, default=str)
        digest = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big", signed=True)
        if digest != self.raw_digest or self.raw is not None or self.is_new:
            self.raw, self.raw_digest = text.decode(), digest


def merged_view(known: dict[str, Any], sent: dict[str, Any], complete_prefixes: Iterable[str] = ()) -> dict[str, Any]:
    """What S-360 now says in all: absent fields keep what was said before, a list sent whole ends what it no longer
    names."""
    view = known | sent
    for prefix in complete_prefixes:
        for name in known:
            if name.startswith(prefix) and name not in sent:
                view[name] = None
    return view


def without_person(view: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """An anonymised contact keeps only what S-360 still says of it: every other personal field is known to be empty."""
    return {name: None if name not in sent and spec_of(name).personal else value for name, value in view.items()}


def changes_between(before: dict[str, Any], after: dict[str, Any]) -> Changes:
    """Field -> (before, after) of every field that differs. Both views hold canonical values."""
    return {
        name: (before.get(name), value)
        for name, value in after.items()
        if before.get(name, _ABSENT) is not value and before.get(name, _ABSENT) != value
    }

"""What applying a configuration would do, in the order it would be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from crm.services.configure.configuration import Configuration

HIDDEN = "(secret)"


class ChangeKind(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Detail:
    """One value that moves. Both sides can be shown and written as JSON; a secret is only ever `HIDDEN`."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class WebhookUrl:
    """A URL that was just made. It holds the secret, which is stored nowhere: show it once, keep it out of logs."""

    institution: str
    name: str
    path: str = field(repr=False)


Step = Callable[[list[WebhookUrl]], None]


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One row to add, change or remove; `run` does it and appends the URL it made, if any."""

    kind: ChangeKind
    section: str
    details: tuple[Detail, ...]
    run: Step = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ConfigurePlan:
    """`notes`: what the file does not list and therefore stays as it is."""

    configuration: Configuration
    changes: tuple[PlannedChange, ...]
    notes: tuple[str, ...] = ()
    rotate: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.changes

    def count(self, kind: ChangeKind) -> int:
        return sum(change.kind == kind for change in self.changes)

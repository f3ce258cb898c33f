"""How an entry may end or go on after a try: decided by whoever paid, written by `settle`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sync.services.causes import CauseKey


class Action(StrEnum):
    DONE = "done"
    NOTHING_TO_DO = "nothing_to_do"
    SUPPRESSED = "suppressed"
    RETRY = "retry"
    THROTTLED = "throttled"
    PARK = "park"
    UNCERTAIN = "uncertain"
    WAIT_FOR_CONTACT = "wait_for_contact"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one entry.

    `sent`: canonical fields the CRM now holds (for DONE). `agree`: pairs to store without any send. `delay_seconds`:
    until
    it is due again (RETRY, THROTTLED) or may be read (UNCERTAIN). `message` is shown to operators: no payloads in it.
    """

    entry_id: int
    institution_id: int
    record_id: int
    action: Action
    sent: Mapping[str, Any] = field(default_factory=dict)
    came_back: Mapping[str, Any] | None = None
    agree: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    delay_seconds: float = 0.0
    cause: CauseKey | None = None
    code: str = ""
    message: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)

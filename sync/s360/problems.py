"""What is wrong with one record, in a form an operator may read: field, value as it may be shown, reason.

A value is shown clipped and on one line. What a person may be known by is masked, because a rejection is read by
people (and printed by commands) that may not see personal data.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

SHOWN_CHARACTERS: Final = 60
_PLAIN = re.compile(
    r"(?i)(number|reference|type|role|state|title|country|language|date|id|code|flag|ismain|authorized|amount|price"
    r"|quantity|currency|kind|originator|criteria|authorizations|values|datas?)$"
)
_NEVER_PLAIN = re.compile(r"(?i)^(birth|phone|cellphone|zip|barcode|ordersecret|login)")
_WORD_TAIL = re.compile(r"(?<=\w)\w")


@dataclass(frozen=True, slots=True)
class RecordProblem:
    """Why one record is kept aside. ``value`` is already clipped and masked: safe for a screen and a log."""

    field: str
    value: str
    reason: str


class RecordRejected(ValueError):  # noqa: N818 - it names an outcome of the protocol, not a programming error
    """One record cannot be understood; its neighbours go on."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        self.problem = RecordProblem(field, shown_value(field, value), reason)
        super().__init__(f"{field}: {reason} (got {self.problem.value})")

    @property
    def field(self) -> str:
        return self.problem.field

    @property
    def value(self) -> str:
        return self.problem.value

    @property
    def reason(self) -> str:
        return self.problem.reason


@dataclass(frozen=True, slots=True)
class RecordWarning:
    """Something unusual that was kept all the same, such as a code no documentation lists."""

    field: str
    value: str
    note: str


def shown_value(field: str, value: object) -> str:
    """At most 60 characters, control characters escaped; masked unless the field holds a code, number or date."""
    if isinstance(value, dict):
        return f"an object with {len(value)} names"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    shown = clipped(value)
    return shown if is_plain(field) else masked(shown)


def clipped(value: object) -> str:
    text = value[: SHOWN_CHARACTERS + 1] if isinstance(value, str) else str(value)[: SHOWN_CHARACTERS + 1]
    shown = json.dumps(text) if isinstance(value, str) else json.dumps(text)[1:-1]
    return shown if len(shown) <= SHOWN_CHARACTERS else shown[: SHOWN_CHARACTERS - 1] + "…"


def is_plain(field: str) -> bool:
    leaf = field.rpartition(".")[2]
    return bool(_PLAIN.search(leaf)) and not _NEVER_PLAIN.search(leaf)


def masked(shown: str) -> str:
    """Keep the first character of each word, so that a person may be recognised by nobody else."""
    return _WORD_TAIL.sub("*", shown)

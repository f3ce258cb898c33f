"""The shape of a record's page: facts at the top, sections below, buttons beside the title. One template draws them
all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled value; `note` explains it in small print."""

    label: str
    value: Any
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A table (`columns`, `rows`), a block of text (`text`), or a list of lines (`lines`) under a heading."""

    title: str
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()
    lines: Sequence[Any] = ()
    text: str = ""
    empty: str = ""
    note: str = ""
    older_url: str = ""
    newer_url: str = ""
    anchor: str = ""
    numbers: Sequence[str] = ()  # the columns that hold numbers, by title

    @property
    def is_empty(self) -> bool:
        return not (self.rows or self.lines or self.text)


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence above everything: why this record needs attention. Tones: good, warn, bad."""

    tone: str
    text: Any


@dataclass(frozen=True, slots=True)
class Button:
    label: str
    url: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    facts: Sequence[Fact]
    sections: Sequence[Section] = ()
    notices: Sequence[Notice] = ()
    heading: str = ""
    state: Any = ""
    buttons: Sequence[Button] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """What a confirmation tells before anything happens. `count` over a thousand, or `is_large`, must be typed in."""

    question: str
    lines: Sequence[Any] = field(default_factory=tuple)
    count: int = 1
    is_floor: bool = False
    reason_required: bool = False
    is_large: bool = False

    @property
    def must_be_typed(self) -> bool:
        return self.is_large or self.count > TYPED_ABOVE


TYPED_ABOVE = 1_000

"""Where a value lives inside an S-360 record, written the way S-360's own filters write it.

``individualContact.email`` walks objects; ``addresses(isMain).zipCode`` takes, in a list, the element whose flag is
true, else the first; ``addresses(kind=BILLING).zipCode`` takes the element whose field equals a text, or none.
The notation is the vendor's own ("Filters" of its webhook pages), so an integrator can copy a path from there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


class Absent(Enum):
    """The record does not carry the value at all, which never means "emptied"."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT

_SEGMENT = re.compile(
    r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:\((?P<flag>[A-Za-z_][A-Za-z0-9_]*)(?:=(?P<wanted>[^()=]+))?\))?"
)


class PathError(ValueError):
    """A path is not written in the notation above; the message says which part and shows a good one."""


class WrongShapeError(ValueError):
    """Something on the way to the value is not an object or a list, so the value cannot be there."""

    def __init__(self, path: str, value: object, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.value = value
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Segment:
    """One step: a member name, and in a list the flag (or field and text) that chooses the element."""

    name: str
    flag: str = ""
    wanted: str = ""

    @property
    def chooses_element(self) -> bool:
        return bool(self.flag)


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path."""

    text: str
    segments: tuple[Segment, ...]

    @property
    def places(self) -> frozenset[str]:
        """Every member the path reads, from the top: ``addresses``, ``addresses.isMain``, ``addresses.town``."""
        found = set()
        above = ""
        for part in self.segments:
            here = f"{above}.{part.name}" if above else part.name
            found.update({here, f"{here}.{part.flag}"} if part.flag else {here})
            above = here
        return frozenset(found)

    @property
    def leaf(self) -> str:
        return self.segments[-1].name


def compile_path(text: str) -> Path:
    """Read a dotted path. Raises PathError naming the bad part."""
    segments = []
    for part in text.split("."):
        match = _SEGMENT.fullmatch(part)
        if match is None:
            raise PathError(f"{part!r} is not a path part; write name, list(flag) or list(field=value), joined by dots")
        segments.append(Segment(match["name"], match["flag"] or "", match["wanted"] or ""))
    if segments[-1].chooses_element:
        raise PathError(f"{text!r} ends at a list element; name the field to read in it")
    return Path(text, tuple(segments))


def find(record: dict[str, Any], path: Path) -> Any:
    """The value at the path, or ABSENT. Raises WrongShapeError when a step meets a scalar."""
    block = find_block(record, path.segments[:-1])
    return block if block is ABSENT or block is None else block.get(path.leaf, ABSENT)


def find_block(record: dict[str, Any], segments: tuple[Segment, ...]) -> Any:
    """The object the segments lead to, ABSENT when it was not sent, None when its list was sent empty.

    A block that is ``null`` counts as not sent: S-360 leaves out what was not selected, and a serialiser that
    writes null instead must not clear a CRM.
    """
    here: Any = record
    for segment in segments:
        here = here.get(segment.name)
        if here is None:
            return ABSENT
        if segment.chooses_element:
            here = choose_element(here, segment)
            if here is None:
                return None
        elif type(here) is not dict and not isinstance(here, dict):
            raise WrongShapeError(segment.name, here, "expected an object")
    return here


def choose_element(elements: object, segment: Segment) -> dict[str, Any] | None:
    """The element the segment asks for, or None when the list has none. Raises WrongShapeError."""
    if not isinstance(elements, list):
        raise WrongShapeError(segment.name, elements, "expected a list")
    for element in elements:
        if not isinstance(element, dict):
            raise WrongShapeError(segment.name, element, "expected a list of objects")
        if element_matches(element, segment):
            return element
    return elements[0] if elements and not segment.wanted else None


def element_matches(element: dict[str, Any], segment: Segment) -> bool:
    value = element.get(segment.flag)
    if segment.wanted:
        return value is not None and str(value) == segment.wanted
    if value is not None and not isinstance(value, bool):
        raise WrongShapeError(f"{segment.name}.{segment.flag}", value, "expected true or false")
    return value is True

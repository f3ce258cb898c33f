"""The body of a request as an institution may write it: JSON in which ``{name}`` stands for what is sent.

Why a template: S-360 publishes ``saveIndividualContactData`` without the nesting of its request. A member whose
placeholder has no value is left out; so is a block none of whose placeholders has one; null is never made. The member
``...`` spreads the members of its value into the object around it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from enum import Enum
from typing import Any, Final

from sync.s360.field_maps import CONTACT_FIELD_MAP

NUMBER: Final = "contact_number"
PERSON: Final = "person"
ADDRESSES: Final = "addresses"
CONSENTS: Final = "consents"
CRITERIA: Final = "criteria"
GROUPS: Final = frozenset({PERSON, ADDRESSES, CONSENTS, CRITERIA})
PLACEHOLDERS: Final = GROUPS | {NUMBER} | frozenset(CONTACT_FIELD_MAP)
SPREAD: Final = "..."
MAX_DEPTH: Final = 16
SAVE_TEMPLATE: Final[Mapping[str, Any]] = {
    "individualContactData": {"contactNumber": "{contact_number}", SPREAD: "{person}"},
    "addresses": "{addresses}",
    "authorizations": "{consents}",
    "contactCriteria": "{criteria}",
}
"""Assumed: the documented names of a contact, in one wrapper, the lists beside it."""
SEARCH_TEMPLATE: Final[Mapping[str, Any]] = {SPREAD: "{person}", "contactCriteria": "{criteria}"}
"""Assumed: ``searchContact`` takes the contact's own names at the top."""

_PLACEHOLDER = re.compile(r"\{([a-z0-9_]+)\}")


class TemplateError(ValueError):
    """The template cannot be used; the message says what to write instead."""


class _Nothing(Enum):
    NOTHING = "nothing"


def read_template(given: Any, *, needed: Collection[str]) -> Mapping[str, Any]:
    """A table, or JSON as text. Raises TemplateError; ``needed`` are the placeholders it must hold."""
    value = _parsed(given) if isinstance(given, str) else given
    if not isinstance(value, Mapping) or not value:
        raise TemplateError("write a table, or a JSON object as text")
    _refuse_wrong(value, MAX_DEPTH)
    missing = sorted(set(needed) - placeholders(value))
    if missing:
        raise TemplateError(f"it must hold {', '.join(f'{{{name}}}' for name in missing)}")
    return value


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise TemplateError('not JSON: write an object such as {"individualContactData": {...}}') from None


def _refuse_wrong(node: Any, levels: int) -> None:
    if levels == 0:
        raise TemplateError(f"it is nested deeper than {MAX_DEPTH} levels")
    if node is None:
        raise TemplateError("null is never sent: leave the member out")
    if isinstance(node, str):
        _refuse_wrong_text(node)
    if isinstance(node, Mapping) and node.get(SPREAD, f"{{{PERSON}}}") != f"{{{PERSON}}}":
        raise TemplateError('"..." can only be "{person}"')
    for below in _below(node):
        _refuse_wrong(below, levels - 1)


def _refuse_wrong_text(text: str) -> None:
    if "{" in text and _name_of(text) not in PLACEHOLDERS:
        raise TemplateError(f"{text[:80]}: no such placeholder; known are {', '.join(sorted(PLACEHOLDERS))}")


def _below(node: Any) -> list[Any]:
    if isinstance(node, Mapping):
        return list(node.values())
    return list(node) if isinstance(node, list | tuple) else []


def placeholders(node: Any) -> frozenset[str]:
    """The names a template, or a part of one, stands for."""
    name = _name_of(node)
    own = frozenset((name,)) if name else frozenset[str]()
    return own.union(*(placeholders(below) for below in _below(node)))


def fill(template: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The request. Values are put in as they are: a text that looks like a placeholder stays a text."""
    filled = _filled(template, values)
    return filled if isinstance(filled, dict) else {}


def _filled(node: Any, values: Mapping[str, Any]) -> Any:
    stands_for = placeholders(node)
    if stands_for and not stands_for & values.keys():
        return _Nothing.NOTHING
    if isinstance(node, Mapping):
        return _filled_object(node, values)
    if isinstance(node, list | tuple):
        return [value for below in node if (value := _filled(below, values)) is not _Nothing.NOTHING]
    name = _name_of(node)
    return values[name] if name else node


def _filled_object(node: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, below in node.items():
        value = _filled(below, values)
        if value is _Nothing.NOTHING:
            continue
        if name == SPREAD:
            members.update(value)
        else:
            members[name] = value
    return members


def _name_of(node: Any) -> str:
    found = _PLACEHOLDER.fullmatch(node) if isinstance(node, str) else None
    return found[1] if found else ""

"""Canonical fields to the values a request template asks for: the way back of ``contacts`` and ``contact_lists``.

A field is written where the institution's ``contact_field_map`` reads it, so that what was written is what comes back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from sync.engine.canonical import Value
from sync.engine.failures import Failure
from sync.http.client import CallFailedError
from sync.s360.paths import Path, Segment, compile_path
from sync.s360.request_template import ADDRESSES, CONSENTS, CRITERIA, PERSON
from sync.s360.settings import S360Settings

PERSON_BLOCK: Final = "individualContact"
ADDRESS_BLOCK: Final = "addresses"
_CONSENT: Final = "consent."
_CRITERION: Final = "criterion."
_JSON_WORDS: Final[Mapping[str, bool | None]] = {"true": True, "false": False, "null": None}


class FieldNotWritableError(CallFailedError):
    """A field cannot be said in S-360's words. Nothing was sent; the failure names the field."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(Failure("misconfigured", "record", code, message, field=field))


def wire_values(fields: Mapping[str, Value], placed: Collection[str], settings: S360Settings) -> dict[str, Any]:
    """Placeholder -> value. ``placed`` are the placeholders of the template.

    An absent field stays absent; None means "make empty" and raises unless the institution allows it. Raises
    FieldNotWritableError for a field the template has no place for: nothing is left out in silence.
    """
    return _Values(placed, settings).of(fields)


class _Values:
    def __init__(self, placed: Collection[str], settings: S360Settings) -> None:
        self._placed = placed
        self._settings = settings
        self._values: dict[str, Any] = {}
        self._addresses: dict[Segment, dict[str, Any]] = {}

    def of(self, fields: Mapping[str, Value]) -> dict[str, Any]:
        for field, value in sorted(fields.items()):
            self._add(field, value)
        if self._addresses:
            self._values[ADDRESSES] = list(self._addresses.values())
        return self._values

    def _add(self, field: str, value: Value) -> None:
        if field.startswith(_CONSENT):
            self._into_list(CONSENTS, field, self._consent(field, value))
        elif field.startswith(_CRITERION):
            self._into_list(CRITERIA, field, self._criterion(field, value))
        elif field in self._placed:
            self._values[field] = self._text(field, value)
        else:
            self._into_block(field, self._text(field, value))

    def _into_list(self, group: str, field: str, element: dict[str, Any]) -> None:
        self._require_place(group, field)
        self._values.setdefault(group, []).append(element)

    def _into_block(self, field: str, value: Value) -> None:
        path = self._path(field)
        if len(path.segments) != 2:  # noqa: PLR2004 - a block and a member in it
            raise _no_place(field)
        block, leaf = path.segments
        if block == Segment(PERSON_BLOCK):
            self._require_place(PERSON, field)
            self._values.setdefault(PERSON, {})[leaf.name] = value
        elif block.name == ADDRESS_BLOCK and block.chooses_element:
            self._require_place(ADDRESSES, field)
            chosen: dict[str, Any] = {block.flag: block.wanted or True}
            self._addresses.setdefault(block, chosen)[leaf.name] = value
        else:
            raise _no_place(field)

    def _path(self, field: str) -> Path:
        text = self._settings.contact_field_map.get(field)
        if not text:
            raise _no_place(field)
        return compile_path(text)

    def _require_place(self, group: str, field: str) -> None:
        if group not in self._placed:
            raise _no_place(field)

    def _text(self, field: str, value: Value) -> Value:
        if value is None or value in ("", []):
            self._require_clearing(field)
            return ""
        if isinstance(value, list):
            raise FieldNotWritableError(field, "field_not_writable", f"{field} holds several values, S-360 takes one")
        return value

    def _require_clearing(self, field: str) -> None:
        if not self._settings.api_clear_with_empty_string:
            text = f"{field} cannot be made empty in S-360 unless api_clear_with_empty_string is true"
            raise FieldNotWritableError(field, "blank_not_sent", text)

    def _consent(self, field: str, value: Value) -> dict[str, Any]:
        sent = [name for name, answer in self._settings.authorization_value_map.items() if answer == value]
        words = [_JSON_WORDS.get(name, name) for name in sent if name != "null"]
        if not words:
            text = (
                f"{field}: authorization_value_map has nothing to send for {'not answered' if value is None else value}"
            )
            raise FieldNotWritableError(field, "blank_not_sent" if value is None else "no_wire_value", text)
        code = field.removeprefix(_CONSENT)
        return _element(
            field,
            {self._settings.authorization_code_path: code, self._settings.authorization_value_path: words[0]},
        )

    def _criterion(self, field: str, value: Value) -> dict[str, Any]:
        values = value if isinstance(value, list) else [] if value in (None, "") else [str(value)]
        if not values:
            self._require_clearing(field)
        code = field.removeprefix(_CRITERION)
        return _element(
            field, {self._settings.criterion_code_path: code, self._settings.criterion_values_path: list(values)}
        )


def _element(field: str, members: Mapping[str, Any]) -> dict[str, Any]:
    element: dict[str, Any] = {}
    for text, value in members.items():
        path = compile_path(text)
        here = element
        for segment in path.segments[:-1]:
            if segment.chooses_element:
                raise _no_place(field)
            here = here.setdefault(segment.name, {})
        here[path.leaf] = value
    return element


def _no_place(field: str) -> FieldNotWritableError:
    text = f"{field} has no place in the request: see the institution's request templates and contact_field_map"
    return FieldNotWritableError(field, "field_not_writable", text)

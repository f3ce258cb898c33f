"""Is this body one we may store and answer 200 to, and which of its records are unfit? Asked by the door and by apply.

The body is judged as bytes, before any value reaches a model: size, encoding, depth, JSON grammar. What spoils the
whole body raises DoorRefusal; what spoils one record is found by ``problem_of`` and spoils only that one, because a
refused array takes up to 49 good records with it ("Outbound webhooks", S-360's receiver rules).

It must stay cheap: well under a millisecond for 50 contacts (60 kB). So nothing walks the values unless a scan of
the bytes, at C speed, saw something a walk could find.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import orjson

from sync.s360.problems import RecordProblem, shown_value

MAX_BODY_BYTES: Final = 10 * 1024 * 1024
MAX_DEPTH: Final = 32  # the deepest documented payload has 7 levels
INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1

_UTF8_BOM: Final = b"\xef\xbb\xbf"
_OTHER_BOMS: Final = ((b"\xff\xfe\x00\x00", "UTF-32"), (b"\x00\x00\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"))
_OTHER_ENCODINGS: Final = (*_OTHER_BOMS, (b"\xfe\xff", "UTF-16"))
_NOT_STRUCTURE: Final = bytes(code for code in range(256) if code not in b'"[]{}')
_ONE_KIND: Final = bytes.maketrans(b"{}", b"[]")  # for depth one kind of bracket is as good as two
_QUOTED: Final = re.compile(rb'"[^"]*"')
_DIGITS_TO_ZERO: Final = bytes(
    ord("0" if code in b"0123456789" else '"' if code == ord('"') else " ") for code in range(256)
)
# 19 digits are the first that can pass 64 bits; behind a quotation mark they are a barcode, not a number.
_LONG_NUMBER: Final = b" " + b"0" * 19
_ESCAPED_NUL_OR_SURROGATE: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_POSITION: Final = re.compile(r"\[\d+\]")
_LONGEST_INTEGER: Final = 4000  # Python refuses to read integers of more than 4300 digits


class DoorRefusal(Exception):  # noqa: N818 - an answer to the sender, named as operators see it
    """The whole body is refused. ``status`` is the HTTP answer, ``code`` is stable, ``reason`` names the way out."""

    def __init__(self, status: int, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.status = status
        self.code = code
        self.reason = reason


class OversizedInteger(str):
    """An integer of thousands of digits, kept as text so that it can spoil one record and not the body."""

    __slots__ = ()


class RepeatedNames(dict[str, Any]):
    """An object in which a name came more than once; ``repeated`` lists them. The last value won, as in JavaScript."""

    repeated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedBody:
    """The parsed JSON and whether ``problem_of`` has any reason to look at its records."""

    value: Any
    is_suspicious: bool


def parse_body(raw: bytes, *, max_bytes: int = MAX_BODY_BYTES) -> ParsedBody:
    """Parse one body as it travelled. Raises DoorRefusal (400 or 413). Pure: may be repeated at any time."""
    if len(raw) > max_bytes:
        raise DoorRefusal(413, "body_too_large", f"the body has {len(raw)} bytes, the limit is {max_bytes}")
    text = decode_body(raw)
    refuse_deep_nesting(raw)
    return _parse_json(text, is_suspicious=looks_suspicious(raw))


def parse_accepted(raw: bytes) -> Any:
    """The value of a body of which ``parse_body`` took every record: nothing is checked again, six times faster.

    Not for a body with a rejected record. There the two parsers differ: this one cannot tell a name that came twice,
    nor an integer beyond 64 bits.
    """
    return orjson.loads(raw.removeprefix(_UTF8_BOM))


def decode_body(raw: bytes) -> str:
    """Strict UTF-8 with or without byte order mark; anything else is refused with the encoding it looks like."""
    for mark, name in _OTHER_ENCODINGS:
        if raw.startswith(mark):
            raise DoorRefusal(400, "body_not_utf8", f"the body is {name}; send UTF-8")
    if b"\x00" in raw:
        raise DoorRefusal(400, "body_has_nul", "the body holds a NUL byte (UTF-16, or damaged); send UTF-8 JSON")
    try:
        text = raw.removeprefix(_UTF8_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not UTF-8 (0x{raw[error.start]:02x} seen); send UTF-8"
        raise DoorRefusal(400, "body_not_utf8", message) from None
    if not text.strip(" \t\r\n"):
        raise DoorRefusal(400, "body_empty", "the body is empty; send a JSON array of records")
    return text


def refuse_deep_nesting(raw: bytes) -> None:
    """Refuse more than 32 levels before any recursive parser sees the body.

    Outside strings only brackets are left, and each round removes the innermost level of all of them, so a well-formed
    body of at most 32 levels is gone after 32 rounds. A malformed one that stops shrinking is left to the JSON parser.
    """
    left = bare_brackets(raw)
    for _ in range(MAX_DEPTH):
        before = len(left)
        left = left.replace(b"[]", b"")
        if not left or len(left) == before:
            return
    raise DoorRefusal(400, "body_too_deep", f"the body is nested deeper than {MAX_DEPTH} levels")


def bare_brackets(raw: bytes) -> bytes:
    """The brackets outside strings, in order and of one kind. Exact for well-formed JSON, harmless otherwise."""
    if b"\\" in raw:
        raw = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    structure = raw.translate(_ONE_KIND, _NOT_STRUCTURE)
    left = structure.replace(b'""', b"")  # strings without brackets, the usual case, by one fast pass
    return _QUOTED.sub(b"", structure) if b'"' in left else left


def looks_suspicious(raw: bytes) -> bool:
    """Could a walk over the values find a NUL, a lone surrogate or an integer beyond 64 bits?"""
    if _LONG_NUMBER in raw.translate(_DIGITS_TO_ZERO):
        return True
    return b"\\u" in raw and _ESCAPED_NUL_OR_SURROGATE.search(raw) is not None


def _parse_json(text: str, *, is_suspicious: bool) -> ParsedBody:
    noticed: list[str] = []

    def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) == len(pairs):
            return members
        noticed.append("repeated name")
        return with_repeated_names(pairs)

    def read_float(written: str) -> float:
        number = float(written)
        if not math.isfinite(number):
            noticed.append("beyond a double")
        return number

    try:
        value = json.loads(
            text,
            object_pairs_hook=read_object,
            parse_float=read_float,
            parse_int=read_integer if is_suspicious else None,
            parse_constant=refuse_constant,
        )
    except json.JSONDecodeError as error:
        reason = f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise DoorRefusal(400, "body_not_json", reason) from None
    except RecursionError:
        raise DoorRefusal(400, "body_too_deep", f"the body is nested deeper than {MAX_DEPTH} levels") from None
    return ParsedBody(value, is_suspicious or bool(noticed))


def with_repeated_names(pairs: list[tuple[str, Any]]) -> RepeatedNames:
    members = RepeatedNames(pairs)
    members.repeated = tuple(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
    return members


def read_integer(written: str) -> int | OversizedInteger:
    return int(written) if len(written) <= _LONGEST_INTEGER else OversizedInteger(written)


def refuse_constant(name: str) -> Any:
    raise DoorRefusal(400, "body_not_json", f"{name} is not JSON; leave the member out or send null")


def problem_of(record: Any, guarded_places: frozenset[str] = frozenset()) -> RecordProblem | None:
    """The first thing in a record that no database or CRM could store as it came, or None.

    A repeated name counts only when ``guarded_places`` holds it (identity and mapped fields, written
    ``individualContact.email`` without list positions): elsewhere the last one wins, as everywhere. Call it only when
    the body ``is_suspicious``; the depth limit makes the recursion safe.
    """
    return _problem_in(record, "", guarded_places)


def _problem_in(value: Any, field: str, guarded_places: frozenset[str]) -> RecordProblem | None:
    if isinstance(value, dict):
        return _problem_in_object(value, field, guarded_places)
    if isinstance(value, list):
        for index, element in enumerate(value):
            problem = _problem_in(element, f"{field}[{index}]", guarded_places)
            if problem is not None:
                return problem
        return None
    reason = _scalar_reason(value)
    return RecordProblem(clip_field(field), shown_value(field, value), reason) if reason else None


def _problem_in_object(members: dict[str, Any], field: str, guarded_places: frozenset[str]) -> RecordProblem | None:
    if isinstance(members, RepeatedNames):
        for name in members.repeated:
            path = _join(field, name)
            if _POSITION.sub("", path) in guarded_places:
                return RecordProblem(clip_field(path), shown_value(path, members[name]), "the name comes twice")
    for name, value in members.items():
        reason = _text_reason(name)
        if reason:
            return RecordProblem(clip_field(_join(field, name)), "", f"its name holds {reason}")
        problem = _problem_in(value, _join(field, name), guarded_places)
        if problem is not None:
            return problem
    return None


def _scalar_reason(value: Any) -> str:
    if isinstance(value, OversizedInteger):
        return "an integer beyond 64 bits"
    if isinstance(value, str):
        return _text_reason(value) and f"the text holds {_text_reason(value)}"
    if isinstance(value, float) and not math.isfinite(value):
        return "a number too large to store"
    if isinstance(value, int) and not INT64_MIN <= value <= INT64_MAX:
        return "an integer beyond 64 bits"
    return ""


def _text_reason(text: str) -> str:
    if "\x00" in text:
        return "a NUL character"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "half of a surrogate pair"
    return ""


def _join(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name


def clip_field(field: str) -> str:
    """A field path for a column and a screen: no control characters, no lone surrogates, at most 100 characters."""
    return json.dumps(field)[1:-1][:100]

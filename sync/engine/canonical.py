"""When are two values the same?

Every comparison of the product is made in canonical form: intake, push, echo recognition, consistency check.
Without one form, a value that either system rewrites (spaces, case, phone punctuation) would bounce for ever.

A *view* is a mapping of canonical field name to value. An absent name was never sent; ``None`` is known to be empty.
To add a kind: a function here, a line in ``_BY_KIND``, a rule in ``problems.py`` when values can be wrong.

All functions are total (any value, no exception) and idempotent. What is *wrong* with a value is said by
``problems.value_problem``: a bad country is kept as it came, so that an operator sees it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias
from unicodedata import decimal as digit_value
from unicodedata import normalize

from sync.engine.fields import (
    CACHED_DYNAMIC_FIELDS,
    CONSENT_PREFIX,
    CONTACT_FIELDS,
    CRITERION_PREFIX,
    ORDER_FIELDS,
    Entity,
    FieldKind,
    FieldSpec,
    fields_of,
    kind_of,
    spec_of,
)

__all__ = [
    "CONSENT_PREFIX",
    "CONTACT_FIELDS",
    "CRITERION_PREFIX",
    "ORDER_FIELDS",
    "Entity",
    "FieldKind",
    "FieldSpec",
    "Pairs",
    "Value",
    "View",
    "canonical_value",
    "canonical_view",
    "canonicaliser",
    "fields_of",
    "kind_of",
    "same",
    "spec_of",
]

Scalar: TypeAlias = str | bool | None
Value: TypeAlias = Scalar | list[str]
View: TypeAlias = Mapping[str, Value]
# Field -> (S-360's value, CRM's value) last taken as equivalent. Stored as JSON, so a list of two.
Pairs: TypeAlias = Mapping[str, Sequence[Value]]

UNKNOWN_TITLE = "UNDEFINED"  # what S-360 stores for any title code it does not know
_YES = frozenset({"yes", "true", "1", "y", "oui", "ja"})
_NO = frozenset({"no", "false", "0", "n", "non", "nein", "nee"})
_ISO_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?", re.ASCII | re.DOTALL)
_DOTTED_DATE = re.compile(r"(\d{2})\.(\d{2})\.(\d{4})(?: .*)?", re.ASCII | re.DOTALL)  # S-360 flat files
_CANONICAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", re.ASCII)
_LANGUAGE = re.compile(r"([a-z]{2})[-_][a-z0-9_-]+", re.ASCII)
_INTEGER = re.compile(r"([+-]?)0*(\d+)(?:\.0*)?", re.ASCII)
_LONGEST_NUMBER = 40  # digits; "1e999999" must not become a megabyte of zeros
_MISSING_TRUNK = "(0)"  # "+32 (0)470...": the zero is dialled only inside the country


def _text(value: Any) -> str | None:
    if type(value) is not str:
        if value is None:
            return None
        value = _as_text(value)
    if not value.isascii():
        value = normalize("NFC", value)
    return " ".join(value.split()) or None


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(sorted(_as_text(item) for item in value))
    return str(value)


def _email(value: Any) -> str | None:
    text = _text(value)
    if text is None:
        return None
    lowered = text.lower()
    return lowered if lowered.isascii() else _text(lowered)


def _phone(value: Any) -> str | None:
    text = _text(value)
    if text is None or (text.isascii() and text[:2] != "00" and text.removeprefix("+").isdigit()):
        return text
    plain = text if text.isascii() else _ascii_digits(text)
    if any(character.isalpha() for character in plain):
        return text  # "0470 11 22 33 ext 5": digits alone would be another number
    digits = re.sub(r"[^0-9]", "", plain.replace(_MISSING_TRUNK, "") if plain[0] in "+0" else plain)
    if plain[0] == "+":
        return f"+{digits}" if digits else text
    if digits[:2] == "00":
        return f"+{digits[2:]}" if digits[2:].strip("0") else text
    return digits or text


def _ascii_digits(text: str) -> str:
    plain = normalize("NFKC", text)
    return "".join(str(digit_value(c)) if c.isdecimal() else c for c in plain)


def _country(value: Any) -> str | None:
    text = _text(value)
    return text if text is None else _text(text.upper())


def _language(value: Any) -> str | None:
    text = _email(value)
    # S-360 holds ISO 639-1 only: "nl-BE" in a CRM and "nl" in S-360 are one language.
    found = _LANGUAGE.fullmatch(text) if text else None
    return found[1] if found else text


def _title(value: Any) -> str | None:
    text = _country(value)
    if text is None:
        return None
    code = text.rstrip(". ").replace(" ", "_")
    return None if code in ("", UNKNOWN_TITLE) else code


def _date(value: Any) -> str | None:
    if isinstance(value, date):
        return value.isoformat()[:10]
    text = _text(value)
    if text is None:
        return None
    if found := _ISO_DATE.fullmatch(text):
        return found[1]
    if found := _DOTTED_DATE.fullmatch(text):
        return f"{found[3]}-{found[2]}-{found[1]}"
    return text


def _timestamp(value: Any) -> str | None:
    text = value.isoformat() if isinstance(value, datetime) else _text(value)
    if text is None or _CANONICAL_TIME.fullmatch(text):
        return text
    try:
        moment = datetime.fromisoformat(text)
        # Without a zone it is local to the organization, which only the door knows: kept as it came.
        return text if moment.tzinfo is None else moment.astimezone(UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError):
        return text


def _boolean(value: Any) -> str | bool | None:
    if value is None or isinstance(value, bool):
        return value
    word = _email(value)
    return True if word in _YES else False if word in _NO else word


def _consent(value: Any) -> str | None:
    word = _email(value)
    return "yes" if word in _YES else "no" if word in _NO else word


def _codes(value: Any) -> list[str] | None:
    items = value if isinstance(value, list | tuple | set | frozenset) else (value,)
    return sorted({code for item in items if (code := _text(item)) is not None}) or None


def _decimal(value: Any) -> str | None:
    text = _text(value)
    try:
        number = Decimal(text) if text is not None and text.isascii() and "_" not in text else None
    except InvalidOperation:
        return text
    if number is None or not number.is_finite() or len(number.as_tuple().digits) > _LONGEST_NUMBER:
        return text
    return _plain(number) if abs(number.adjusted()) < _LONGEST_NUMBER else text


def _plain(number: Decimal) -> str:
    whole, _, cents = f"{number:f}".partition(".")
    plain = f"{whole}.{cents.rstrip('0').ljust(2, '0')}"
    return plain.removeprefix("-") if not number else plain


def _integer(value: Any) -> str | None:
    text = _text(value)
    found = _INTEGER.fullmatch(text) if text else None
    if found is None:
        return text
    return f"-{found[2]}" if found[1] == "-" and found[2] != "0" else found[2]


_BY_KIND: Mapping[FieldKind, Callable[[Any], Value]] = {
    FieldKind.TEXT: _text,
    FieldKind.EMAIL: _email,
    FieldKind.PHONE: _phone,
    FieldKind.COUNTRY: _country,
    FieldKind.TITLE: _title,
    FieldKind.DATE: _date,
    FieldKind.BOOLEAN: _boolean,
    FieldKind.LANGUAGE: _language,
    FieldKind.CONSENT: _consent,
    FieldKind.CODE: _text,  # upper or lower case is part of an S-360 code: "values are case and accent sensitive"
    FieldKind.CODES: _codes,
    FieldKind.DECIMAL: _decimal,
    FieldKind.INTEGER: _integer,
    FieldKind.TIMESTAMP: _timestamp,
}


class _Compiled(dict[str, Callable[[Any], Value]]):
    """Field name -> its function: one dictionary look-up a value, some 75,000 times a second at intake."""

    def __missing__(self, field: str) -> Callable[[Any], Value]:
        function = _BY_KIND[kind_of(field)]
        if len(self) < CACHED_DYNAMIC_FIELDS:
            self[field] = function
        return function


_COMPILED = _Compiled()


def canonical_value(field: str, value: object) -> Value:
    """The value in the form both sides are compared in: None when empty; text, bool, or a sorted list of codes.

    Also takes ``date``, ``datetime``, ``Decimal`` and ``int``. Never raises; a second call changes nothing.
    """
    return _COMPILED[field](value)


def canonicaliser(field: str) -> Callable[[object], Value]:
    """``canonical_value`` of one field, for who reads that field of many records."""
    return _COMPILED[field]


def canonical_view(view: Mapping[str, object]) -> dict[str, Value]:
    """A new view with every value in canonical form; absent fields stay absent."""
    return {field: _COMPILED[field](value) for field, value in view.items()}


def same(field: str, a: object, b: object) -> bool:
    """Do both values mean the same for this field?"""
    if a is b or (type(a) is type(b) and a == b):
        return True
    function = _COMPILED[field]
    return function(a) == function(b)

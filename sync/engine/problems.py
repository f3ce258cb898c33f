"""What is wrong with a value, in words an operator can act on?

Canonical form never refuses; this does, before a value is sent or when a record is read. A problem names field and
rule and never repeats the value, so it may be logged. To add a rule: a function here and a line in ``_BY_KIND``.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sync.engine.canonical import FieldKind, FieldSpec, Value, View, canonical_value, spec_of
from sync.engine.countries import COUNTRY_CODES

TITLES = frozenset({"MR", "MRS", "MISS", "MR_AND_MRS", "LADIES", "GENTLEMEN"})
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
_LANGUAGE = re.compile(r"[a-z]{2}", re.ASCII)
_PHONE = re.compile(r"\+?[0-9]{3,20}", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]{2,}", re.ASCII)
_INTEGER = re.compile(r"-?[0-9]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class ValueProblem:
    """``code`` groups equal problems under one cause; ``message`` is for the screen."""

    field: str
    code: str
    message: str


def _country(value: str) -> str | None:
    # SecuTix, CRM integration: country codes are ISO alpha-2, GB and not UK; any other value is refused there.
    return None if value in COUNTRY_CODES else "is not a two-letter ISO 3166 country code (GB, not UK)"


def _title(value: str) -> str | None:
    return None if value in TITLES else "is not a title S-360 knows, it would be stored as UNDEFINED"


def _email(value: str) -> str | None:
    return None if _EMAIL.fullmatch(value) else "is not an e-mail address"


def _phone(value: str) -> str | None:
    return None if _PHONE.fullmatch(value) else "is not a phone number"


def _language(value: str) -> str | None:
    return None if _LANGUAGE.fullmatch(value) else "is not a two-letter ISO 639-1 language code"


def _date(value: str) -> str | None:
    try:
        date.fromisoformat(value)
    except ValueError:
        return "is not a date"
    return None


def _timestamp(value: str) -> str | None:
    try:
        aware = datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return "is not a time"
    return None if aware else "is a time without a zone"


def _decimal(value: str) -> str | None:
    return None if _DECIMAL.fullmatch(value) else "is not a decimal number"


def _integer(value: str) -> str | None:
    return None if _INTEGER.fullmatch(value) else "is not a whole number"


def _consent(value: str) -> str | None:
    return None if value in ("yes", "no") else "is neither yes nor no"


def _boolean(_: str) -> str | None:
    return "is neither true nor false"  # a readable one is no text in canonical form


_BY_KIND: Mapping[FieldKind, Callable[[str], str | None]] = {
    FieldKind.COUNTRY: _country,
    FieldKind.TITLE: _title,
    FieldKind.EMAIL: _email,
    FieldKind.PHONE: _phone,
    FieldKind.LANGUAGE: _language,
    FieldKind.DATE: _date,
    FieldKind.TIMESTAMP: _timestamp,
    FieldKind.DECIMAL: _decimal,
    FieldKind.INTEGER: _integer,
    FieldKind.CONSENT: _consent,
    FieldKind.BOOLEAN: _boolean,
}


def value_problem(field: str, value: object) -> ValueProblem | None:
    """What is wrong with the value, or None. An empty value is never wrong. Total, safe to repeat."""
    spec = spec_of(field)
    canonical = canonical_value(field, value)
    if not isinstance(canonical, str):
        return None
    too_long = _length_problem(spec, canonical)
    if too_long is not None:
        return too_long
    check = _BY_KIND.get(spec.kind)
    text = check(canonical) if check else None
    return ValueProblem(field, f"bad_{spec.kind.value}", f"{spec.label} {text}.") if text else None


def view_problems(view: View | Mapping[str, Value]) -> dict[str, ValueProblem]:
    """Field -> problem, for the fields of a view that have one."""
    return {field: problem for field, value in view.items() if (problem := value_problem(field, value))}


def _length_problem(spec: FieldSpec, value: str) -> ValueProblem | None:
    # A two-letter code has a rule of its own that says more than its length.
    if spec.max_length is None or len(value) <= spec.max_length or spec.kind in _BY_KIND:
        return None
    return ValueProblem(spec.name, "too_long", f"{spec.label} has more than {spec.max_length} characters.")

"""The two open lists of a contact: authorisations (opt-ins, three-valued) and criteria (custom fields)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sync.engine.canonical import Value, canonical_value
from sync.s360.envelope import json_type
from sync.s360.paths import ABSENT, WrongShapeError, compile_path, find
from sync.s360.problems import RecordRejected, RecordWarning, shown_value
from sync.s360.settings import S360Settings

CONSENTS: Final = "authorizations"
CRITERIA: Final = "contactCriteria"
MAX_CODE_LENGTH: Final = 80
_SCALARS: Final = {True: "true", False: "false", None: "null"}


def read_consents(block: Any, settings: S360Settings, warnings: list[RecordWarning]) -> dict[str, str | None]:
    """``consent.<CODE>`` -> "yes", "no" or None (not answered); an answer that was not sent stays absent."""
    answers: dict[str, str | None] = {}
    for element in _elements(block, CONSENTS):
        code = _code(element, settings.authorization_code_path, CONSENTS)
        field = f"{CONSENTS}.{settings.authorization_value_path}"
        sent = _at(element, settings.authorization_value_path, CONSENTS)
        if sent is ABSENT:
            continue
        key = _answer_key(sent, field)
        if key not in settings.authorization_value_map:
            note = f"answer to {code} not in authorization_value_map, left out"
            warnings.append(RecordWarning(field, shown_value(field, sent), note))
            continue
        answer = settings.authorization_value_map[key]
        answers[f"consent.{code}"] = _stricter(answers.get(f"consent.{code}", answer), answer)
    return answers


def read_criteria(block: Any, settings: S360Settings, warnings: list[RecordWarning]) -> dict[str, Value]:
    """``criterion.<CODE>`` -> its value codes, sorted, each once; None when there are none.

    A criterion that is sent twice has the values of both.
    """
    found: dict[str, Value] = {}
    for element in _elements(block, CRITERIA):
        code = _code(element, settings.criterion_code_path, CRITERIA)
        sent = _at(element, settings.criterion_values_path, CRITERIA)
        if sent is ABSENT:
            warnings.append(RecordWarning(CRITERIA, code, "the criterion carries no values, left out"))
            continue
        values = _texts(sent, f"{CRITERIA}.{settings.criterion_values_path}")
        before = found.get(f"criterion.{code}")
        known = before if isinstance(before, list) else []
        found[f"criterion.{code}"] = canonical_value(f"criterion.{code}", known + values)
    return found


def _elements(block: Any, field: str) -> Iterator[dict[str, Any]]:
    if not isinstance(block, list):
        raise RecordRejected(field, block, f"expected a list, got {json_type(block)}")
    for element in block:
        if not isinstance(element, dict):
            raise RecordRejected(field, element, f"expected a list of objects, found {json_type(element)}")
        yield element


def _at(element: dict[str, Any], path: str, field: str) -> Any:
    if path in element:  # nearly always one plain name
        return element[path]
    try:
        return find(element, compile_path(path))
    except WrongShapeError as error:
        raise RecordRejected(f"{field}.{error.path}", error.value, error.reason) from None


def _code(element: dict[str, Any], path: str, field: str) -> str:
    value = _at(element, path, field)
    shown = None if value is ABSENT else value
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_CODE_LENGTH:
        reason = f"expected a code of 1 to {MAX_CODE_LENGTH} characters"
        raise RecordRejected(f"{field}.{path}", shown, reason)
    return value.strip()


def _answer_key(sent: Any, field: str) -> str:
    if sent is None or isinstance(sent, bool):
        return _SCALARS[sent]
    if isinstance(sent, str):
        return sent
    raise RecordRejected(field, sent, f"expected true, false or null, got {json_type(sent)}")


def _stricter(one: str | None, other: str | None) -> str | None:
    """The same authorisation twice in one record: a "no" anywhere is a no, and an answer beats none."""
    return "no" if "no" in (one, other) else one or other


def _texts(sent: Any, field: str) -> list[str]:
    if sent is None:
        return []
    if not isinstance(sent, list):
        raise RecordRejected(field, sent, f"expected a list of text, got {json_type(sent)}")
    for value in sent:
        if not isinstance(value, str):
            raise RecordRejected(field, value, f"expected a list of text, found {json_type(value)}")
    return sent

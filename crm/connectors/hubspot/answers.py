"""Read HubSpot's answers: every member of an error is optional, every success is matched by trace id."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from crm.connectors.base import ConnectorUnavailable, Failure, FailureKind
from crm.connectors.classify import connection_or, failure_of_answer, safe_text, shown_code, unreadable_answer
from crm.connectors.untrusted import as_id, as_object, as_objects
from sync.http.client import HttpAnswer

# HubSpot's own words for what went wrong, in `category`, `errorType`, `subCategory` or an inner `code`.
KIND_OF_CODE: dict[str, FailureKind] = {
    "RATE_LIMIT": "throttled",
    "RATE_LIMITS": "throttled",
    "INVALID_AUTHENTICATION": "misconfigured",
    "EXPIRED_AUTHENTICATION": "misconfigured",
    "MISSING_SCOPES": "misconfigured",
    "PROPERTY_DOESNT_EXIST": "misconfigured",
    "NON_UNIQUE_ID_PROPERTY": "misconfigured",
    "INTERNAL_ERROR": "transient",
    "VALIDATION_ERROR": "permanent",
    "CONFLICT": "permanent",
    "OBJECT_NOT_FOUND": "permanent",
    "UNKNOWN_OBJECT_TYPE": "misconfigured",
    # For a whole call: the path is wrong, so the API version or the object type is not offered.
    "404": "misconfigured",
}
# How long each named limit takes to pass, when HubSpot sends no Retry-After. DAILY lasts until midnight in the zone
# of the account, which an answer does not name: ask again each hour.
POLICY_SECONDS = {"TEN_SECONDLY_ROLLING": 10.0, "SECONDLY": 1.0, "DAILY": 3600.0}
LOCKED_SECONDS = 2.0  # 423: busy with other writes, wait two seconds or more

_EXISTING_ID = re.compile(r"[Ee]xisting ID:\s*(\d+)")
_NO_PROPERTY = re.compile(r'Property "?([A-Za-z0-9_]+)"? does not exist')
# Told apart by their text only: wrong settings which HubSpot reports as a validation error.
_WRONG_SETTINGS = (
    ("NON_UNIQUE_ID_PROPERTY", re.compile(r"non-unique", re.IGNORECASE)),
    ("UNKNOWN_OBJECT_TYPE", re.compile(r"Unable to infer object type")),
)


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """A 2xx answer to a batch call, with what HubSpot said about each record."""

    results: Sequence[Mapping[str, Any]]
    errors: Sequence[Mapping[str, Any]]


def read_batch(answer: HttpAnswer, *, writes: bool, secrets: Sequence[str]) -> BatchAnswer:
    """The answer's parts. Raises ConnectorUnavailable unless it is a finished 2xx answer we can read."""
    if not answer.ok:
        raise ConnectorUnavailable(whole_failure(answer, writes=writes, secrets=secrets))
    body = json_object(answer, writes=writes)
    status = body.get("status", "COMPLETE")
    if status != "COMPLETE":
        # PENDING, PROCESSING, CANCELED: HubSpot has the batch and may still apply it.
        raise ConnectorUnavailable(unreadable_answer(answer, writes=writes, code=str(status)[:50]))
    return BatchAnswer(as_objects(body.get("results")), as_objects(body.get("errors")))


def json_object(answer: HttpAnswer, *, writes: bool) -> Mapping[str, Any]:
    """The body as a JSON object. Raises ConnectorUnavailable (transient) for anything else."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ConnectorUnavailable(unreadable_answer(answer, writes=writes))
    return body


def whole_failure(answer: HttpAnswer, *, writes: bool, secrets: Sequence[str]) -> Failure:
    """The failure of a call that was refused as a whole."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    error = as_object(body)
    code, kind = _code_and_kind(error)
    if answer.status == HTTPStatus.NOT_FOUND:
        code, kind = "404", "misconfigured"
    failure = failure_of_answer(
        answer,
        writes=writes,
        code=code,
        message=_message(error),
        field=_field(error),
        overrides={code: kind} if kind else {},
        secrets=secrets,
    )
    return replace(
        failure,
        retry_after=failure.retry_after or _usual_wait(answer, error, failure),
        conflicting_remote_id=_conflicting_id(error),
        request_id=as_id(error.get("correlationId")) or failure.request_id,
    )


def record_failure(error: Mapping[str, Any], secrets: Sequence[str]) -> Failure:
    """The failure of one record of a 207: HubSpot took a decision about it, so nothing about it is unknown."""
    code, found = _code_and_kind(error)
    kind = found or "permanent"
    return Failure(
        kind=kind,
        scope=connection_or("record", kind),
        code=shown_code(code) or "REFUSED",
        message=safe_text(_message(error), secrets) or "HubSpot refused this record without saying why",
        field=shown_code(_field(error)) or None,
        conflicting_remote_id=_conflicting_id(error),
    )


def trace_ids(error: Mapping[str, Any]) -> list[str]:
    """The trace ids an error of a 207 is about."""
    found = as_object(error.get("context")).get("objectWriteTraceId")
    if isinstance(found, str):
        return [found]
    return [str(item) for item in found] if isinstance(found, list) else []


def _usual_wait(answer: HttpAnswer, error: Mapping[str, Any], failure: Failure) -> float | None:
    if failure.kind == "throttled":
        return POLICY_SECONDS.get(str(error.get("policyName", "")))
    return LOCKED_SECONDS if answer.status == HTTPStatus.LOCKED else None


def _code_and_kind(error: Mapping[str, Any]) -> tuple[str, FailureKind | None]:
    """HubSpot's most telling word, and the kind any of its words stands for. Some wrong settings hide in text alone."""
    message = _message(error)
    for code, pattern in _WRONG_SETTINGS:
        if pattern.search(message):
            return code, KIND_OF_CODE[code]
    if _NO_PROPERTY.search(message):
        return "PROPERTY_DOESNT_EXIST", "misconfigured"
    inner = next(iter(as_objects(error.get("errors"))), {})
    places = (inner.get("code"), error.get("subCategory"), error.get("category"), error.get("errorType"))
    words = [word for word in places if isinstance(word, str) and word]
    kind = next((KIND_OF_CODE[word] for word in words if word in KIND_OF_CODE), None)
    return (words[0] if words else ""), kind


def _field(error: Mapping[str, Any]) -> str | None:
    if missing := _NO_PROPERTY.search(_message(error)):
        return missing[1]
    inner = next(iter(as_objects(error.get("errors"))), {})
    names = as_object(inner.get("context")).get("propertyName")
    return as_text(names[0]) if isinstance(names, list) and names else as_text(inner.get("in"))


def _message(error: Mapping[str, Any]) -> str:
    """The inner messages where there are any: the outer one repeats them as JSON."""
    inner = [text for item in as_objects(error.get("errors")) if (text := as_text(item.get("message")))]
    return "; ".join(dict.fromkeys(inner)) or as_text(error.get("message")) or ""


def _conflicting_id(error: Mapping[str, Any]) -> str | None:
    found = _EXISTING_ID.search(_message(error))
    return found[1] if found else None


def as_text(value: object) -> str | None:
    """The value if it is text with something in it."""
    return value if isinstance(value, str) and value else None

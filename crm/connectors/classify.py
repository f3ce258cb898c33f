"""Which of the five kinds of failure is this answer? Asked by every connector; the only place that reads status codes.

A status alone does not decide: CRMs report a daily quota as 403 and a refused write as 200. So a connector may name
kinds for the vendor's codes; the table here is what holds when it does not. To add a vendor's code, give it to
`classify` as an override; do not widen the table.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from crm.connectors.base import Failure, FailureKind, FailureScope
from sync.engine.failures import classify_status, retry_after_seconds
from sync.http.client import HttpAnswer, vendor_request_id

MAX_MESSAGE = 500
MAX_CODE = 100
SHORTEST_SECRET = 4  # replacing shorter ones would tear holes into ordinary words

# Refused before any work was done, so a write can be made again: busy with another write, too early, being moved.
_KNOWN_NOT_APPLIED = frozenset({423, 425, 477})


def classify(status: int, code: str, overrides: Mapping[str, FailureKind]) -> FailureKind:
    """The kind of an answer. `overrides` is keyed by vendor code or by status written as text; the code wins."""
    return overrides.get(code) or overrides.get(str(status)) or _kind_of_status(status)


def _kind_of_status(status: int) -> FailureKind:
    return "transient" if status in _KNOWN_NOT_APPLIED else classify_status(status)


def failure_of_answer(
    answer: HttpAnswer,
    *,
    writes: bool,
    code: str = "",
    message: str = "",
    field: str | None = None,
    overrides: Mapping[str, FailureKind] | None = None,
    secrets: Collection[str] = (),
) -> Failure:
    """The failure an answer amounts to. A write answered with a server error may have been applied, and says so."""
    kind = classify(answer.status, code, overrides or {})
    pauses = kind in ("throttled", "transient")
    return Failure(
        kind=kind,
        scope=connection_or("batch", kind),
        code=shown_code(code) or str(answer.status),
        message=safe_text(message, secrets) or f"the CRM answered {answer.status}",
        retry_after=retry_after_seconds(answer.headers) if pauses else None,
        outcome_unknown=writes and kind == "transient" and answer.status not in _KNOWN_NOT_APPLIED,
        field=shown_code(field) or None,
        request_id=vendor_request_id(answer.headers),
    )


def connection_or(scope: FailureScope, kind: FailureKind) -> FailureScope:
    """A limit or a refused credential concerns every record; anything else only what was sent."""
    return "connection" if kind in ("throttled", "misconfigured") else scope


def unreadable_answer(answer: HttpAnswer, *, writes: bool, code: str = "answer_unreadable") -> Failure:
    """An answer that says yes in words we cannot read: a write may have been applied."""
    return Failure(
        kind="transient",
        scope="batch",
        code=code,
        message=f"the CRM answered {answer.status} with a body that is not what was asked for",
        outcome_unknown=writes,
        request_id=vendor_request_id(answer.headers),
    )


def shown_code(text: object) -> str:
    """A vendor's code, or the name of a field: as given, but one line and short."""
    return safe_text(text)[:MAX_CODE]


_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def safe_text(text: object, secrets: Collection[str] = ()) -> str:
    """A vendor's words, fit to show: one line, cut, and without any of the secrets it may have repeated."""
    shown = _CONTROL.sub(" ", text if isinstance(text, str) else "")
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            shown = shown.replace(secret, "***")
    return shown.strip()[:MAX_MESSAGE]

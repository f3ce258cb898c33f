"""Which of the five kinds of failure is this answer? Asked by every connector; the only place that reads status codes.

A status alone does not decide: CRMs report a daily quota as 403 and a refused write as 200. So a connector may name
kinds for the vendor's codes; the table here is what holds when it does not. To add a vendor's code, give it to
`classify` as an override; do not widen the table.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from crm.connectors.base import Failure, FailureKind, FailureScope
from crm.connectors.http import HttpAnswer, vendor_request_id
from sync.engine.failures import retry_after_seconds

MAX_MESSAGE = 500

_TRANSIENT = {408, 423, 425, 477, 500, 502, 503, 504, *range(520, 527)}
# Refused before any work was done, so a write can simply be made again: too early, busy with another write, being moved.
_KNOWN_NOT_APPLIED = {423, 425, 477}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Kind and reach of a failure."""

    kind: FailureKind
    scope: FailureScope


def classify(status: int, code: str, overrides: Mapping[str, FailureKind]) -> Verdict:
    """The verdict on an answer. `overrides` is keyed by vendor code or by status written as text; the code wins."""
    kind = overrides.get(code) or overrides.get(str(status)) or _kind_of_status(status)
    return Verdict(kind, "connection" if kind in ("throttled", "misconfigured") else "batch")


def _kind_of_status(status: int) -> FailureKind:
    if status == 429:
        return "throttled"
    if status in _TRANSIENT or status >= 500:
        return "transient"
    # A redirect is not followed; it means that the base URL in the settings is not where the CRM is.
    if status in (401, 403) or 300 <= status < 400:
        return "misconfigured"
    return "permanent"


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
    verdict = classify(answer.status, code, overrides or {})
    return Failure(
        kind=verdict.kind,
        scope=verdict.scope,
        code=code or str(answer.status),
        message=safe_text(message, secrets) or f"the CRM answered {answer.status}",
        retry_after=retry_after_seconds(answer.headers) if verdict.kind in ("throttled", "transient") else None,
        outcome_unknown=writes and verdict.kind == "transient" and answer.status not in _KNOWN_NOT_APPLIED,
        field=field,
        request_id=vendor_request_id(answer.headers),
    )


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


_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def safe_text(text: object, secrets: Collection[str] = ()) -> str:
    """A vendor's words, fit to show: one line, cut, and without any of the secrets it may have repeated."""
    shown = _CONTROL.sub(" ", text if isinstance(text, str) else "")
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= 4:  # shorter ones would tear holes into ordinary words
            shown = shown.replace(secret, "***")
    return shown.strip()[:MAX_MESSAGE]

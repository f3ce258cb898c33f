"""What does an answer of the backend API mean? HTTP status and ``statusCode`` together: a result, or a Failure.

"Response envelope" of S-360: a refused business call still answers HTTP 200, with a ``statusCode`` other than success.
Throttling answers 509, which looks like a server error and is none.
"""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus
from typing import Any, Final

from sync.engine.failures import Failure, FailureKind, classify_status, default_scope, retry_after_seconds
from sync.engine.redaction import scrub
from sync.http.client import MAX_ANSWER_BYTES, CallFailedError, HttpAnswer, vendor_request_id
from sync.s360.settings import S360Settings
from sync.s360.strict import DoorRefusal, parse_body, problem_of

SUCCESS: Final = "success"
IN_PROGRESS: Final = "in_progress"
ENVELOPE: Final = frozenset({"statusCode", "statusDetail", "requestId", "statusMessage", "expectedException"})
MAX_CODE: Final = 100
MAX_MESSAGE: Final = 500
SHORTEST_SECRET: Final = 4  # replacing shorter ones would tear holes into ordinary words
_NO_SUCH_CALL: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE})


class RecordUnknownError(CallFailedError):
    """S-360 does not know the record: deleted, absorbed by a merge, or never there."""


def read_answer(
    answer: HttpAnswer, settings: S360Settings, *, writes: bool, secrets: Collection[str] = ()
) -> dict[str, Any]:
    """The method's own data, without the envelope. Raises CallFailedError; RecordUnknownError for an unknown record.

    With ``writes`` an answer that is neither a clear yes nor a clear no is "outcome unknown".
    """
    if not answer.ok:
        raise CallFailedError(_http_failure(answer, settings, writes=writes, secrets=secrets))
    body = _object_in(answer)
    code = body.get("statusCode") if body is not None else None
    if body is None or not isinstance(code, str) or not code.strip():
        raise CallFailedError(unreadable(answer, writes=writes))
    if code.strip().lower() == SUCCESS:
        return {name: value for name, value in body.items() if name not in ENVELOPE}
    raise _refused(answer, settings, body, code.strip(), writes=writes, secrets=secrets)


def unreadable(answer: HttpAnswer, *, writes: bool, code: str = "answer_unreadable") -> Failure:
    """A yes in words we cannot read: a write may have been applied."""
    return Failure(
        kind="transient",
        scope="record",
        code=code,
        message=f"S-360 answered {answer.status} with a body that is not what was asked for",
        outcome_unknown=writes,
        request_id=vendor_request_id(answer.headers),
    )


def _refused(
    answer: HttpAnswer,
    settings: S360Settings,
    body: dict[str, Any],
    code: str,
    *,
    writes: bool,
    secrets: Collection[str],
) -> CallFailedError:
    shown = shown_text(code, secrets)[:MAX_CODE]
    detail = shown_text(body.get("statusDetail") or body.get("statusMessage"), secrets)
    request_id = vendor_request_id(answer.headers) or shown_text(str(body.get("requestId") or ""))[:MAX_CODE] or None
    if code.lower() == IN_PROGRESS:
        pause = float(settings.api_async_poll_seconds)
        text = "S-360 is still working on it; it answers the same call later"
        return CallFailedError(Failure("transient", "record", IN_PROGRESS, text, pause, writes, request_id=request_id))
    kind: FailureKind = "transient" if code in settings.api_retryable_status_codes else "permanent"
    text = detail or f"S-360 refused the call with {shown}"
    failure = Failure(kind, default_scope(kind), shown, text, request_id=request_id)
    is_unknown = code in settings.api_unknown_record_status_codes
    return RecordUnknownError(failure) if is_unknown else CallFailedError(failure)


def _http_failure(answer: HttpAnswer, settings: S360Settings, *, writes: bool, secrets: Collection[str]) -> Failure:
    kind = _kind(answer.status, settings)
    return Failure(
        kind=kind,
        scope=default_scope(kind),
        code=str(answer.status),
        message=_words(answer, kind, secrets),
        retry_after=_pause(answer, kind, settings),
        outcome_unknown=writes and kind == "transient",
        request_id=vendor_request_id(answer.headers),
    )


def _kind(status: int, settings: S360Settings) -> FailureKind:
    if status in settings.api_throttle_statuses:
        return "throttled"
    if status in settings.api_auth_failure_statuses or status in _NO_SUCH_CALL:
        return "misconfigured"
    return classify_status(status)


def _pause(answer: HttpAnswer, kind: FailureKind, settings: S360Settings) -> float | None:
    asked = retry_after_seconds(answer.headers)
    if kind == "throttled":
        return float(settings.api_throttle_pause_seconds) if asked is None else asked
    return asked if kind == "transient" else None


def _words(answer: HttpAnswer, kind: FailureKind, secrets: Collection[str]) -> str:
    """Our words, and S-360's own where it sent a plain sentence; never a page, never a record."""
    if answer.status in _NO_SUCH_CALL:
        return f"S-360 answered {answer.status}: this host does not offer the service in the version set"
    words = f"S-360 answered {answer.status}"
    if kind != "throttled" and answer.headers.get("content-type", "").startswith("text/plain"):
        said = shown_text(answer.content[:MAX_MESSAGE].decode("utf-8", "replace"), secrets)
        return f"{words}: {said}" if said else words
    return words


def _object_in(answer: HttpAnswer) -> dict[str, Any] | None:
    """The body as one object of values a database can hold, or None."""
    try:
        body = parse_body(answer.content, max_bytes=MAX_ANSWER_BYTES)
    except DoorRefusal:
        return None
    if not isinstance(body.value, dict) or (body.is_suspicious and problem_of(body.value, _GUARDED)):
        return None
    return body.value


# an answer that says one of these twice says nothing
_GUARDED: Final = frozenset({"statusCode", "contactNumber"})


def shown_text(text: object, secrets: Collection[str] = ()) -> str:
    """S-360's words fit to show: one line, cut, without secrets, e-mail addresses and long numbers."""
    shown = " ".join(text.split()) if isinstance(text, str) else ""
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            shown = shown.replace(secret, "***")
    return scrub("".join(letter for letter in shown if letter.isprintable())[: 2 * MAX_MESSAGE])[:MAX_MESSAGE]

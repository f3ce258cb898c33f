"""One call to the CRM by the settings: path filled in, answer judged, failure in our five kinds."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from crm.connectors.base import ConnectorUnavailable, Entity, Failure
from crm.connectors.classify import connection_or, failure_of_answer, safe_text, shown_code, unreadable_answer
from crm.connectors.generic_rest.dotted import at_path, text_at
from crm.connectors.generic_rest.settings import GenericSettings
from crm.connectors.session import ApiSession
from sync.engine.failures import RETRY_AFTER_CAP_SECONDS
from sync.http.client import HttpAnswer

_ABSENT = object()
_NO_SUCH_PATH = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)


@dataclass(frozen=True, slots=True)
class Said:
    """A judged answer: its body, and a failure unless it was a success."""

    body: Any
    failure: Failure | None
    headers: Mapping[str, str]
    status: int


class Caller:
    """Makes calls for one connection and remembers when the CRM said that no calls are left."""

    def __init__(self, session: ApiSession, settings: GenericSettings, secrets: Sequence[str]) -> None:
        self._session = session
        self.settings = settings
        self._secrets = secrets
        self._blocked_until = 0.0

    def path(self, template: str, entity: Entity, **values: str) -> str:
        """A path template with its places filled in. A value cannot leave its place: it is percent-encoded whole."""
        filled = template.replace("{collection}", self.settings.collection(entity))
        for name, value in values.items():
            filled = filled.replace(f"{{{name}}}", quote(value, safe=""))
        return filled

    def call(
        self,
        method: str,
        path: str,
        payload: Any = None,
        *,
        writes: bool,
        route: str,
        headers: Mapping[str, str] | None = None,
    ) -> Said:
        """Call and judge. Raises ConnectorUnavailable when no answer came or no call is left in the CRM's window."""
        self._stop_if_blocked()
        answer = self._session.call(method, path, payload, writes=writes, route=route, headers=headers)
        wait = self._window_wait(answer)
        try:
            body = answer.json()
        except ValueError:
            body = _ABSENT
        failure = self._judge(answer, body, writes=writes)
        if failure is not None and answer.status in _NO_SUCH_PATH and "{remote_id}" not in route:
            # No record is named in this path, so it is the path that is wrong. For a look-up this matters most: taken
            # for "no such record" it would create every record again.
            failure = replace(failure, kind="misconfigured", scope="connection")
        if failure is not None and failure.kind == "throttled" and failure.retry_after is None:
            failure = replace(failure, retry_after=wait)
        return Said(None if body is _ABSENT else body, failure, answer.headers, answer.status)

    def _judge(self, answer: HttpAnswer, body: Any, *, writes: bool) -> Failure | None:
        settings = self.settings
        if settings.is_success(answer.status):
            if body is _ABSENT:
                return unreadable_answer(answer, writes=writes)
            if not settings.success_member or _says(body, settings.success_member, settings.success_value):
                return None
            # 200 with an error inside: the CRM understood and refused, unless a code of its own says otherwise.
            return self._failure(replace(answer, status=HTTPStatus.UNPROCESSABLE_ENTITY), body, writes=writes)
        return self._failure(answer, body, writes=writes)

    def _failure(self, answer: HttpAnswer, body: Any, *, writes: bool) -> Failure:
        body = None if body is _ABSENT else body
        code, message, field = explain(self.settings, body)
        return failure_of_answer(
            answer,
            writes=writes,
            code=code,
            message=message,
            field=field,
            overrides=self.settings.kinds,
            secrets=self._secrets,
        )

    def refused_item(self, item: Any) -> Failure:
        """The failure of one record inside an answer to a batch."""
        code, message, field = explain(self.settings, item)
        kind = self.settings.kinds.get(code, "permanent")
        text = safe_text(message, self._secrets) or "the CRM refused this record without saying why"
        return Failure(
            kind=kind,
            scope=connection_or("record", kind),
            code=shown_code(code) or "REFUSED",
            message=text,
            field=shown_code(field) or None,
        )

    def _window_wait(self, answer: HttpAnswer) -> float | None:
        """Seconds until the CRM's window opens again, when it says so; remembered when no call is left."""
        wait = _seconds(answer.headers.get(self.settings.reset_header.lower()), self.settings.reset_unit)
        if answer.headers.get(self.settings.remaining_header.lower()) == "0" and wait:
            self._blocked_until = time.monotonic() + wait
        return wait

    def _stop_if_blocked(self) -> None:
        left = self._blocked_until - time.monotonic()
        if left > 0:
            text = "the CRM said that no calls are left in its window"
            raise ConnectorUnavailable(
                Failure(kind="throttled", scope="connection", code="window_empty", message=text, retry_after=left)
            )


def explain(settings: GenericSettings, body: Any) -> tuple[str, str, str | None]:
    """Code, message and field an error body names. Field errors are an object of texts or of lists, or plain text."""
    code = text_at(body, settings.error_code) or ""
    said = at_path(body, settings.error_message)
    message = said if isinstance(said, str) else ""
    errors = at_path(body, settings.error_fields)
    if isinstance(errors, str):
        return code, message or errors, None
    if isinstance(errors, dict) and errors:
        field, words = next(iter(errors.items()))
        parts = [f"{name}: {_words(value)}" for name, value in errors.items()]
        return code or "field_error", "; ".join([message, *parts] if message else parts), str(field) if words else None
    return code, message, None


def _says(body: Any, member: str, value: str) -> bool:
    """Whether the body's member has the value that means success. An answer without the member has not objected."""
    found = at_path(body, member)
    if found is None:
        return True
    return (str(found).lower() if isinstance(found, bool) else str(found)) == value


def _words(value: Any) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)


def _seconds(text: str | None, unit: str) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    seconds = {"seconds": number, "milliseconds": number / 1000, "epoch": number - time.time()}[unit]
    return min(seconds, RETRY_AFTER_CAP_SECONDS) if seconds > 0 else None

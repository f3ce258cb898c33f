"""Calls to one API: base address, credentials and JSON around the shared HTTP client. What answers mean is not here."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Protocol

import orjson

from crm.connectors.base import ConnectorUnavailable
from sync.http.client import CallFailedError, HttpAnswer, HttpClient

_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)  # some CRMs answer 403 to a token they do not know


class Credentials(Protocol):
    """Where the headers that say who we are come from."""

    def headers(self) -> Mapping[str, str]:
        """The headers of the moment. Raises ConnectorUnavailable when a token cannot be had."""
        ...

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Make new headers because these were refused. False when there is nothing to renew."""
        ...


class FixedCredentials:
    """Headers that never change."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = dict(headers)

    def headers(self) -> Mapping[str, str]:
        return self._headers

    def renew(self, refused: Mapping[str, str]) -> bool:
        return False


class ApiSession:
    """What a connector calls its CRM through."""

    def __init__(self, http: HttpClient, base_url: str, credentials: Credentials) -> None:
        self._http = http
        self._base = base_url.rstrip("/")
        self._credentials = credentials

    def call(
        self,
        method: str,
        path: str,
        payload: Any = None,
        *,
        writes: bool,
        route: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """One call; the answer may have any status. Raises ConnectorUnavailable when there is no answer to read.

        `route` is the path without values, for the log; give it whenever the path holds a key. A refused token is
        renewed once, where it can be, and the call made again: it was refused, so nothing was applied.
        """
        body = None if payload is None else orjson.dumps(payload)
        extra = dict(headers or {})
        if body is not None:
            extra["Content-Type"] = "application/json"
        who = self._credentials.headers()
        answer = self._once(method, path, route or path, {**who, **extra}, body, writes=writes)
        if answer.status in _REFUSED and self._credentials.renew(who):
            renewed = {**self._credentials.headers(), **extra}
            answer = self._once(method, path, route or path, renewed, body, writes=writes)
        return answer

    def _once(
        self, method: str, path: str, route: str, headers: Mapping[str, str], body: bytes | None, *, writes: bool
    ) -> HttpAnswer:
        try:
            return self._http.request(method, self._base + path, route=route, headers=headers, body=body, writes=writes)
        except CallFailedError as error:
            raise ConnectorUnavailable(error.failure) from None

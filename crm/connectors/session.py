"""Calls to one API: base address, credentials and JSON around the shared HTTP client. No retries, no meaning of answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from crm.connectors.base import ConnectorUnavailable
from crm.connectors.http import CallFailedError, HttpAnswer, HttpClient


class ApiSession:
    """What a connector calls its CRM through. `credentials` gives the headers of the moment, so a renewed token counts."""

    def __init__(self, http: HttpClient, base_url: str, credentials: Callable[[], Mapping[str, str]]) -> None:
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

        `route` is the path without values, for the log; give it whenever the path holds a key.
        """
        body = None if payload is None else orjson.dumps(payload)
        sent = {**self._credentials(), **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/json"
        try:
            return self._http.request(
                method, self._base + path, route=route or path, headers=sent, body=body, writes=writes
            )
        except CallFailedError as error:
            raise ConnectorUnavailable(error.failure) from None

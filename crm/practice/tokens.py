"""Who may call: fixed tokens, and short-lived ones issued by the token endpoints."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable

from crm.practice.record import Source

DEFAULT_APP = "9876543"
DEFAULT_TOKEN = "practice-token"  # noqa: S105 - opens a rehearsal, nothing else


def app_label(app: str) -> str:
    return "S-360 console" if app == DEFAULT_APP else f"Application {app}"


class RejectedTokenError(Exception):
    """reason: missing, unknown or expired."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Tokens:
    """Each token belongs to an application, whose id becomes the source of what it writes."""

    def __init__(self, fixed: dict[str, str], clock: Callable[[], float]) -> None:
        self._clock = clock
        self._fixed = dict(fixed)
        self._issued: dict[str, tuple[str, float]] = {}  # token -> application, expiry
        self._sources: dict[str, Source] = {}

    def allow(self, token: str, app: str = DEFAULT_APP) -> None:
        self._fixed[token] = app

    def revoke(self, token: str) -> None:
        self._fixed.pop(token, None)

    def issue(self, ttl_s: float, app: str = DEFAULT_APP) -> str:
        token = f"CPr4ct1ce{secrets.token_urlsafe(48)}"
        self._issued[token] = (app, self._clock() + ttl_s)
        return token

    def knows(self, secret: str) -> bool:
        return secret in self._fixed

    def expire_issued(self) -> None:
        """Every issued token is refused from now on, before its announced end."""
        self._issued = {token: (app, 0.0) for token, (app, _) in self._issued.items()}

    def caller(self, headers: dict[str, str]) -> Source:
        """Raises RejectedTokenError."""
        token = _presented(headers)
        if not token:
            raise RejectedTokenError("missing")
        app = self._fixed.get(token)
        if app is None:
            app = self._issued_to(token)
        source = self._sources.get(app)
        if source is None:
            source = self._sources[app] = Source("INTEGRATION", app, app_label(app))
        return source

    def _issued_to(self, token: str) -> str:
        if token not in self._issued:
            raise RejectedTokenError("unknown")
        app, until = self._issued[token]
        if self._clock() >= until:
            raise RejectedTokenError("expired")
        return app


def _presented(headers: dict[str, str]) -> str:
    """The secret from a bearer token, an API key header or the password of basic authentication."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value).decode().partition(":")[2]
        except ValueError:
            return ""
    return headers.get("x-api-key", "")

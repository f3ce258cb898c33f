"""The ``Authorization`` header of a call: a token of our own signing for each call, or one fetched and kept a while.

Source: platform.secutix.com, backend/standards/rest (signed token); public client code (token exchange).
"""

from __future__ import annotations

import hmac
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import orjson

from sync.s360.access import ApiSettings

LIFE_SECONDS: Final = 25  # at most 30 are allowed; the rest is for a clock that is a little ahead of ours
HEADER: Final = {"alg": "HS256", "typ": "JWT"}


def signed_token(access: ApiSettings, *, now: float, unit: str = "seconds") -> str:
    """An HS256 JWT issued at ``now`` (epoch seconds), its times in whole ``seconds`` or ``milliseconds``.

    S-360 takes it for one second only: sign when the call is about to leave, and never twice with one.
    """
    factor = 1000 if unit == "milliseconds" else 1
    issued = int(now * factor)
    claims = {
        "sub": access.institution,
        "aud": access.operator,
        "iss": access.partner,
        "iat": issued,
        "exp": issued + LIFE_SECONDS * factor,
    }
    unsigned = f"{_part(HEADER)}.{_part(claims)}"
    signature = hmac.digest(access.secret.encode(), unsigned.encode(), sha256)
    return f"{unsigned}.{_text(signature)}"


def _part(values: dict[str, Any]) -> str:
    return _text(orjson.dumps(values))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def exchange_body(access: ApiSettings) -> bytes:
    """What a token is fetched with; one public client leaves ``partner`` out, so an empty one is not sent."""
    named = {"operator": access.operator, "partner": access.partner, "secret": access.secret}
    return orjson.dumps({name: value for name, value in named.items() if value})


@dataclass(slots=True)
class _Kept:
    lock: threading.Lock = field(default_factory=threading.Lock)
    token: str = ""
    good_until: float = 0.0


class TokenCache:
    """Fetched tokens of one process. Threads that need the same one wait for a single exchange.

    The life of a token is not documented, so the clock starts before the exchange, not after it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}

    def token(self, key: str, *, seconds: float, fetch: Callable[[], str]) -> str:
        """The kept token, or a new one from ``fetch``, whose errors pass through and leave nothing kept."""
        kept = self._entry(key)
        with kept.lock:
            now = self._clock()
            if not kept.token or now >= kept.good_until:
                kept.token = ""
                kept.token, kept.good_until = fetch(), now + seconds
            return kept.token

    def forget(self, key: str, token: str) -> None:
        """S-360 refused ``token``; one that replaced it meanwhile is kept."""
        kept = self._entry(key)
        with kept.lock:
            if kept.token == token:
                kept.token = ""

    def _entry(self, key: str) -> _Kept:
        with self._lock:
            return self._kept.setdefault(key, _Kept())


def cache_key(access: ApiSettings, path: str) -> str:
    """One key for each access and secret: a rotated secret never meets the old one's token. Shows no secret."""
    parts = (access.base_url, access.institution, access.operator, access.partner, path, access.secret)
    return sha256(orjson.dumps(parts)).hexdigest()


shared_tokens: Final = TokenCache()

"""Secrets of webhook endpoints: made here, shown once, kept only as keyed digests, compared in constant time."""

import hashlib
import hmac
import secrets
from functools import lru_cache
from typing import Final

from django.conf import settings

SECRET_BYTES: Final = 32  # 256 bits; 160 is the least a URL secret may have
NO_DIGEST: Final = "0" * 64  # what a comparison runs against when there is nothing to compare with


def new_secret() -> str:
    """A URL-safe secret of 256 random bits."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest_of(secret: str) -> str:
    """What is stored of a secret: HMAC-SHA256 under a key derived from SECRET_KEY, so a leaked table opens no door."""
    return _digests(secret)[0]


def matches(secret: str, digest: str) -> bool:
    """Constant-time comparison; also true under a former SECRET_KEY listed in SECRET_KEY_FALLBACKS.

    An empty digest matches nothing, and costs the same.
    """
    candidates = _digests(secret)
    found = [hmac.compare_digest(candidate, digest or NO_DIGEST) for candidate in candidates]
    return any(found) and bool(digest)


def _digests(secret: str) -> list[str]:
    given = secret.encode("utf-8", "surrogatepass")
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [hmac.new(_key(key), given, hashlib.sha256).hexdigest() for key in keys]


@lru_cache(maxsize=8)
def _key(secret_key: str) -> bytes:
    return hmac.new(secret_key.encode(), b"sync.webhook-endpoint", hashlib.sha256).digest()

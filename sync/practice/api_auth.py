"""Who may call the practice S-360's API: a fresh self-signed token per call, or a token fetched beforehand.

Sources: platform.secutix.com, backend/standards/rest (signed token); public client code (token exchange).
"""

import hmac
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

import orjson

OLDEST_ISSUE_SECONDS = 1.0  # a token must be younger than this when the call arrives
LONGEST_LIFE_SECONDS = 30


@dataclass(slots=True)
class Credentials:
    """Of the virtual operator. `unit` is the unit of iat and exp: the documentation and its own sample differ."""

    institution: str = "PRACTICE"
    operator: str = "PRACTICE_CRM"
    partner: str = "practice-crm"
    secret: str = "practice-secret-of-no-value"  # noqa: S105 - opens nothing but a rehearsal
    unit: Literal["seconds", "milliseconds"] = "seconds"
    issue_tolerance_seconds: float = OLDEST_ISSUE_SECONDS
    is_required: bool = True


class ApiAuth:
    """Says why a caller is refused, or nothing."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.credentials = Credentials()
        self._clock = clock
        self._tokens: dict[str, float] = {}

    def refusal(self, authorization: str) -> str:
        """Empty when the caller is who they should be."""
        if not self.credentials.is_required:
            return ""
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer" or not token:
            return "no bearer token"
        expires_at = self._tokens.get(token)
        if expires_at is not None:
            return "" if self._clock() < expires_at else "the token has expired"
        return self._jwt_refusal(token)

    def exchange(self, body: Mapping[str, Any]) -> str | None:
        """A short-lived token for the operator's secret; None when it is wrong. `partner` may be left out."""
        ours = self.credentials
        right = (
            body.get("operator") == ours.operator
            and body.get("partner", ours.partner) == ours.partner
            and hmac.compare_digest(str(body.get("secret", "")).encode(), ours.secret.encode())
        )
        if not right:
            return None
        token = secrets.token_urlsafe(24)
        self._tokens[token] = self._clock() + LONGEST_LIFE_SECONDS
        return token

    def forget_tokens(self) -> None:
        self._tokens.clear()

    def _jwt_refusal(self, token: str) -> str:
        try:
            head, body, signature = token.split(".")
            header, claims, given = orjson.loads(_unpad(head)), orjson.loads(_unpad(body)), _unpad(signature)
        except ValueError:
            return "neither a token of ours nor a signed one"
        signed = hmac.digest(self.credentials.secret.encode(), f"{head}.{body}".encode(), sha256)
        if header.get("alg") != "HS256" or not hmac.compare_digest(signed, given):
            return "the signature is wrong"
        return self._claims_refusal(claims)

    def _claims_refusal(self, claims: Mapping[str, Any]) -> str:
        ours = self.credentials
        for claim, wanted in (("sub", ours.institution), ("aud", ours.operator), ("iss", ours.partner)):
            if claims.get(claim) != wanted:
                return f"{claim} is not {wanted}"
        divisor = 1000 if ours.unit == "milliseconds" else 1
        try:
            issued, expires = float(claims["iat"]) / divisor, float(claims["exp"]) / divisor
        except (KeyError, TypeError, ValueError):
            return "iat or exp is missing"
        now = self._clock()
        # whole seconds are what the format offers, so one of them is granted on top of the tolerance
        if not -ours.issue_tolerance_seconds <= now - issued < ours.issue_tolerance_seconds + 1:
            return "iat is not of this second"
        if expires - issued > LONGEST_LIFE_SECONDS or expires <= now:
            return "exp is past, or more than 30 s after iat"
        return ""


def signed_token(credentials: Credentials, now: float) -> str:
    """What a caller sends, for tests and for trying the API by hand."""
    factor = 1000 if credentials.unit == "milliseconds" else 1
    claims = {
        "sub": credentials.institution,
        "aud": credentials.operator,
        "iss": credentials.partner,
        "iat": int(now * factor),
        "exp": int((now + LONGEST_LIFE_SECONDS) * factor) - factor,
    }
    unsigned = f"{_pad({'alg': 'HS256', 'typ': 'JWT'})}.{_pad(claims)}"
    signature = hmac.digest(credentials.secret.encode(), unsigned.encode(), sha256)
    return f"{unsigned}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _pad(values: Mapping[str, Any]) -> str:
    return urlsafe_b64encode(orjson.dumps(values)).rstrip(b"=").decode()


def _unpad(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))

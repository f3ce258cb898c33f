"""Who we are to the CRM: a bearer token, a named header, basic, or a token fetched with client credentials."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Mapping
from urllib.parse import urlencode

from crm.connectors.base import ConnectorUnavailable, Failure, FailureKind
from crm.connectors.classify import failure_of_answer, unreadable_answer
from crm.connectors.generic_rest.dotted import at_path, text_at
from crm.connectors.generic_rest.settings import GenericSettings
from crm.connectors.session import Credentials, FixedCredentials
from crm.connectors.settings import required_secret
from sync.http.client import CallFailedError, HttpAnswer, HttpClient

TOKEN, PASSWORD, CLIENT_SECRET = "token", "password", "client_secret"
EARLY_SECONDS = 60.0  # a token is renewed this long before its announced end
USUAL_SECONDS = 600.0  # life of a token that comes without expires_in
SHORTEST_RENEWAL_SECONDS = 30.0  # a token refused right after it was made is refused for another reason


def make_credentials(settings: GenericSettings, secrets: Mapping[str, str], http: HttpClient) -> Credentials:
    """What the settings ask for. Raises ConnectorUnavailable for a missing secret."""
    if settings.auth == "basic":
        pair = f"{settings.auth_user}:{required_secret(secrets, PASSWORD)}".encode()
        return FixedCredentials({"Authorization": f"Basic {base64.b64encode(pair).decode()}"})
    if settings.auth == "oauth2":
        return _shared_token(settings, required_secret(secrets, CLIENT_SECRET), http)
    token = required_secret(secrets, TOKEN)
    if settings.auth == "header":
        return FixedCredentials({settings.auth_header: token})
    return FixedCredentials({"Authorization": f"Bearer {token}"})


def shown_secrets(secrets: Mapping[str, str], settings: GenericSettings) -> tuple[str, ...]:
    """Every spelling of the secrets that could turn up in an answer."""
    pair = f"{settings.auth_user}:{secrets.get(PASSWORD, '')}".encode()
    return (*(value for value in secrets.values() if value), base64.b64encode(pair).decode())


class ClientCredentials:
    """A token and its end, shared by every connector of this process that uses the same client."""

    def __init__(self, settings: GenericSettings, client_secret: str, http: HttpClient) -> None:
        self._settings = settings
        self._client_secret = client_secret
        self._http = http
        self._lock = threading.Lock()
        self._token = ""
        self._until = 0.0
        self._renewed_at = float("-inf")

    def headers(self) -> Mapping[str, str]:
        """One thread fetches; the others wait for its token instead of fetching their own."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._fetch()
            return {"Authorization": f"Bearer {self._token}"}

    def renew(self, refused: Mapping[str, str]) -> bool:
        with self._lock:
            if refused.get("Authorization") != f"Bearer {self._token}":
                return True  # another thread has renewed it meanwhile
            if time.monotonic() - self._renewed_at < SHORTEST_RENEWAL_SECONDS:
                return False
            self._renewed_at = time.monotonic()
            self._fetch()
            return True

    def _fetch(self) -> None:
        answer = self._ask()
        if not answer.ok:
            raise ConnectorUnavailable(_refused(answer))
        try:
            body = answer.json()
        except ValueError:
            body = None
        token = text_at(body, "access_token")
        if not token:
            raise ConnectorUnavailable(unreadable_answer(answer, writes=False, code="token_unreadable"))
        life = at_path(body, "expires_in")
        seconds = float(life) if isinstance(life, int | float) else USUAL_SECONDS
        self._token = token
        self._until = time.monotonic() + max(seconds - EARLY_SECONDS, seconds / 2)

    def _ask(self) -> HttpAnswer:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._settings.client_id,
            "client_secret": self._client_secret,
        }
        if self._settings.scope:
            form["scope"] = self._settings.scope
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(form).encode()
        try:
            return self._http.request(
                "POST", self._settings.token_url, route="token", headers=headers, body=body, writes=False
            )
        except CallFailedError as error:
            raise ConnectorUnavailable(error.failure) from None


def _refused(answer: HttpAnswer) -> Failure:
    # The body of a token endpoint is never quoted: it may repeat what was sent.
    kinds: dict[str, FailureKind] = dict.fromkeys(("400", "401", "403"), "misconfigured")
    text = f"the token endpoint answered {answer.status}: check client id and client secret"
    return failure_of_answer(answer, writes=False, message=text, overrides=kinds)


_tokens: dict[str, ClientCredentials] = {}
_tokens_lock = threading.Lock()


def _shared_token(settings: GenericSettings, client_secret: str, http: HttpClient) -> ClientCredentials:
    parts = (settings.token_url, settings.client_id, settings.scope, client_secret, str(id(http)))
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    with _tokens_lock:
        if key not in _tokens:
            _tokens[key] = ClientCredentials(settings, client_secret, http)
        return _tokens[key]

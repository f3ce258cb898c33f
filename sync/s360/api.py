"""One call to one institution's backend API: address, token, HTTP. What an answer means is not decided here.

"Backend API: hosts and paths" and "authentication" of S-360.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from sync.engine.failures import Failure
from sync.http.client import CallFailedError, HttpAnswer, HttpClient
from sync.s360.access import ApiSettings, AuthMode
from sync.s360.auth import TokenCache, cache_key, exchange_body, shared_tokens, signed_token
from sync.s360.envelope_answer import read_answer, unreadable
from sync.s360.settings import S360Settings

CONTACT_SERVICE: Final = "contactInformationPublicService"
ORDER_SERVICE: Final = "externalOrderService"
AUTH_SERVICE: Final = "auth"
MAX_TOKEN: Final = 8192
OLDEST_SECONDS: Final = 1.0  # "iat" of a signed token must be younger when the call arrives

Permit = Callable[[str, str], None]
"""Asked with (service, method) before *every* request, token exchanges included: each spends the shared budget.

It may wait, or raise CallFailedError to say that there is no budget now; nothing has been sent then.
"""


def always(service: str, method: str) -> None:
    """No pacing."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the API. ``writes``: a call without a clear answer may have been applied."""

    module: str
    service: str
    name: str
    writes: bool = False


GET_CONTACT: Final = Method("tnco", CONTACT_SERVICE, "getContactData")
SEARCH_CONTACT: Final = Method("tnco", CONTACT_SERVICE, "searchContact")
SAVE_CONTACT: Final = Method("tnco", CONTACT_SERVICE, "saveIndividualContactData", writes=True)
GET_ORDER: Final = Method("tnseb", ORDER_SERVICE, "getOrderDetails")


class S360Api:
    """Holds no connection and no state of a call: may be shared between threads."""

    def __init__(
        self,
        access: ApiSettings,
        settings: S360Settings,
        http: HttpClient,
        *,
        permit: Permit = always,
        clock: Callable[[], float] = time.time,
        tokens: TokenCache = shared_tokens,
    ) -> None:
        """``clock`` must be the machine's own, kept by NTP: S-360 refuses a token that is a second off."""
        self.access = access
        self.settings = settings
        self._http = http
        self._permit = permit
        self._clock = clock
        self._tokens = tokens
        self._base = access.base_url.rstrip("/")

    def call(self, method: Method, request: Mapping[str, Any]) -> dict[str, Any]:
        """The method's data, without the envelope. Raises CallFailedError. A read may be repeated, a write may not."""
        answer, secrets = self._answered(method, orjson.dumps(dict(request)))
        return read_answer(answer, self.settings, writes=method.writes, secrets=secrets)

    def send(self, method: Method, request: Mapping[str, Any]) -> HttpAnswer:
        """The answer as it came, of any status. Raises CallFailedError when there is none."""
        return self._answered(method, orjson.dumps(dict(request)))[0]

    def path(self, method: Method) -> str:
        return f"/{method.module}/backend-apis/{method.service}/{self.version(method)}/{method.name}"

    def version(self, method: Method) -> str:
        """The version of the method's service this institution is set to."""
        is_contact = method.service == CONTACT_SERVICE
        return self.settings.contact_service_version if is_contact else self.settings.order_service_version

    def _answered(self, method: Method, body: bytes) -> tuple[HttpAnswer, tuple[str, ...]]:
        if self.access.auth_mode == AuthMode.JWT:
            return self._with_signed_token(method, body)
        key = cache_key(self.access, self.settings.token_path)
        token, is_fresh = self._fetched_token(key)
        answer = self._once(method, body, token)
        if answer.status in self.settings.api_auth_failure_statuses and not is_fresh:
            # Refused before any work was done, and its life is undocumented: one new token, one more try.
            self._tokens.forget(key, token)
            token, _ = self._fetched_token(key)
            answer = self._once(method, body, token)
        if answer.status in self.settings.api_auth_failure_statuses:
            self._tokens.forget(key, token)
        return answer, (self.access.secret, token)

    def _with_signed_token(self, method: Method, body: bytes) -> tuple[HttpAnswer, tuple[str, ...]]:
        answer, token, age = self._signed_once(method, body)
        if answer.status in self.settings.api_auth_failure_statuses and age >= OLDEST_SECONDS:
            # It may have been refused for its age alone (a slow first connection, the end of a second); nothing was
            # done, and the connection is open now: one more try, so that this does not look like wrong credentials.
            answer, token, _ = self._signed_once(method, body)
        return answer, (self.access.secret, token)

    def _signed_once(self, method: Method, body: bytes) -> tuple[HttpAnswer, str, float]:
        """The answer, the token, and how old that was by then."""
        self._permit(method.service, method.name)
        issued = self._clock()
        token = signed_token(self.access, now=issued, unit=self.settings.jwt_time_unit)
        answer = self._post(self.path(method), body, token, writes=method.writes)
        written = int(issued) if self.settings.jwt_time_unit == "seconds" else issued
        return answer, token, self._clock() - written

    def _once(self, method: Method, body: bytes, token: str) -> HttpAnswer:
        self._permit(method.service, method.name)
        return self._post(self.path(method), body, token, writes=method.writes)

    def _fetched_token(self, key: str) -> tuple[str, bool]:
        fetched: list[str] = []

        def fetch() -> str:
            fetched.append(self._exchange())
            return fetched[0]

        token = self._tokens.token(key, seconds=self.settings.token_ttl_seconds, fetch=fetch)
        return token, bool(fetched)

    def _exchange(self) -> str:
        self._permit(AUTH_SERVICE, AUTH_SERVICE)
        answer = self._post(self.settings.token_path, exchange_body(self.access), writes=False)
        if not answer.ok:
            read_answer(answer, self.settings, writes=False, secrets=(self.access.secret,))  # raises
        try:
            body = answer.json()
        except ValueError:
            body = None
        token = body.get("token") if isinstance(body, dict) else None
        if (
            not isinstance(token, str)
            or not token.isascii()
            or not token.isprintable()
            or not 0 < len(token) < MAX_TOKEN
        ):
            raise CallFailedError(unreadable(answer, writes=False, code="token_missing"))
        return token

    def _post(self, path: str, body: bytes, token: str = "", *, writes: bool) -> HttpAnswer:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        return self._http.request("POST", self._base + path, route=path, headers=headers, body=body, writes=writes)


def misconfigured(code: str, message: str, field: str | None = None) -> CallFailedError:
    """The failure of an access no call can be made with."""
    return CallFailedError(Failure("misconfigured", "connection", code, message, field=field))

"""One HTTP client for S-360 and every CRM: short patience, bounded answers, only allowed addresses, no redirects.

What it decides: whether a call that failed may have reached the far side. It knows exactly, because the socket
underneath notes the first byte of a request that left. What it does not decide: what a status code means.
"""

from __future__ import annotations

import logging
import os
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any

import certifi
import httpcore
import orjson

from sync.engine.failures import Failure
from sync.http.addresses import AddressPolicy, RefusedUrlError, Target
from sync.http.answer_body import AnswerTooLargeError, AnswerUnreadableError, read_bounded
from sync.http.network import AddressRefusedError, CallState, CertificateRefusedError, GuardedBackend

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
READ_SECONDS = 25.0
TOTAL_SECONDS = 30.0  # well under the 40 s of lease a send starts with
MAX_ANSWER_BYTES = 5 * 1024 * 1024
MAX_CONNECTIONS = 10
FAR_SIDE = "the other side"
KEEPALIVE_SECONDS = 15.0  # shorter than common idle limits, so that a request rarely meets a closing socket


class CallFailedError(Exception):
    """A call without a usable answer; `failure` says whether it may have been applied."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.kind} ({failure.code}): {failure.message}")
        self.failure = failure


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer read to its end. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)  # a person's data: never in a log

    @property
    def ok(self) -> bool:
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    def json(self) -> Any:
        """The body as JSON, None when it is empty. Raises ValueError when it is something else."""
        return orjson.loads(self.content) if self.content.strip() else None


@cache
def default_ssl_context() -> ssl.SSLContext:
    """The system's authorities and certifi's, so that a bare machine without ca-certificates works too."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class HttpClient:
    """Calls the hosts of one connection over kept-alive connections. Safe to share between threads, not across a fork.

    Holds no credentials: they are given with each call, so the same client outlives a rotated secret.
    """

    def __init__(
        self,
        policy: AddressPolicy,
        *,
        far_side: str = FAR_SIDE,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.policy = policy
        self._far_side = far_side  # for messages an operator reads
        self._call = CallState()
        self._total_seconds = total_seconds
        self._max_answer_bytes = max_answer_bytes
        self._extensions = {
            "timeout": {
                "connect": connect_seconds,
                "pool": connect_seconds,
                "read": read_seconds,
                "write": read_seconds,
            }
        }
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context or default_ssl_context(),
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_CONNECTIONS,
            keepalive_expiry=KEEPALIVE_SECONDS,
            retries=0,
            network_backend=GuardedBackend(policy, self._call),
        )

    def request(
        self,
        method: str,
        url: str,
        *,
        route: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        writes: bool = True,
    ) -> HttpAnswer:
        """One call, one answer of any status. `route` is the path without values, for the log.

        Raises CallFailedError. With `writes` False (the call changes nothing over there) no failure is ever "outcome
        unknown". Repeating is for the caller to decide.
        """
        started = time.monotonic()
        try:
            answer = self._exchange(method, url, headers, body)
        except _KNOWN_ERRORS as error:
            failure = _failure_of(error, self._far_side, outcome_unknown=writes and self._call.sent)
            _log(method, route, failure.code, started)
            # `from None`: the library's text can quote a header, and a header can be a credential.
            raise CallFailedError(failure) from None
        _log(method, route, str(answer.status), started, answer)
        return answer

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> HttpAnswer:
        self._call.begin(self._total_seconds)
        target = self.policy.accept(url)
        response: httpcore.Response
        with self._pool.stream(
            method,
            _core_url(target),
            headers=_raw_headers(target, headers, body),
            content=body,
            extensions=dict(self._extensions),
        ) as response:
            received = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            content = read_bounded(response.iter_stream(), received, self._max_answer_bytes)
        return HttpAnswer(response.status, received, content)

    def close(self) -> None:
        """Close every kept connection."""
        self._pool.close()


_KNOWN_ERRORS = (
    RefusedUrlError,
    AnswerTooLargeError,
    AnswerUnreadableError,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    UnicodeError,
    OSError,
)

_shared: dict[tuple[int, AddressPolicy, str], HttpClient] = {}
_shared_lock = threading.Lock()


def shared_client(policy: AddressPolicy, *, far_side: str = FAR_SIDE) -> HttpClient:
    """The client this process keeps for these hosts, so that connections stay warm from one batch to the next."""
    key = (os.getpid(), policy, far_side)  # sockets opened before a fork must not be used after it
    with _shared_lock:
        if key not in _shared:
            _shared[key] = HttpClient(policy, far_side=far_side)
        return _shared[key]


def _core_url(target: Target) -> httpcore.URL:
    return httpcore.URL(
        scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode("ascii")
    )


def _raw_headers(target: Target, headers: Mapping[str, str], body: bytes | None) -> list[tuple[bytes, bytes]]:
    host = f"[{target.host}]" if ":" in target.host else target.host
    default_port = 443 if target.scheme == "https" else 80
    if target.port != default_port:
        host = f"{host}:{target.port}"
    raw = [(b"Host", host.encode()), (b"Accept-Encoding", b"gzip"), (b"Accept", b"application/json")]
    if body is not None:
        raw.append((b"Content-Length", str(len(body)).encode()))
    raw.extend((name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items())
    return raw


def _failure_of(error: BaseException, far_side: str, *, outcome_unknown: bool) -> Failure:
    """Our own words for each error: the library's are never shown."""
    if isinstance(error, RefusedUrlError | AddressRefusedError):
        return Failure(kind="misconfigured", scope="connection", code="address_refused", message=str(error))
    if isinstance(error, CertificateRefusedError):
        text = f"the certificate of {far_side} is not accepted: {error}"
        return Failure(kind="misconfigured", scope="connection", code="tls_certificate", message=text)
    if isinstance(error, httpcore.LocalProtocolError | UnicodeError):
        text = "the request cannot be sent: a credential or a header setting holds a character HTTP does not allow"
        return Failure(kind="misconfigured", scope="connection", code="illegal_request", message=text)
    code, text = _describe(error, far_side)
    return Failure(
        kind="transient",
        scope="batch" if outcome_unknown else "connection",
        code=code,
        message=text,
        outcome_unknown=outcome_unknown,
    )


def _describe(error: BaseException, far_side: str) -> tuple[str, str]:
    for types, code, text in _DESCRIPTIONS:
        if isinstance(error, types):
            return code, text.format(far_side=far_side)
    return "connection_lost", "the connection broke before the answer was complete"


_DESCRIPTIONS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str, str], ...] = (
    (AnswerTooLargeError, "answer_too_large", "the answer is larger than the console reads"),
    (AnswerUnreadableError, "answer_unreadable", "the answer's encoding cannot be read"),
    (httpcore.PoolTimeout, "no_connection_free", "no connection became free in time"),
    (httpcore.ConnectTimeout, "connect_timeout", "{far_side} did not accept a connection in time"),
    (httpcore.ConnectError, "connect_failed", "no connection to {far_side} could be made"),
    (httpcore.TimeoutException, "timeout", "{far_side} did not answer in time"),
    (httpcore.RemoteProtocolError, "answer_garbled", "the answer was not HTTP, or ended early"),
)


def _log(method: str, route: str, outcome: str, started: float, answer: HttpAnswer | None = None) -> None:
    seconds = round(time.monotonic() - started, 4)
    request_id = vendor_request_id(answer.headers) if answer else None
    logger.info(
        "outgoing call",
        extra={"method": method, "route": route, "outcome": outcome, "seconds": seconds, "request_id": request_id},
    )


def vendor_request_id(headers: Mapping[str, str]) -> str | None:
    """The id under which the vendor's support finds this call."""
    for name in ("x-hubspot-correlation-id", "x-request-id", "x-correlation-id", "cf-ray"):
        if value := headers.get(name):
            return value[:100]
    return None

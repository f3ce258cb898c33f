"""One POST to the receiver: made exactly once, and told how it ended. Whatever is not HTTP 200 is a refusal."""

import time
from dataclasses import dataclass

import httpx

from sync.practice.interface import CONTACT_PLACEHOLDER, ORDER_PLACEHOLDER, Interface

IMPATIENCE_SECONDS = 0.001  # `no_reply`: the body is sent, and then nobody waits for the answer


@dataclass(frozen=True, slots=True)
class Answer:
    status: int | None
    error: str
    seconds: float


class Sender:
    """Keeps its connection between posts. One per stream, used by one thread at a time."""

    def __init__(self) -> None:
        self._client: httpx.Client | None = None

    def post(self, interface: Interface, body: bytes, *, waits_for_answer: bool = True) -> Answer:
        """Redirects are not followed and nothing is tried again: both would hide what the receiver did."""
        headers = {"Content-Type": interface.content_type, **interface.auth.headers()}
        return self._send("POST", interface.url, body, headers, _timeout(interface, waits_for_answer=waits_for_answer))

    def post_identifier(self, interface: Interface, key: str) -> Answer:
        """V1: the identifier alone, in place of the exact placeholder. Other spellings are not replaced."""
        url, body = (_placed(text, key, interface.stream) for text in (interface.url, interface.body_template))
        headers = {"Content-Type": "application/json"} if body else {}
        return self._send(
            interface.method, url, body.encode() or None, headers, _timeout(interface, waits_for_answer=True)
        )

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _send(
        self, method: str, url: str, body: bytes | None, headers: dict[str, str], timeout: httpx.Timeout
    ) -> Answer:
        if self._client is None:
            self._client = httpx.Client(trust_env=False, headers={"User-Agent": "practice-s360"})
        status, error, started = None, "", time.perf_counter()
        try:
            status = self._client.request(method, url, content=body, headers=headers, timeout=timeout).status_code
        except httpx.TimeoutException as problem:
            error = f"timeout: {type(problem).__name__}"
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            error = f"{type(problem).__name__}: {problem}"
        return Answer(status, error, time.perf_counter() - started)


def _placed(text: str, key: str, stream: str) -> str:
    return text.replace(ORDER_PLACEHOLDER if stream == "orders" else CONTACT_PLACEHOLDER, key)


def _timeout(interface: Interface, *, waits_for_answer: bool) -> httpx.Timeout:
    read = interface.timeout_seconds if waits_for_answer else IMPATIENCE_SECONDS
    return httpx.Timeout(interface.timeout_seconds, read=read)

"""How each kind of fault plays out on one exchange. To add a kind, write a function under @kind."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from typing import Any, Protocol

import orjson

from crm.practice.wire import Answer, json_answer

HANG_S = 3600.0
CHUNK = b"4000\r\n" + b" " * 0x4000 + b"\r\n"


class Wire(Protocol):
    """What a fault may do with an exchange."""

    face: str

    def apply(self) -> Answer: ...
    def send(self, answer: Answer) -> None: ...
    def send_bytes(self, data: bytes) -> bool: ...
    def reset(self) -> None: ...
    def drop(self) -> None: ...
    def wait(self, seconds: float) -> None: ...
    def wait_for_peer(self, seconds: float) -> None: ...
    def now(self) -> float: ...


Kind = Callable[..., None]  # the wire, then keywords of its own, each with a default
KINDS: dict[str, Kind] = {}
SHOWN: dict[str, str] = {}


def kind(line: str) -> Callable[[Kind], Kind]:
    """Enter a fault in the tables, with a line for people."""

    def register(function: Kind) -> Kind:
        KINDS[function.__name__] = function
        SHOWN[function.__name__] = line
        return function

    return register


@kind("Applies, answers seconds later")
def late(wire: Wire, *, seconds: float = 5.0) -> None:
    answer = wire.apply()
    wire.wait(seconds)
    wire.send(answer)


@kind("Applies and answers after some ms")
def slow(wire: Wire, *, ms: float = 1000) -> None:
    wire.wait(ms / 1000)
    wire.send(wire.apply())


@kind("Applies, never answers")
def apply_then_hang(wire: Wire, *, seconds: float = HANG_S) -> None:
    wire.apply()
    wire.wait_for_peer(seconds)
    wire.drop()


@kind("Never applies, never answers")
def hang(wire: Wire, *, seconds: float = HANG_S) -> None:
    wire.wait_for_peer(seconds)
    wire.drop()


@kind("Applies once the caller has left")
def apply_after_giving_up(wire: Wire, *, seconds: float = 0.0) -> None:
    """`seconds` is how long after the caller left (it must leave within an hour) the write lands."""
    wire.wait_for_peer(HANG_S)
    wire.wait(seconds)
    wire.apply()
    wire.drop()


@kind("Cuts the line before applying")
def reset_before_apply(wire: Wire) -> None:
    wire.reset()


@kind("Applies, then cuts the line")
def reset_after_apply(wire: Wire) -> None:
    wire.apply()
    wire.reset()


@kind("Applies, cuts the line in mid answer")
def reset_mid_answer(wire: Wire) -> None:
    data = wire.apply().encode()
    wire.send_bytes(data[: len(data) // 2])
    wire.reset()


@kind("5xx without applying")
def server_error(wire: Wire, *, status: int = 503) -> None:
    wire.send(Answer(int(status), b"<html><h1>Service Unavailable</h1></html>", "text/html"))


@kind("Applies, then 5xx")
def server_error_after_apply(wire: Wire, *, status: int = 500) -> None:
    wire.apply()
    server_error(wire, status=status)


@kind("Applies, answers 200 with a web page")
def garbage(wire: Wire, *, apply: bool = True) -> None:
    """A 200 that is not JSON, after the write was applied (apply=false: before)."""
    if apply:
        wire.apply()
    wire.send(Answer(200, b'<!doctype html><title>Welcome</title>{"results": [{"id', "text/html"))


@kind("Applies, answers something that is not HTTP")
def not_http(wire: Wire) -> None:
    wire.apply()
    wire.send_bytes(b"\x16\x03\x01\x02\x00 220 mail.example.org ESMTP\r\n\r\n")
    wire.drop()


@kind("Applies, answers without end")
def endless(wire: Wire, *, limit_mb: float = 10_000, pause_s: float = 0.0) -> None:
    """An answer that never ends, as fast as the caller reads, or one chunk each `pause_s`."""
    wire.apply()
    alive = wire.send_bytes(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    sent = 0
    while alive and sent < limit_mb * 1_000_000:
        alive = wire.send_bytes(CHUNK)
        sent += len(CHUNK)
        if pause_s:
            wire.wait(pause_s)
    wire.drop()


@kind("Applies, answers 20 MB")
def too_large(wire: Wire, *, mb: int = 20) -> None:
    wire.apply()
    padding = b" " * (mb * 1_000_000)
    wire.send(Answer(200, b'{"status":"COMPLETE","results":[]' + padding + b"}"))


@kind("Applies, answers a gzip bomb")
def gzip_bomb(wire: Wire, *, mb: int = 100) -> None:
    wire.apply()
    packed = gzip.compress(b" " * (mb * 1_000_000), compresslevel=9)
    wire.send(Answer(200, packed, headers={"Content-Encoding": "gzip"}))


@kind("429, with or without Retry-After")
def throttled(
    wire: Wire,
    *,
    retry_after: str | float | None = None,
    seconds: float = 30,
    policy: str = "TEN_SECONDLY_ROLLING",
) -> None:
    """retry_after: none, a number of seconds, `date` (which lies `seconds` ahead), or any nonsense."""
    headers = {}
    if retry_after == "date":
        headers["Retry_After"] = formatdate(wire.now() + seconds, usegmt=True)
    elif retry_after is not None:
        headers["Retry_After"] = str(retry_after)
    period = "daily" if policy == "DAILY" else "ten_secondly_rolling"
    wire.send(_limit_answer(wire.face, f"You have reached your {period} limit.", policy, headers))


@kind("429, the quota of the day is used up")
def daily_quota(wire: Wire, *, retry_after: str | float | None = None) -> None:
    throttled(wire, retry_after=retry_after, policy="DAILY")


def _limit_answer(face: str, message: str, policy: str, headers: dict[str, str]) -> Answer:
    if face == "generic":
        return json_answer(429, {"error": True, "errors": message}, **headers)
    body = {"status": "error", "message": message, "errorType": "RATE_LIMIT", "policyName": policy}
    return json_answer(429, {**body, "correlationId": "practice-429", "requestId": "practice-429"}, **headers)


@kind("401, token expired")
def unauthorized(wire: Wire) -> None:
    message = "The token used to make this call expired 2 second(s) ago."
    body = {"status": "error", "message": message, "category": "EXPIRED_AUTHENTICATION"}
    wire.send(json_answer(401, body if wire.face == "hubspot" else {"error": True, "errors": "Token expired"}))


@kind("403, missing scopes")
def forbidden(wire: Wire) -> None:
    message = "This app hasn't been granted all required scopes to make this call."
    body = {"status": "error", "message": message, "category": "MISSING_SCOPES"}
    wire.send(json_answer(403, body if wire.face == "hubspot" else {"error": True, "errors": "Forbidden"}))


@kind("423, busy with other writes")
def locked(wire: Wire) -> None:
    wire.send(json_answer(423, {"status": "error", "message": "Locked: busy with other writes.", "category": "LOCKED"}))


@kind("477, account migration")
def migrating(wire: Wire) -> None:
    wire.send(json_answer(477, {"status": "error", "message": "Migration in progress"}, Retry_After="3600"))


@kind("400 for the whole call")
def bad_request(wire: Wire, *, message: str = "Invalid input", status: int = 400) -> None:
    body = {"status": "error", "message": message, "category": "VALIDATION_ERROR"}
    wire.send(json_answer(status, body if wire.face == "hubspot" else {"error": True}))


@kind("200 with error: true, not applied")
def soft_error(wire: Wire, *, message: str = "Not saved") -> None:
    """200, though the write was refused: only the body tells."""
    wire.send(json_answer(200, {"error": True, "message": message}))


@kind("Applies, answers with the status PENDING")
def pending(wire: Wire) -> None:
    wire.send(_reshaped(wire.apply(), {"status": "PENDING", "results": []}))


@kind("Applies, leaves every second result out of the answer")
def forget_results(wire: Wire) -> None:
    answer = wire.apply()
    results = orjson.loads(answer.body).get("results", [])
    wire.send(_reshaped(answer, {"results": results[::2]}))


def _reshaped(answer: Answer, new: dict[str, Any]) -> Answer:
    return replace(answer, body=orjson.dumps({**orjson.loads(answer.body), **new}))

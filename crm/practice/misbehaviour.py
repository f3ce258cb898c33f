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


Params = dict[str, Any]
Kind = Callable[[Wire, Params], None]
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
def late(wire: Wire, params: Params) -> None:
    answer = wire.apply()
    wire.wait(params.get("seconds", 5.0))
    wire.send(answer)


@kind("Applies and answers after some ms")
def slow(wire: Wire, params: Params) -> None:
    wire.wait(params.get("ms", 1000) / 1000)
    wire.send(wire.apply())


@kind("Applies, never answers")
def apply_then_hang(wire: Wire, params: Params) -> None:
    wire.apply()
    wire.wait_for_peer(params.get("seconds", HANG_S))
    wire.drop()


@kind("Never applies, never answers")
def hang(wire: Wire, params: Params) -> None:
    wire.wait_for_peer(params.get("seconds", HANG_S))
    wire.drop()


@kind("Applies once the caller has left")
def apply_after_giving_up(wire: Wire, params: Params) -> None:
    """`seconds` is how long after the caller left (it must leave within an hour) the write lands."""
    wire.wait_for_peer(HANG_S)
    wire.wait(params.get("seconds", 0.0))
    wire.apply()
    wire.drop()


@kind("Cuts the line before applying")
def reset_before_apply(wire: Wire, params: Params) -> None:
    wire.reset()


@kind("Applies, then cuts the line")
def reset_after_apply(wire: Wire, params: Params) -> None:
    wire.apply()
    wire.reset()


@kind("Applies, cuts the line in mid answer")
def reset_mid_answer(wire: Wire, params: Params) -> None:
    data = wire.apply().encode()
    wire.send_bytes(data[: len(data) // 2])
    wire.reset()


@kind("5xx without applying")
def server_error(wire: Wire, params: Params) -> None:
    status = int(params.get("status", 503))
    wire.send(Answer(status, b"<html><h1>Service Unavailable</h1></html>", "text/html"))


@kind("Applies, then 5xx")
def server_error_after_apply(wire: Wire, params: Params) -> None:
    wire.apply()
    server_error(wire, {"status": 500, **params})


@kind("Applies, answers 200 with a web page")
def garbage(wire: Wire, params: Params) -> None:
    """A 200 that is not JSON, after the write was applied (apply=false: before)."""
    if params.get("apply", True):
        wire.apply()
    wire.send(Answer(200, b'<!doctype html><title>Welcome</title>{"results": [{"id', "text/html"))


@kind("Applies, answers something that is not HTTP")
def not_http(wire: Wire, params: Params) -> None:
    wire.apply()
    wire.send_bytes(b"\x16\x03\x01\x02\x00 220 mail.example.org ESMTP\r\n\r\n")
    wire.drop()


@kind("Applies, answers without end")
def endless(wire: Wire, params: Params) -> None:
    """An answer that never ends, as fast as the caller reads, or one chunk each `pause_s`."""
    wire.apply()
    alive = wire.send_bytes(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    sent = 0
    while alive and sent < params.get("limit_mb", 10_000) * 1_000_000:
        alive = wire.send_bytes(CHUNK)
        sent += len(CHUNK)
        if pause := params.get("pause_s", 0.0):
            wire.wait(pause)
    wire.drop()


@kind("Applies, answers 20 MB")
def too_large(wire: Wire, params: Params) -> None:
    wire.apply()
    padding = b" " * (int(params.get("mb", 20)) * 1_000_000)
    wire.send(Answer(200, b'{"status":"COMPLETE","results":[]' + padding + b"}"))


@kind("Applies, answers a gzip bomb")
def gzip_bomb(wire: Wire, params: Params) -> None:
    wire.apply()
    packed = gzip.compress(b" " * (int(params.get("mb", 100)) * 1_000_000), compresslevel=9)
    wire.send(Answer(200, packed, headers={"Content-Encoding": "gzip"}))


@kind("429, with or without Retry-After")
def throttled(wire: Wire, params: Params) -> None:
    """429; retry_after: none (default), a number of seconds, `date` (in `seconds`), or any nonsense text."""
    headers = {}
    wanted = params.get("retry_after")
    if wanted == "date":
        headers["Retry_After"] = formatdate(wire.now() + float(params.get("seconds", 30)), usegmt=True)
    elif wanted is not None:
        headers["Retry_After"] = str(wanted)
    policy = params.get("policy", "TEN_SECONDLY_ROLLING")
    message = "You have reached your daily limit." if policy == "DAILY" else "You have reached your ten_secondly limit."
    wire.send(_limit_answer(wire.face, message, policy, headers))


@kind("429, the quota of the day is used up")
def daily_quota(wire: Wire, params: Params) -> None:
    throttled(wire, {**params, "policy": "DAILY"})


def _limit_answer(face: str, message: str, policy: str, headers: dict[str, str]) -> Answer:
    if face == "generic":
        return json_answer(429, {"error": True, "errors": message}, **headers)
    body = {"status": "error", "message": message, "errorType": "RATE_LIMIT", "policyName": policy}
    return json_answer(429, {**body, "correlationId": "practice-429", "requestId": "practice-429"}, **headers)


@kind("401, token expired")
def unauthorized(wire: Wire, params: Params) -> None:
    message = "The token used to make this call expired 2 second(s) ago."
    body = {"status": "error", "message": message, "category": "EXPIRED_AUTHENTICATION"}
    wire.send(json_answer(401, body if wire.face == "hubspot" else {"error": True, "errors": "Token expired"}))


@kind("403, missing scopes")
def forbidden(wire: Wire, params: Params) -> None:
    message = "This app hasn't been granted all required scopes to make this call."
    body = {"status": "error", "message": message, "category": "MISSING_SCOPES"}
    wire.send(json_answer(403, body if wire.face == "hubspot" else {"error": True, "errors": "Forbidden"}))


@kind("423, busy with other writes")
def locked(wire: Wire, params: Params) -> None:
    wire.send(json_answer(423, {"status": "error", "message": "Locked: busy with other writes.", "category": "LOCKED"}))


@kind("477, account migration")
def migrating(wire: Wire, params: Params) -> None:
    wire.send(json_answer(477, {"status": "error", "message": "Migration in progress"}, Retry_After="3600"))


@kind("400 for the whole call")
def bad_request(wire: Wire, params: Params) -> None:
    message = params.get("message", "Invalid input")
    body = {"status": "error", "message": message, "category": "VALIDATION_ERROR"}
    wire.send(json_answer(int(params.get("status", 400)), body if wire.face == "hubspot" else {"error": True}))


@kind("200 with error: true, not applied")
def soft_error(wire: Wire, params: Params) -> None:
    """200, though the write was refused: only the body tells."""
    wire.send(json_answer(200, {"error": True, "message": params.get("message", "Not saved")}))


@kind("Applies, answers with the status PENDING")
def pending(wire: Wire, params: Params) -> None:
    wire.send(_reshaped(wire.apply(), {"status": "PENDING", "results": []}))


@kind("Applies, leaves every second result out of the answer")
def forget_results(wire: Wire, params: Params) -> None:
    answer = wire.apply()
    results = orjson.loads(answer.body).get("results", [])
    wire.send(_reshaped(answer, {"results": results[::2]}))


def _reshaped(answer: Answer, new: Params) -> Answer:
    return replace(answer, body=orjson.dumps({**orjson.loads(answer.body), **new}))

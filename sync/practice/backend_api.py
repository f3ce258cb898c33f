"""The door of the practice S-360's API: `POST /{module}/backend-apis/{service}/{version}/{method}`.

Every request is written down by its arrival, then meets the limit, the faults that stand, the caller's credentials
and last the method itself. A refused business call answers HTTP 200 with a failing statusCode, as the real one does.
"""

import re
import threading
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from sync.practice.api_auth import ApiAuth
from sync.practice.api_methods import ENVELOPE, METHODS, ApiWork, Method
from sync.practice.faults import Fault, Faults
from sync.practice.ledger import Call, Effect, Ledger
from sync.practice.reply import Reply, json_reply
from sync.practice.save_contact import RefusedError, Saved
from sync.practice.search_index import SearchIndex
from sync.practice.throttle import Throttle
from sync.practice.world import World

PATH = re.compile(r"^/(?P<module>tn[a-z]+)/backend-apis/(?P<service>\w+)/v\d+_\d+/(?P<method>\w+)$")
TOKEN_PATH = re.compile(r"^/(tnai|tnco)/backend-apis/v1/auth$")
LONG_HANG_SECONDS = 3600.0
BOMB_BYTES = 50_000_000


class BackendApi:
    def __init__(self, world: World, ledger: Ledger, faults: Faults) -> None:
        self.work = ApiWork(world, SearchIndex(world))
        self.auth = ApiAuth()
        self.throttle = Throttle()
        self._ledger, self._faults = ledger, faults
        self.stopping = threading.Event()

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply | None:
        """None when the path is not one of the API's."""
        if TOKEN_PATH.match(path):
            return self._exchange(body)
        found = PATH.match(path)
        return self._called(found, headers.get("Authorization", ""), body) if found else None

    # inside

    def _exchange(self, body: bytes) -> Reply:
        call = self._note("auth", "auth", {})
        token = self.auth.exchange(_object(body) or {})
        call.status = 200 if token else 401
        return json_reply({"token": token}) if token else json_reply({"error": "wrong credentials"}, 401)

    def _called(self, found: re.Match[str], authorization: str, body: bytes) -> Reply:
        request = _object(body)
        call = self._note(found["service"], found["method"], request or {})
        if not self.throttle.admits(call.service, call.arrived):
            limit = self.throttle.limit
            return self._throttled(call, limit.status, limit.retry_after)
        fault = self._faults.draw_call(call.method, call.number)
        call.fault = fault.kind if fault else ""
        if fault and fault.kind == "throttled":
            return self._throttled(call, fault.answer_status, fault.retry_after)
        if fault and fault.kind == "unauthorized":
            return self._plain(call, fault.answer_status, "not authorised")
        refusal = self.auth.refusal(authorization)
        if refusal:
            return self._plain(call, 401, refusal)
        method = METHODS.get((found["module"], found["service"], found["method"]))
        if method is None or request is None:
            return self._plain(call, 404 if method is None else 400, "no such method" if method is None else "not JSON")
        return self._worked(call, method, request, fault)

    def _worked(self, call: Call, method: Method, request: Mapping[str, Any], fault: Fault | None) -> Reply:
        if fault is None:
            return self._do(call, method, request)
        if fault.kind == "refusal":
            return self._failed(call, RefusedError(fault.detail, f"refused on demand: {fault.detail}"))
        if fault.kind == "late_work":
            self.stopping.wait(fault.seconds)
            return self._do(call, method, request)
        is_worked = fault.kind in ("late", "hang") or fault.applied
        return faulty_reply(call, fault, self._do(call, method, request) if is_worked else Reply())

    def _do(self, call: Call, method: Method, request: Mapping[str, Any]) -> Reply:
        try:
            answer, saved = method(self.work, request)
        except RefusedError as refused:
            return self._failed(call, refused)
        if saved is not None:
            self._write_down(call, saved)
        call.status, call.status_code = 200, "success"
        return json_reply(ENVELOPE | answer)

    def _write_down(self, call: Call, saved: Saved) -> None:
        call.number = saved.number
        kind: Literal["create", "update"] = "create" if saved.is_new else "update"
        sequence = self._ledger.next_sequence("effect")
        now = datetime.now(UTC)
        effect = Effect(sequence, now, call.sequence, kind, saved.number, saved.sent, saved.changed, saved.ignored)
        self._ledger.add_effect(effect)

    def _note(self, service: str, method: str, request: Mapping[str, Any]) -> Call:
        inner = request.get("individualContactData")
        fields = inner if isinstance(inner, Mapping) else request
        number = str(fields.get("contactNumber") or fields.get("orderId") or "")
        sequence = self._ledger.next_sequence("call")
        call = Call(sequence, datetime.now(UTC), self.throttle.clock(), service, method, number, dict(request))
        self._ledger.add_call(call)
        return call

    def _failed(self, call: Call, refused: RefusedError) -> Reply:
        call.status, call.status_code = 200, refused.code
        return json_reply({"statusCode": refused.code, "statusDetail": refused.detail, "requestId": None})

    def _throttled(self, call: Call, status: int, retry_after: str | None) -> Reply:
        call.status = status
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        return Reply(status, b"", "text/plain", headers)

    def _plain(self, call: Call, status: int, text: str) -> Reply:
        call.status = status
        return Reply(status, text.encode(), "text/plain; charset=UTF-8")


def faulty_reply(call: Call, fault: Fault, reply: Reply) -> Reply:
    """The answer as this fault spoils it; the call remembers what the caller could see."""
    if fault.kind == "late":
        reply.seconds = fault.seconds
        return reply
    if fault.kind == "hang":
        call.status = None
        return Reply(ending="hang", seconds=fault.seconds or LONG_HANG_SECONDS)
    if fault.kind == "reset":
        call.status = None
        return Reply(ending="reset")
    call.status = fault.answer_status
    if fault.kind == "endless":
        return Reply(fault.answer_status, ending="endless", pause_seconds=fault.seconds)
    if fault.kind == "bomb":
        packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        packed = packer.compress(bytes(BOMB_BYTES)) + packer.flush()
        return Reply(fault.answer_status, packed, headers={"Content-Encoding": "gzip"})
    return Reply(fault.answer_status, fault.body.encode(), "text/html")


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None

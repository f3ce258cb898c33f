"""One request on its connection. A fault decides in which order it is applied, answered, delayed or cut."""

from __future__ import annotations

import select
import socket
import struct
import time

from crm.practice.core import OUTSIDE, Core
from crm.practice.ledger import Call
from crm.practice.misbehaviour import KINDS
from crm.practice.wire import Answer, Request

PEER_CHECK_S = 0.05
# close() with this option sends a reset instead of an orderly end
_RESET = struct.pack("ii", 1, 0)


class Exchange:
    def __init__(self, core: Core, connection: socket.socket, request: Request) -> None:
        self.request = request
        self.face = core.face_of(request)
        self.closed = False
        self._core = core
        self._connection = connection
        self._call: Call = core.ledger.begin(self.face, request.method, request.path, listed=self.face not in OUTSIDE)

    def run(self) -> None:
        """Answer the request, or spoil it as the fault book says."""
        if self.face in OUTSIDE:
            self.send(self.apply())
            return
        if self._core.settings.latency_ms:
            self.wait(self._core.settings.latency_ms / 1000)
        fault = self._core.faults.pick(self.face, self.request)
        if fault is None:
            self.send(self.apply())
            return
        self._call.fault = fault.kind
        KINDS[fault.kind](self, **fault.params)

    def apply(self) -> Answer:
        answer = self._core.answer(self.face, self.request, self._call)
        self._call.applied_at = self._core.clock()
        return answer

    def send(self, answer: Answer) -> None:
        self._call.status = answer.status
        self.send_bytes(answer.encode())

    def send_bytes(self, data: bytes) -> bool:
        """False when the caller has gone."""
        try:
            self._connection.sendall(data)
        except OSError:
            self.closed = True
        return not self.closed

    def reset(self) -> None:
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.drop()

    def drop(self) -> None:
        self.closed = True

    def wait(self, seconds: float) -> None:
        self._core.stopping.wait(seconds)

    def wait_for_peer(self, seconds: float) -> None:
        """Return when the caller closed its end, when the time is over, or when the server stops."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._peer_left():
            if self._core.stopping.wait(PEER_CHECK_S):
                return

    def _peer_left(self) -> bool:
        try:
            readable, _, _ = select.select([self._connection], [], [], 0)
            return bool(readable) and not self._connection.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):
            return True

    def now(self) -> float:
        return self._core.clock()

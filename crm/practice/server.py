"""The listening socket: a thread for each connection, kept alive between requests."""

from __future__ import annotations

import io
import socket
import socketserver
import threading

from crm.practice.core import Core
from crm.practice.exchange import Exchange
from crm.practice.wire import Answer, BadRequestError, read_request


class PracticeServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, core: Core, host: str = "127.0.0.1", port: int = 0) -> None:
        self.core = core
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__((host, port), _Handler)

    @property
    def url(self) -> str:
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> None:
        """Serve in a thread of its own."""
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True, name="practice-crm").start()

    def stop(self) -> None:
        """Stop listening and cut every connection."""
        self.shutdown()
        self.server_close()
        with self._open_lock:
            for connection in self._open:
                _shut(connection)

    def shutdown_request(self, request: object) -> None:
        """Close at once: an orderly end sent first would spoil a reset that a fault asked for."""
        self.close_request(request)  # type: ignore[arg-type]  # typeshed: any of two socket shapes

    def hold(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.add(connection)

    def release(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.discard(connection)


class _Handler(socketserver.BaseRequestHandler):
    server: PracticeServer
    request: socket.socket

    def setup(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server.hold(self.request)

    def handle(self) -> None:
        with io.BufferedReader(socket.SocketIO(self.request, "r"), 65_536) as stream:
            try:
                while (request := read_request(stream)) is not None:
                    exchange = Exchange(self.server.core, self.request, request)
                    exchange.run()
                    if exchange.closed or request.headers.get("connection", "").lower() == "close":
                        return
            except BadRequestError as error:
                self.request.sendall(Answer(400, str(error).encode(), "text/plain").encode())
            except OSError:
                return  # the caller has gone; nothing is owed to it

    def finish(self) -> None:
        self.server.release(self.request)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # already closed

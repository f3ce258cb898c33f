"""The web server of the practice S-360: finds who answers a request, and carries the answer out, faults included."""

import contextlib
import logging
import random
import socket
import struct
import sys
import threading
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sync.practice import control, page
from sync.practice.machine import Machine
from sync.practice.reply import Reply, problem
from sync.practice.request import Request

logger = logging.getLogger(__name__)
PORTS = range(20_000, 32_768)  # below those the system hands out to outgoing connections, so a restart finds it free
LARGEST_BODY = 10_000_000
ENDLESS_PIECE = b" " * 65_536
ENDLESS_BYTES = 300_000_000  # far beyond any sane cap; a caller without one must not take the machine down
RESET_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: close() sends RST


class PracticeServer(ThreadingHTTPServer):
    """One thread a connection; stops at once, whoever still waits for an answer."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, machine: Machine, host: str, port: int) -> None:
        self.machine = machine
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        super().__init__((host, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        logger.debug("a caller of the practice S-360 went away: %s", sys.exc_info()[1])

    def stop(self) -> None:
        """Refuse new connections, end the open ones."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def listen(machine: Machine, host: str, port: int) -> PracticeServer:
    """Bind `port`, or any free one for 0. Raises OSError when it is taken."""
    if port:
        return PracticeServer(machine, host, port)
    for candidate in random.sample(PORTS, 200):
        with contextlib.suppress(OSError):
            return PracticeServer(machine, host, candidate)
    raise OSError("no free port for the practice S-360")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65_536  # head and body leave in one packet
    server_version = "PracticeS360"
    disable_nagle_algorithm = True
    server: PracticeServer
    headers: Message

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, *args: Any) -> None:
        """The ledger is the log."""

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self._write(problem("the body is too large, or its length is not a number", 413))
            return
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        headers = {name.title(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(length))
        self._carry_out(respond(self.server.machine, Request(self.command, unquote(parts.path), query, headers, body)))

    def _carry_out(self, reply: Reply) -> None:
        if reply.seconds:
            self.server.stopping.wait(reply.seconds)
        if reply.ending == "answer":
            self._write(reply)
            return
        self.close_connection = True
        if reply.ending == "endless":
            self._write_without_end(reply)
        elif reply.ending == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)
            self.connection.close()

    def _write(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def _write_without_end(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(ENDLESS_BYTES // len(ENDLESS_PIECE)):
                self.wfile.write(ENDLESS_PIECE)
                self.wfile.flush()
                if self.server.stopping.wait(reply.pause_seconds):
                    return


def respond(machine: Machine, request: Request) -> Reply:
    """API first, then control, then the page. An unforeseen error is a 500 with its text, and is logged."""
    try:
        if request.method == "POST":
            reply = machine.api.answer(request.path, request.headers, request.body)
            if reply is not None:
                return reply
        if request.is_from_another_site():
            return problem("this form came from another site", 403)
        if request.path.startswith("/_practice/"):
            return control.answer(machine, request)
        return page.answer(machine, request)
    except Exception as error:  # one strange request must not end the server
        logger.exception("the practice S-360 failed on %s %s", request.method, request.path)
        return problem(f"{type(error).__name__}: {error}", 500)

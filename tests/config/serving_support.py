"""A web server as we ship it, and raw sockets to torment it with."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """Below the range the system uses for outgoing connections."""
    for port in range(20000 + os.getpid() % 5000, 32000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port")


@dataclass
class Web:
    """`python -m config.serving` on a port of its own."""

    port: int
    log: Path
    process: subprocess.Popen[bytes]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=8)

    def exchange(self, sent: bytes) -> bytes:
        """Everything the server says to these bytes until it closes or falls silent for a second."""
        with self.connect() as link:
            with contextlib.suppress(OSError):
                link.sendall(sent)
            link.settimeout(1)
            return read_all(link)

    def seconds_for_health(self) -> float:
        """How long a well-behaved neighbour waits; fails when it is not answered with 200."""
        began = time.monotonic()
        answer = self.exchange(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        return time.monotonic() - began

    def children(self) -> list[int]:
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(child) for child in listed.split()]


def read_all(link: socket.socket) -> bytes:
    answer = b""
    with contextlib.suppress(OSError):
        while part := link.recv(65536):
            answer += part
    return answer


def statuses(answer: bytes) -> list[bytes]:
    """The status of each response in the stream: two where one was asked for means something was smuggled."""
    return [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] + [part[:3] for part in answer.split(b"HTTP/1.0 ")[1:]]


@contextlib.contextmanager
def running_web(log: Path, **settings: str) -> Iterator[Web]:
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.serving", "--port", str(port)],
            stdout=output,
            stderr=output,
            cwd=ROOT,
            env={**os.environ, "LOG_LEVEL": "INFO", **settings},
        )
    web = Web(port, log, process)
    try:
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            assert process.poll() is None, log.read_text()
            with contextlib.suppress(OSError, AssertionError):
                web.seconds_for_health()
                break
            time.sleep(0.05)
        yield web
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(20)

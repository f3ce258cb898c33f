"""Runs one server process until it is told to stop, then finishes what it has."""

import signal
import time
from types import FrameType

from waitress import wasyncore

from config.serving import limits
from config.serving.server import ImpatientServer


def run_until_stopped(server: ImpatientServer) -> None:
    """Returns after SIGTERM or SIGINT: no new connections, running requests finished, at most DRAIN_SECONDS."""
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        server.pull_trigger()  # wakes the loop at once

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping:
        _turn(server)
    server.stop_accepting()
    deadline = time.monotonic() + limits.DRAIN_SECONDS
    while not server.is_idle() and time.monotonic() < deadline:
        _turn(server)
    server.task_dispatcher.shutdown(cancel_pending=True, timeout=1)


def _turn(server: ImpatientServer) -> None:
    wasyncore.loop(timeout=limits.SWEEP_SECONDS, use_poll=True, map=server._map, count=1)  # noqa: SLF001 - waitress' own run() does this

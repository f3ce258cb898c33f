"""Forks the server processes, starts anew the one that dies, and stops them all.

The parent loads Django once, so that a new process is ready within milliseconds. It holds no database connection.
"""

import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

logger = logging.getLogger("console.web")
PR_SET_PDEATHSIG = 1
STOPPING = (signal.SIGTERM, signal.SIGINT)
MINIMUM_LIFE_SECONDS = 1.0  # a process that dies sooner is started again only after this long


class Processes:
    """`serve` runs in each child and never returns to the caller's code."""

    def __init__(self, serve: Callable[[], None], count: int) -> None:
        self._serve = serve
        self._count = count
        self._children: dict[int, float] = {}
        self._stopping = False

    def run(self) -> None:
        """Returns when all children have ended after SIGTERM or SIGINT."""
        for number in STOPPING:
            signal.signal(number, self._stop)
        for _ in range(self._count):
            self._fork()
        while self._children:
            self._reap()

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping = True
        for child in self._children:
            os.kill(child, signal.SIGTERM)

    def _fork(self) -> None:
        parent = os.getpid()
        # Held back until both sides are ready: the child must never run the parent's handler, which stops its siblings.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        child = os.fork()
        if child:
            self._children[child] = time.monotonic()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
            return
        for number in STOPPING:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
        _die_with(parent)
        try:
            self._serve()
        except BaseException:
            logger.exception("server process ended")
            os._exit(1)
        sys.stdout.flush()
        os._exit(0)

    def _reap(self) -> None:
        try:
            child, _status = os.wait()
        except InterruptedError:
            return
        lived = time.monotonic() - self._children.pop(child, 0.0)
        if self._stopping:
            return
        logger.error("a server process died and is started again")
        if lived < MINIMUM_LIFE_SECONDS:
            time.sleep(MINIMUM_LIFE_SECONDS - lived)
        if not self._stopping:
            self._fork()


def _die_with(parent: int) -> None:
    """Ask the kernel for SIGTERM when the parent is gone, however it went."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(0)

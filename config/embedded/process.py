"""Starts and stops one server as a child that cannot outlive us."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from config.embedded.errors import EmbeddedServerError

START_TIMEOUT_SECONDS = 30.0
SOCKET_PATH_LIMIT = 100  # the kernel takes 107 bytes, PostgreSQL adds a suffix for its lock file


def start(command: Sequence[str], *, log: Path) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own (Ctrl-C must reach it through us, in our order), output to `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd="/"
        )


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], *, what: str, log: Path) -> None:
    """Return once `ready()`; raises EmbeddedServerError with the end of the log when the server ends or is too slow."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if ready():
            return
        if process.poll() is not None:
            raise EmbeddedServerError(f"{what} ended at once (code {process.returncode}):\n{tail(log)}")
        time.sleep(0.02)
    stop(process, signal.SIGKILL, timeout_seconds=5)
    raise EmbeddedServerError(f"{what} was not ready after {START_TIMEOUT_SECONDS:.0f} s:\n{tail(log)}")


def stop(process: subprocess.Popen[bytes], how: signal.Signals, *, timeout_seconds: float) -> None:
    """Send `how`, wait, and kill what is still there. Safe to repeat."""
    if process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(timeout_seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def tail(log: Path, lines: int = 15) -> str:
    if not log.exists():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

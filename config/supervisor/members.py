"""What the supervisor looks after: our own processes and the embedded servers, through one interface."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from config.embedded import process
from config.embedded.postgres import PostgresServer
from config.embedded.valkey import ValkeyServer
from config.supervisor.paths import LOGS, ROOT

LOG_LIMIT_BYTES = 20 * 1024 * 1024  # a longer log is moved to <name>.log.1 and begun again


class Member(Protocol):
    """Something that runs. `start` may be called again once `exit_code` is not None."""

    @property
    def name(self) -> str: ...
    @property
    def log(self) -> Path: ...
    def start(self) -> None: ...
    def exit_code(self) -> int | None: ...
    def ask_to_stop(self) -> None: ...
    def kill(self) -> None: ...


@dataclass(slots=True)
class ProcessMember:
    """One of our own programs; `arguments` follow the Python of the virtual environment.

    `is_ready`, when given, is asked until it is true before the console is called ready. Add a process in
    `config/supervisor/processes.py`.
    """

    name: str
    arguments: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    is_ready: Callable[[], bool] | None = None
    _child: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return LOGS / f"{self.name}.log"

    def start(self) -> None:
        # Killed when this parent is gone, however it went: the servers go at the same moment, and a process that tries
        # to end politely without them may wait for ever. Leases bring back what was in flight.
        # A session of its own, so that Ctrl-C reaches the parent only.
        command = ["setpriv", "--pdeathsig", "KILL", sys.executable, *self.arguments]
        with self.log.open("ab") as output:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd=ROOT,
                env={**os.environ, **self.environment},
            )

    def exit_code(self) -> int | None:
        return self._child.poll() if self._child else None

    def ask_to_stop(self) -> None:
        if self._child and self._child.poll() is None:
            self._child.terminate()

    def kill(self) -> None:
        """The whole session: a process that lost its parent must not go on alone."""
        if self._child:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()


@dataclass(slots=True)
class ServerMember:
    """An embedded PostgreSQL or Valkey."""

    name: str
    server: PostgresServer | ValkeyServer

    @property
    def log(self) -> Path:
        return self.server.log

    def start(self) -> None:
        self.server.start()

    def exit_code(self) -> int | None:
        return self.server.child.poll()

    def ask_to_stop(self) -> None:
        self.server.stop()

    def kill(self) -> None:
        process.stop(self.server.child, signal.SIGKILL, timeout_seconds=2)


def keep_log_short(log: Path) -> None:
    """Copy and truncate: the writer appends to the open file and must not be disturbed."""
    if not log.exists() or log.stat().st_size < LOG_LIMIT_BYTES:
        return
    log.with_name(log.name + ".1").write_bytes(log.read_bytes())
    os.truncate(log, 0)

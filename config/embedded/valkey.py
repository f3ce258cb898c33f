"""The embedded Valkey: Celery's broker, a Unix socket only."""

import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded import process
from config.embedded.binaries import valkey_server
from config.embedded.errors import EmbeddedServerError
from config.embedded.socket_dir import short_socket_dir


@dataclass(slots=True)
class ValkeyServer:
    """`base` holds data, socket and log; `durable=False` keeps nothing on disk."""

    base: Path
    durable: bool = True
    program: Path = field(default_factory=valkey_server)
    _child: subprocess.Popen[bytes] | None = None
    socket_path: Path = field(init=False)

    def __post_init__(self) -> None:
        self.base.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket_path = short_socket_dir(self.base / "socket") / "valkey.sock"

    @property
    def log(self) -> Path:
        return self.base / "valkey.log"

    @property
    def url(self) -> str:
        return f"unix://{self.socket_path}?db=0"

    @property
    def child(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            raise EmbeddedServerError("Valkey was not started")
        return self._child

    def start(self) -> None:
        """Raises EmbeddedServerError."""
        self.socket_path.unlink(missing_ok=True)
        command = [str(self.program), "--port", "0", "--unixsocket", str(self.socket_path), "--unixsocketperm", "700"]
        command += ["--dir", str(self.base), "--save", "", "--appendonly", "yes" if self.durable else "no"]
        command += ["--maxmemory-policy", "noeviction", "--daemonize", "no"]
        # TERM saves and leaves: should this process be killed, the kernel sends it.
        self._child = process.start(["setpriv", "--pdeathsig", "TERM", *command], log=self.log)
        process.wait_until(self.is_ready, self._child, what="Valkey", log=self.log)

    def stop(self) -> None:
        """Safe to repeat."""
        if self._child is not None:
            how = signal.SIGTERM if self.durable else signal.SIGKILL
            process.stop(self._child, how, timeout_seconds=5)

    def is_ready(self) -> bool:
        """Whether it answers PING (it says LOADING while it reads its file)."""
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(1)
                link.connect(str(self.socket_path))
                link.sendall(b"PING\r\n")
                return link.recv(64).startswith(b"+PONG")
        except OSError:
            return False

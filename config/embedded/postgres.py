"""The embedded PostgreSQL: one cluster, one database, a Unix socket only."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded import process
from config.embedded.binaries import postgres_bin_dir
from config.embedded.errors import EmbeddedServerError
from config.embedded.identity import Identity, postgres_identity
from config.embedded.refuge import own, reachable_bin_dir, refuge_dir
from config.embedded.socket_dir import short_socket_dir

SUPERUSER = "console"
DATABASE = "console"
# For a machine of 2 cores and a few GB to spare; a real installation brings its own server and its own figures.
TUNING = {
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "effective_cache_size": "4GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "random_page_cost": "1.1",
    "max_connections": "100",
    "jit": "off",
}
# Never outside tests: a crash of the machine would lose what we answered 200 for.
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(slots=True)
class PostgresServer:
    """`base` holds data, socket and log; `durable=False` is for throw-away servers. Not safe for two processes at once:
    who starts it holds a lock of its own."""

    base: Path
    durable: bool = True
    identity: Identity = field(default_factory=postgres_identity)
    bin_dir: Path = field(default_factory=postgres_bin_dir)
    _child: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.base.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.identity.owner:
            self.base = refuge_dir(self.base, self.identity)
            self.bin_dir = reachable_bin_dir(self.bin_dir, self.base, self.identity)
        self.socket_dir = short_socket_dir(self.base / "socket")
        own(self.socket_dir, self.identity)

    socket_dir: Path = field(init=False)

    @property
    def data(self) -> Path:
        return self.base / "data"

    @property
    def log(self) -> Path:
        return self.base / "postgres.log"

    @property
    def url(self) -> str:
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={self.socket_dir}"

    def start(self) -> None:
        """Make the cluster if there is none, start it, make the database. Raises EmbeddedServerError."""
        self._make_cluster()
        self._wait_for_predecessor()
        settings = {**TUNING, **({} if self.durable else THROW_AWAY)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self.bin_dir / "postgres"), "-D", str(self.data), "-k", str(self.socket_dir), "-h", "", *options]
        # INT is PostgreSQL's fast shutdown: should this process be killed, the kernel asks for one.
        self._child = process.start([*self.identity.prefix, "setpriv", "--pdeathsig", "INT", *command], log=self.log)
        process.wait_until(self.is_ready, self._child, what="PostgreSQL", log=self.log)
        self._make_database()

    def stop(self) -> None:
        """Fast shutdown, or none at all for a throw-away. Safe to repeat."""
        if self._child is not None:
            how = signal.SIGINT if self.durable else signal.SIGQUIT
            process.stop(self._child, how, timeout_seconds=8)

    @property
    def child(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            raise EmbeddedServerError("PostgreSQL was not started")
        return self._child

    def is_ready(self) -> bool:
        command = [str(self.bin_dir / "pg_isready"), "-q", "-h", str(self.socket_dir), "-U", SUPERUSER]
        return subprocess.run(command, check=False, cwd="/").returncode == 0

    def psql(self, statement: str, *, database: str = "postgres") -> str:
        command = [str(self.bin_dir / "psql"), "-h", str(self.socket_dir), "-U", SUPERUSER, "-d", database]
        done = subprocess.run([*command, "-XqAtc", statement], capture_output=True, text=True, check=False, cwd="/")
        if done.returncode:
            raise EmbeddedServerError(f"PostgreSQL refused a statement: {done.stderr.strip()}")
        return done.stdout.strip()

    def _make_cluster(self) -> None:
        if (self.data / "PG_VERSION").exists():
            self._check_version()
            return
        # Made beside its place and renamed: a start that was killed half-way leaves no half cluster behind.
        making = self.base / "data.new"
        shutil.rmtree(making, ignore_errors=True)
        command = [str(self.bin_dir / "initdb"), "-D", str(making), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"]
        command += ["--locale=C.UTF-8", *([] if self.durable else ["--no-sync"])]
        done = subprocess.run([*self.identity.prefix, *command], capture_output=True, text=True, check=False, cwd="/")
        if done.returncode:
            raise EmbeddedServerError(f"initdb failed: {done.stderr.strip()}")
        making.rename(self.data)

    def _check_version(self) -> None:
        """A cluster of another major version is data we can neither read nor throw away."""
        theirs = (self.data / "PG_VERSION").read_text(encoding="utf-8").strip()
        command = [*self.identity.prefix, str(self.bin_dir / "postgres"), "--version"]
        ours = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/").stdout
        if f" {theirs}." not in ours and f" {theirs}\n" not in ours:
            raise EmbeddedServerError(
                f"{self.data} was made by PostgreSQL {theirs}, found is {ours.strip()}: "
                "set POSTGRES_BIN_DIR to the old programs, dump, move the directory away and load the dump"
            )

    def _wait_for_predecessor(self) -> None:
        """A server whose supervisor was killed needs a moment to shut down: wait for its lock file to go."""
        lock = self.data / "postmaster.pid"
        for _ in range(100):
            if not lock.exists() or not _is_alive(lock):
                return
            time.sleep(0.1)

    def _make_database(self) -> None:
        if not self.psql(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"):  # noqa: S608 - our own constant
            self.psql(f"CREATE DATABASE {DATABASE}")


def _is_alive(lock: Path) -> bool:
    with contextlib.suppress(OSError, ValueError, IndexError):
        os.kill(int(lock.read_text(encoding="utf-8").splitlines()[0]), 0)
        return True
    return False

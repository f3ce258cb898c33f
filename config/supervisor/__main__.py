"""`python -m config.supervisor`: what `make run` becomes. HOST and PORT say where it listens."""

import fcntl
import os
import signal
import socket
import sys
import time
from types import FrameType
from typing import TextIO

from config.embedded.errors import EmbeddedServerError
from config.embedded.postgres import PostgresServer
from config.embedded.valkey import ValkeyServer
from config.supervisor import settings_files
from config.supervisor.console import Obstacle, say
from config.supervisor.health import HealthWatch
from config.supervisor.members import ServerMember
from config.supervisor.paths import LOCK, LOGS, VAR
from config.supervisor.preparation import prepare
from config.supervisor.processes import Preparation, console_processes
from config.supervisor.supervisor import Supervisor


class Signals:
    """Counts requests to stop; the first is polite, the second is not."""

    def __init__(self) -> None:
        self.count = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        self.count += 1


def main() -> int:
    signals = Signals()
    supervisor = Supervisor(stopping=lambda: signals.count > 0, hurried=lambda: signals.count > 1)
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    try:
        lock = _take_lock()
        _check_port(host, port)
        _run(supervisor, host, port)
    except (Obstacle, EmbeddedServerError) as obstacle:
        say(str(obstacle))
        return 1
    finally:
        if supervisor.members:
            say("stopping")
            supervisor.stop()
            settings_files.withdraw()
    lock.close()
    say("stopped")
    return 0


def _run(supervisor: Supervisor, host: str, port: int) -> None:
    began = time.monotonic()
    environment = _environment(port)
    environment |= _start_servers(supervisor)
    settings_files.publish(environment)
    os.environ.update(environment)  # every child inherits it
    preparation = prepare(environment, stopping=supervisor.stopping)
    if preparation is None:
        return
    for member in console_processes(host=host, port=port, preparation=preparation):
        supervisor.start(member)
    supervisor.wait_until_ready()
    if supervisor.stopping():
        return
    _announce(host, port, preparation, time.monotonic() - began)
    health = HealthWatch(f"http://{_own_address(host)}:{port}")
    health.start()
    while not supervisor.stopping():
        supervisor.turn()
        health.act(supervisor)


def _environment(port: int) -> dict[str, str]:
    """Settings of a console on one's own machine; variables already set win."""
    wanted = {
        **settings_files.ensure_keys(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "HTTPS_ONLY": "false",  # http://localhost; behind TLS set HTTPS_ONLY=true
        "ALLOW_PRIVATE_HOSTS": "true",  # the practice servers live on this machine
        "PORT": str(port),
    }
    return {name: value for name, value in wanted.items() if name not in os.environ}


def _start_servers(supervisor: Supervisor) -> dict[str, str]:
    """Embedded servers for what the environment does not name; returns their addresses."""
    LOGS.mkdir(parents=True, exist_ok=True)
    VAR.chmod(0o700)  # keys and data
    servers: dict[str, tuple[str, PostgresServer | ValkeyServer]] = {}
    began = time.monotonic()
    if not os.environ.get("DATABASE_URL"):
        servers["DATABASE_URL"] = ("postgres", PostgresServer(VAR / "postgres"))
    if not os.environ.get("REDIS_URL"):
        servers["REDIS_URL"] = ("valkey", ValkeyServer(VAR / "valkey"))
    for name, server in servers.values():
        supervisor.start(ServerMember(name, server))
    if servers:
        say(f"{' and '.join(name for name, _ in servers.values())} up after {time.monotonic() - began:.1f} s")
    return {setting: server.url for setting, (_, server) in servers.items()}


def _take_lock() -> TextIO:
    VAR.mkdir(exist_ok=True)
    lock = LOCK.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Obstacle("this console already runs in another terminal: stop it there first") from None
    return lock


def _check_port(host: str, port: int) -> None:
    """Before anything is started: a taken port found later costs ten seconds and a long list of lines."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            raise Obstacle(f"port {port} on {host} cannot be used ({problem.strerror}): PORT=8001 make run") from None


def _own_address(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not listened on


def _announce(host: str, port: int, preparation: Preparation, seconds: float) -> None:
    shown = "localhost" if _own_address(host) == "127.0.0.1" else host
    if preparation.password:
        who = f"as {preparation.admin} with password {preparation.password} (shown once; change it under /admin/)"
    else:
        change = f".venv/bin/python manage.py changepassword {preparation.admin}"
        who = f"as {preparation.admin} (forgotten the password? {change})"
    say(f"ready after {seconds:.0f} s, Ctrl-C stops, logs in var/log")
    say(f"open http://{shown}:{port}/admin/ and sign in {who}")


if __name__ == "__main__":
    sys.exit(main())

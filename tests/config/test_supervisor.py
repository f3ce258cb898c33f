"""`make run` as a person meets it: start, something dies, Ctrl-C, start again, and a kill that nobody could catch."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.config.serving_support import free_port

ROOT = Path(__file__).resolve().parents[2]
CLEAN = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}

pytestmark = [pytest.mark.slow, pytest.mark.faults]


class Console:
    """`python -m config.supervisor` with its data in a directory of its own."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.port = free_port()
        self.output = var.parent / f"terminal-{time.monotonic_ns()}.txt"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.supervisor"],
                stdout=output,
                stderr=output,
                cwd=ROOT,
                env={**CLEAN, "CONSOLE_VAR": str(var), "PORT": str(self.port)},
            )

    def said(self) -> str:
        return self.output.read_text()

    def wait_for(self, text: str, *, seconds: float = 60) -> str:
        deadline = time.monotonic() + seconds
        while text not in self.said():
            assert self.process.poll() is None or text in self.said(), self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)
        return self.said()

    def status_of(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return answer.status

    def pids(self, part: str = "") -> list[int]:
        return pids_of(self.var, part)


def pids_of(var: Path, part: str = "") -> list[int]:
    """Processes of one console (their environment names its directory), zombies left out."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            marked = f"CONSOLE_VAR={var}".encode() in (entry / "environ").read_bytes()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if marked and command and part in command:
            found.append(int(entry.name))
    return found


@pytest.fixture
def var(tmp_path):
    place = tmp_path / "var"
    yield place
    for pid in pids_of(place):
        os.kill(pid, signal.SIGKILL)


def test_the_console_starts_mends_itself_stops_and_keeps_its_data(var):
    first = Console(var)
    said = first.wait_for("open http://")
    shown = re.search(r"sign in as admin with password (\S+) ", said)
    assert shown
    assert first.status_of("/admin/login/") == 200
    assert first.status_of("/healthz") == 200
    assert {(var / name).stat().st_mode & 0o777 for name in ("keys.env", "local.env")} == {0o600}

    second_terminal = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--check"],
        cwd=ROOT,
        env={**CLEAN, "CONSOLE_VAR": str(var)},
        check=False,
    )
    assert second_terminal.returncode == 0

    twice = Console(var)
    assert twice.process.wait(10) == 1
    assert twice.said() == "console: this console already runs in another terminal: stop it there first\n"

    beat = first.pids("beat --pidfile")
    os.kill(beat[0], signal.SIGKILL)
    first.wait_for("beat ended (code -9), starting it again")
    wait_until(lambda: first.pids("beat --pidfile") not in ([], beat))

    postgres = first.pids("bin/postgres -D")
    os.kill(postgres[0], signal.SIGKILL)
    first.wait_for("postgres ended (code -9), starting it again")
    wait_until(lambda: login_page_answers(first))

    # Ctrl-C goes to every process of the terminal's group
    began = time.monotonic()
    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(20) == 0
    assert time.monotonic() - began < 12
    assert first.pids() == []
    assert first.said().endswith("console: stopping\nconsole: stopped\n")
    assert not re.search("traceback|warning|error", first.said(), re.IGNORECASE)
    assert not (var / "local.env").exists()

    again = Console(var)
    said = again.wait_for("open http://")
    assert "password " + shown.group(1) not in said
    assert "sign in as admin (forgotten the password?" in said
    assert_password_works(again, shown.group(1))

    again.process.kill()
    again.process.wait()
    wait_until(lambda: again.pids() == [], seconds=10)


def login_page_answers(console: Console) -> bool:
    try:
        return console.status_of("/admin/login/") == 200
    except OSError:
        return False


def wait_until(condition, *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def assert_password_works(console: Console, password: str) -> None:
    check = (
        "from django.contrib.auth import authenticate; import sys;"
        f"sys.exit(0 if authenticate(username='admin', password={password!r}) else 1)"
    )
    environment = {**CLEAN, "CONSOLE_VAR": str(console.var)}
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", check], cwd=ROOT, env=environment, check=False
    )
    assert done.returncode == 0


def test_a_taken_port_is_reported_before_anything_starts(var):
    console = Console(var)
    console.process.kill()
    console.process.wait()
    environment = {**CLEAN, "CONSOLE_VAR": str(var)}
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(console.port)]
    other = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _listens(console.port))
        done = subprocess.run(
            [sys.executable, "-m", "config.supervisor"],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env={**environment, "PORT": str(console.port)},
        )
    finally:
        other.kill()
        other.wait()

    assert done.returncode == 1
    assert done.stdout == (
        f"console: port {console.port} on 127.0.0.1 cannot be used (Address already in use): PORT=8001 make run\n"
    )
    assert done.stderr == ""


def _listens(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1).close()
    except OSError:
        return False
    return True

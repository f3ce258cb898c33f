"""The supervisor's decisions, with members made of one shell line."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from config.supervisor import restarts, settings_files, supervisor
from config.supervisor.console import Obstacle
from config.supervisor.health import silent_members
from config.supervisor.members import LOG_LIMIT_BYTES, keep_log_short
from config.supervisor.processes import Preparation, console_processes
from config.supervisor.supervisor import Supervisor


@dataclass
class Mortal:
    """A member that ends with code 3 as soon as it is started."""

    log: Path
    name: str = "mortal"
    starts: int = 0
    children: list = field(default_factory=list)

    def start(self):
        self.starts += 1
        self.log.write_text("the last words\n")
        child = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
        child.wait()
        self.children.append(child)

    def exit_code(self):
        return self.children[-1].poll() if self.children else None

    def ask_to_stop(self):
        return None

    def kill(self):
        return None


def test_what_keeps_dying_ends_the_console_with_its_last_words(tmp_path, monkeypatch):
    monkeypatch.setattr(restarts, "FIRST_DELAY_SECONDS", 0.001)
    monkeypatch.setattr(supervisor, "TURN_SECONDS", 0.001)
    mortal = Mortal(tmp_path / "mortal.log")
    watching = Supervisor(stopping=lambda: False, hurried=lambda: False)
    watching.start(mortal)

    with pytest.raises(Obstacle, match=r"mortal keeps ending \(code 3\)[\s\S]*the last words"):
        watching.watch()

    assert mortal.starts == 1 + restarts.MOST_RESTARTS


def test_a_console_is_web_worker_beat_and_the_practice_servers_asked_for():
    practice = {"name": "practice-crm", "arguments": ["practice", "--serve", "crm"], "ready_url": "http://127.0.0.1:1/"}

    members = console_processes(
        host="127.0.0.1", port=8000, preparation=Preparation(admin="admin", practice=[practice])
    )

    assert [member.name for member in members] == ["web", "worker", "beat", "practice-crm"]
    assert members[3].arguments == ["manage.py", "practice", "--serve", "crm"]


def test_silence_counts_only_while_database_and_broker_answer():
    ok, silent = {"ok": True}, {"ok": False}

    assert silent_members({"database": ok, "broker": ok, "beat": ok, "worker": silent}) == {"worker"}
    assert silent_members({"database": ok, "broker": silent, "beat": ok, "worker": silent}) == set()
    assert silent_members({"database": silent, "broker": ok}) == set()
    assert silent_members({}) == set()


def test_keys_are_made_once_and_the_environment_wins(tmp_path, monkeypatch):
    for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(settings_files, "KEYS", tmp_path / "keys.env")

    first = settings_files.ensure_keys()
    second = settings_files.ensure_keys()
    monkeypatch.setenv("SECRET_KEY", "given")

    assert sorted(first) == ["FIELD_ENCRYPTION_KEYS", "SECRET_KEY"]
    assert first == second
    assert sorted(settings_files.ensure_keys()) == ["FIELD_ENCRYPTION_KEYS"]
    assert (tmp_path / "keys.env").stat().st_mode & 0o777 == 0o600


def test_a_long_log_is_put_aside_and_begun_again(tmp_path):
    log = tmp_path / "web.log"
    log.write_bytes(b"x" * LOG_LIMIT_BYTES)

    keep_log_short(log)

    assert log.stat().st_size == 0
    assert (tmp_path / "web.log.1").stat().st_size == LOG_LIMIT_BYTES

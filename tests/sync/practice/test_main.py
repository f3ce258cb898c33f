"""As a process of its own, without Django; and the script that pushes one execution."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sync.practice import push

ROOT = Path(__file__).parents[3]


def launch(*options: str) -> tuple[subprocess.Popen[str], str]:
    program = [sys.executable, "-m", "sync.practice", *options]
    process = subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://\S+", line)
    assert found, line
    return process, found[0]


def finish(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    assert process.stdout is not None
    process.stdout.close()
    return process.wait(timeout=10)


def test_as_a_process_it_sends_by_its_schedule_and_keeps_its_state(tmp_path, receiver):
    options = ("--data", str(tmp_path), "--contacts", "60", "--orders", "30", "--seed", "5")
    process, url = launch(
        *options, "--contacts-url", receiver.url, "--every", "0.1", "--per-run", "40", "--per-post", "20", "--flag-all"
    )
    while httpx.get(f"{url}/_practice/state").json()["streams"]["contacts"]["waiting"]:
        pass
    httpx.post(f"{url}/_practice/contacts/0000100000", json={"email": "kept@example.org"})
    assert finish(process) == 0
    assert [len(request.records) for request in receiver.requests[:3]] == [20, 20, 20]
    process, url = launch(*options)
    kept = httpx.get(f"{url}/_practice/contacts/0000100000").json()
    assert kept["individualContact"]["email"] == "kept@example.org"
    assert finish(process) == 0


def test_it_does_not_import_django():
    code = "import sys, sync.practice.__main__; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_it_says_why_it_cannot_start(s360):
    program = [sys.executable, "-m", "sync.practice", "--port", str(s360.port)]
    ended = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 2
    assert "in use" in ended.stderr


def test_pushing_one_execution_answers_0_when_everything_was_accepted(s360, receiver, capsys):
    assert push.main([s360.url, "--records", "100"]) == 0
    assert len(receiver.numbers) == 100
    assert capsys.readouterr().out.startswith("succeeded 100, warnings 0, errors 0, timeouts 0, not_processed 0 in ")


@pytest.mark.parametrize("status", [201, 500])
def test_pushing_one_execution_answers_1_when_something_was_refused(s360, receiver, status):
    receiver.status = status
    assert push.main([s360.url, "--stream", "orders", "--records", "10"]) == 1


def test_pushing_answers_2_when_nobody_is_there(capsys):
    assert push.main(["http://127.0.0.1:9"]) == 2
    assert "127.0.0.1:9" in capsys.readouterr().err

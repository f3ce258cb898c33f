"""The practice CRM as its own process, and its command line."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest

from crm.practice.process import PracticeCrmError, PracticeCrmProcess
from tests.crm.practice.clients import TOKEN, contact


@pytest.fixture(scope="module")
def running():
    with PracticeCrmProcess(token=TOKEN) as crm:
        yield crm


def test_remote_handle_sees_what_the_faces_did(running):
    running.post("reset")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    path = f"{running.url}/crm/objects/2026-03/contacts/batch/upsert"
    httpx.post(path, json={"inputs": [contact("0048213")]}, headers=headers)

    assert running.contact_by_number("0048213")["lastname"] == "Person 0048213"
    assert running.contact_by_number("48213") is None
    assert [each["s360_contact_number"] for each in running.contacts()] == ["0048213"]
    assert running.orders() == []
    assert running.creates_for("0048213") == 1
    assert running.double_creates() == {}
    assert running.totals()["contacts"] == 1


def test_remote_handle_breaks_and_mends(running):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    running.fail_next("generic", "server_error", status=502)
    assert httpx.get(f"{running.url}/api/contacts", headers=headers).status_code == 502

    running.fail_some("generic", "server_error", 1.0)
    running.clear_faults()
    running.configure(unknown_token_status=401)

    assert httpx.get(f"{running.url}/api/contacts", headers=headers).status_code == 200
    assert httpx.get(f"{running.url}/api/contacts").status_code == 401


def test_remote_handle_passes_refusals_on(running):
    with pytest.raises(PracticeCrmError, match="There is no fault"):
        running.fail_next("generic", "nothing")


def test_seed_fills_the_crm(running):
    assert running.post("seed", contacts=5_000)["contacts"] >= 5_000
    assert running.contacts(limit=1)[0]["s360_contact_number"].startswith("5")


def test_no_django_is_loaded(tmp_path):
    code = "import sys, crm.practice; print([each for each in sys.modules if each.split('.')[0] == 'django'])"
    reply = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert reply.stdout.strip() == "[]"


def test_settings_come_from_the_command_line():
    command = [sys.executable, "-m", "crm.practice", "--face-mode", "all_or_nothing", "--latency-ms", "5"]
    command += ["--set", "generic_style=rest", "--set", "noop_moves_modified=no"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().split()[-1] if process.stdout else ""
        settings = httpx.get(f"{url}/_practice/").json()["settings"]
        process.terminate()

    assert process.returncode == 0
    chosen = [settings[name] for name in ("face_mode", "latency_ms", "generic_style", "noop_moves_modified")]
    assert chosen == ["all_or_nothing", 5.0, "rest", False]


def test_unknown_setting_stops_with_its_name():
    command = [sys.executable, "-m", "crm.practice", "--set", "colour=red"]
    reply = subprocess.run(command, capture_output=True, text=True, check=False)

    assert reply.returncode == 2
    assert "There is no setting colour." in reply.stderr


def test_process_that_does_not_start_says_so():
    with pytest.raises(PracticeCrmError, match="did not start"), PracticeCrmProcess(port=70_000):
        pass

"""`manage.py check` in a process of its own: the settings are read once, when a process starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REAL = {
    "SECRET_KEY": "x7Vq2pLw9ZtR4mNb8sKd3fGh6jYc1aQe5uTi0oPxWvBnMzLkJh",
    "FIELD_ENCRYPTION_KEYS": "Wm9vWm9vWm9vWm9vWm9vWm9vWm9vWm9vWm9vWm9vWm8=",
    "DATABASE_URL": "postgresql://console:secret@db.example.org/console",
    "REDIS_URL": "redis://broker.example.org:6379/0",
    "ALLOWED_HOSTS": "console.example.org",
}


def manage(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "CONSOLE_VAR": "/nonexistent", **settings}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)


def test_every_missing_setting_is_named_with_the_way_out():
    done = manage("check")

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for code, name in [("E002", "SECRET_KEY"), ("E003", "DATABASE_URL"), ("E005", "REDIS_URL")]:
        assert f"(console.{code}) {name} is not set." in done.stderr
        assert f"HINT: Set {name}" in done.stderr
    assert "(console.E007) FIELD_ENCRYPTION_KEYS is not set." in done.stderr
    assert "Fernet.generate_key" in done.stderr


def test_every_unusable_setting_is_named_and_no_value_is_repeated():
    done = manage(
        "check",
        **{
            **REAL,
            "DEBUG": "hunter2",
            "DATABASE_URL": "mysql://u:hunter2@h/n",
            "REDIS_URL": "amqp://u:hunter2@h",
            "FIELD_ENCRYPTION_KEYS": f"{REAL['FIELD_ENCRYPTION_KEYS']},hunter2",
            "LOG_LEVEL": "LOUD",
        },
    )

    assert done.returncode == 1
    assert "(console.E001) DEBUG is not true or false." in done.stderr
    assert "(console.E004) DATABASE_URL cannot be used: it does not begin with postgresql://." in done.stderr
    assert "(console.E006) REDIS_URL cannot be used" in done.stderr
    assert "(console.E008) FIELD_ENCRYPTION_KEYS: key number 2 cannot be used." in done.stderr
    assert "(console.E009) LOG_LEVEL is LOUD, which is no level." in done.stderr
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr


def test_production_settings_pass_the_deployment_check_without_a_remark():
    done = manage("check", "--deploy", "--fail-level", "WARNING", **REAL)

    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues (0 silenced)" in done.stdout


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_ENCRYPTION_KEYS"])
def test_the_web_application_refuses_to_start_without(name):
    settings = {key: value for key, value in REAL.items() if key != name}
    command = [sys.executable, "-c", "import config.wsgi"]
    environment = {"PATH": os.environ["PATH"], "CONSOLE_VAR": "/nonexistent", **settings}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)

    assert done.returncode == 1
    assert f"{name} is not set." in done.stderr.splitlines()[-2] + done.stderr.splitlines()[-1] + done.stderr

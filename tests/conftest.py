"""Throw-away PostgreSQL and Valkey for the whole run, started before Django reads its settings.

Django is set up here, not by pytest-django (pyproject.toml names no settings): that one would read the settings before
this file could name the servers. Workers of pytest-xdist inherit the controller's variables and so share its servers
(each makes a
database of its own). With DATABASE_URL and REDIS_URL set, those servers are used instead.
"""

import os
import shutil
from contextlib import ExitStack

import django
import pytest

from config.embedded.throw_away import throw_away_services

_services = ExitStack()
if "PYTEST_XDIST_WORKER" not in os.environ:
    for _name, _value in _services.enter_context(throw_away_services()).items():
        os.environ.setdefault(_name, _value)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("HTTPS_ONLY", "false")  # the test client speaks plain http
os.environ.setdefault("ALLOW_PRIVATE_HOSTS", "true")  # the practice servers live on this machine
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright's sync API runs a loop in the test's thread
os.environ.setdefault("LOG_LEVEL", "WARNING")
django.setup()

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
BROWSER_REQUIRED = os.environ.get("REQUIRE_BROWSER", "") not in ("", "0", "false")


def pytest_configure(config: pytest.Config) -> None:
    if BROWSER_REQUIRED and not CHROMIUM:
        raise pytest.UsageError("REQUIRE_BROWSER is set and there is no Chromium: apt-get install chromium")


def pytest_unconfigure(config: pytest.Config) -> None:
    _services.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM:
        return
    absent = pytest.mark.skip(reason="no Chromium on this machine: apt-get install chromium")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(absent)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The system's Chromium: nothing is downloaded, and nothing calls out."""
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", *quiet]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": flags}

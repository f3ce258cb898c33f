"""Throw-away PostgreSQL and Valkey for the whole run, started before Django reads its settings.

This file is imported before pytest-django configures Django because DJANGO_SETTINGS_MODULE is set here and not in
pyproject.toml. Workers of pytest-xdist inherit the controller's variables and so share its servers (each makes a
database of its own). With DATABASE_URL and REDIS_URL set, those servers are used instead.
"""

import os
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
# pytest-django has looked for DJANGO_SETTINGS_MODULE before this file was read, so it leaves the start to us.
django.setup()


def pytest_unconfigure(config: pytest.Config) -> None:
    _services.close()

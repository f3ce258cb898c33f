"""The first request of a cold Django takes half a second: spend it before anybody waits for an answer."""

from typing import Any

from django.db import connections
from django.test import RequestFactory

from config.serving.access_log import Application

PATHS = ("/healthz", "/admin/login/")


def warm_up(application: Application) -> None:
    """Ask the application a few pages, then let go of every connection (processes are forked after this)."""
    factory = RequestFactory(SERVER_NAME="localhost")
    for path in PATHS:
        response: Any = application(factory.get(path).environ, lambda *_: None)
        list(response)
        response.close()
    connections.close_all()

"""One log line a request, and the 503 for requests that waited too long. The path is logged without hook secrets."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import structlog

from config.logs.scrub import scrub
from config.serving.limits import QUEUE_SECONDS
from config.serving.server import WAITED

logger = structlog.get_logger("console.web")
StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
QUIET_PATHS = frozenset({"/healthz", "/readyz"})  # asked every few seconds by machines


def logged(application: Application) -> Application:
    """`application` with a line for each request; overdue requests are answered here."""

    def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        began = time.perf_counter()
        status = ""

        def remember_status(given: str, *rest: Any) -> Any:
            nonlocal status
            status = given
            return start_response(given, *rest)

        try:
            if environ.get(WAITED, 0.0) > QUEUE_SECONDS:
                return _overloaded(remember_status)
            return application(environ, remember_status)
        finally:
            _log(environ, status, time.perf_counter() - began)

    return answer


def _overloaded(start_response: StartResponse) -> Iterable[bytes]:
    start_response("503 Service Unavailable", [("Content-Type", "text/plain"), ("Retry-After", "5")])
    return [b"busy\n"]


def _log(environ: dict[str, Any], status: str, seconds: float) -> None:
    path = environ.get("PATH_INFO", "")
    if path in QUIET_PATHS and status.startswith("200"):
        return
    logger.info(
        "request",
        method=environ.get("REQUEST_METHOD"),
        path=scrub(path)[:200],  # no query string: it may hold what a person searched for
        status=int(status[:3] or 500),
        milliseconds=round(seconds * 1000, 1),
        waited_milliseconds=round(environ.get(WAITED, 0.0) * 1000, 1),
        bytes_received=int(environ.get("CONTENT_LENGTH") or 0),
    )

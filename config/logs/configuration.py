"""One configuration of logs for every process: structlog renders what both it and the standard library log."""

import logging
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from config.logs.scrub import scrub

# Values under these names are dropped even when somebody logs them by mistake.
FORBIDDEN_KEYS = frozenset(
    {"password", "secret", "token", "authorization", "cookie", "body", "payload", "raw", "email"}
)


def drop_forbidden_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for name in event.keys() & FORBIDDEN_KEYS:
        event[name] = "[removed]"
    return event


# Django attaches these objects to its own records; a request's repr holds the path, a stream's the body.
DJANGO_EXTRAS = ("request", "response", "server_time")


def drop_objects(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for name in DJANGO_EXTRAS:
        event.pop(name, None)
    return event


SHARED_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


class ScrubbedJsonFormatter(structlog.stdlib.ProcessorFormatter):
    """Renders one JSON object a line, then scrubs the finished text."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        super().__init__(
            foreign_pre_chain=SHARED_PROCESSORS,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                drop_objects,
                drop_forbidden_values,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )

    def format(self, record: Any) -> str:
        return scrub(super().format(record))


def logging_settings(level: str) -> dict[str, Any]:
    """Django's LOGGING; also points structlog's own loggers at the standard library."""
    structlog.configure(
        processors=[*SHARED_PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    # A tick every two seconds and a line for each would bury what matters.
    quiet = ("celery.worker.strategy", "celery.app.trace", "celery.beat", "django_celery_beat", "httpx", "httpcore")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "config.logs.configuration.ScrubbedJsonFormatter"}},
        "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
        "root": {"handlers": ["stdout"], "level": level if level in logging.getLevelNamesMapping() else "INFO"},
        "loggers": {
            **{name: {"level": "WARNING"} for name in quiet},
            "waitress.queue": {"level": "ERROR"},  # it remarks on every request that waits for a thread
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        },
    }

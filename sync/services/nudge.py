"""Wakes a worker. A nudge may be lost, doubled or late: rows hold the work, the beat's tick finds it anyway.

A flag in Valkey keeps at most one unstarted message of a kind in the queue, so a flood of webhooks costs one SET each.
Nothing here may hold up a webhook: sockets time out quickly, and after a failure nudges rest for a few seconds.
"""

import threading
import time
from typing import Final

import redis
import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction

log = structlog.get_logger(__name__)

FLAG: Final = "nudge:{kind}"
FLAG_SECONDS: Final = 10  # a flag whose message was lost with the broker stops blocking after this long
REST_SECONDS: Final = 5  # how long nudges rest after the broker failed: the tick works meanwhile
TASKS: Final = {"apply": "sync.apply_deliveries", "push": "crm.push_entries", "resolve": "crm.resolve_uncertain"}


class _ThreadState(threading.local):
    client: "redis.Redis[bytes] | None" = None
    rest_until = 0.0


_state = _ThreadState()


def _client() -> "redis.Redis[bytes]":
    if _state.client is None:
        _state.client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)
    return _state.client


def nudge(kind: str) -> bool:
    """Ask for work of this kind to begin soon. Returns False where nothing was sent. Never raises, never waits over 1
    s."""
    if time.monotonic() < _state.rest_until:
        return False
    try:
        if not _client().set(FLAG.format(kind=kind), 1, nx=True, ex=FLAG_SECONDS):
            return False
        current_app.send_task(TASKS[kind], retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001 - any failure of the broker: the tick will find the work
        _state.rest_until = time.monotonic() + REST_SECONDS
        log.info("nudge_not_sent", kind=kind, reason=type(error).__name__)
        return False
    return True


def nudge_after_commit(kind: str) -> None:
    """Nudge once the current transaction has committed (at once when there is none)."""
    transaction.on_commit(lambda: nudge(kind), robust=True)


def started(kind: str) -> None:
    """A worker has begun this kind of work: the next nudge may queue another message."""
    try:
        _client().delete(FLAG.format(kind=kind))
    except redis.RedisError:
        return

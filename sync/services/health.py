"""Can the console do its work? Asked by `/readyz`, by orchestrators and by people; each check names the way out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import redis
from django.conf import settings
from django.db import DatabaseError

from sync.services.figures.counting import rows
from sync.services.figures.durations import duration
from sync.services.figures.far_side import stopped_institutions
from sync.services.figures.lanes import oldest_due_seconds
from sync.services.figures.surroundings import ALIVE_SECONDS, part_figures

OLDEST_DUE_SECONDS: Final = 300
BROKER_TIMEOUT_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the answer. `detail` is safe to show to anybody: no addresses, no secrets."""

    name: str
    is_ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Readiness:
    checks: tuple[Check, ...]

    @property
    def is_ready(self) -> bool:
        return all(check.is_ok for check in self.checks)


def readiness() -> Readiness:
    """Database, broker, heartbeats of beat and worker, age of the oldest due entry. Never raises; takes a few seconds
    at most."""
    database = _guarded("database", _database)
    if not database.is_ok:
        return Readiness((database, _broker()))
    return Readiness(
        (
            database,
            _broker(),
            _guarded("beat", _beat),
            _guarded("worker", _worker),
            _guarded("oldest due entry", _oldest_due),
        )
    )


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except DatabaseError as error:
        return Check(name, False, f"The database does not answer ({type(error).__name__}).")


def _database() -> Check:
    rows("SELECT 1")
    return Check("database", True, "answers")


def _broker() -> Check:
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=BROKER_TIMEOUT_SECONDS, socket_connect_timeout=BROKER_TIMEOUT_SECONDS
    )
    try:
        client.ping()
    except redis.RedisError as error:
        return Check(
            "broker", False, f"Redis or Valkey does not answer ({type(error).__name__}); work goes on at the next tick."
        )
    finally:
        client.close()
    return Check("broker", True, "answers")


def _beat() -> Check:
    seconds = part_figures().beat_seconds
    return Check("beat", seconds is not None and seconds <= ALIVE_SECONDS, _sign_of_life(seconds))


def _worker() -> Check:
    seconds = part_figures().worker_seconds
    return Check("worker", seconds is not None and seconds <= ALIVE_SECONDS, _sign_of_life(seconds))


def _sign_of_life(seconds: float | None) -> str:
    return "no sign of life yet" if seconds is None else f"last sign of life {duration(seconds)} ago"


def _oldest_due() -> Check:
    """Entries of a paused or unreachable CRM are late on purpose: restarting this process would not help them."""
    late = max(oldest_due_seconds(stopped_institutions()).values(), default=0.0)
    return Check(
        "oldest due entry", late <= OLDEST_DUE_SECONDS, f"due for {duration(late)}" if late else "nothing is late"
    )

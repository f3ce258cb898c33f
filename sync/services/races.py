"""Transactions that lose a race are made again: deadlock, serialisation failure, a lock not to be had in time."""

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

import psycopg
from django.db import OperationalError, connection

T = TypeVar("T")
TRIES: Final = 6
FIRST_PAUSE_SECONDS: Final = 0.01

_RACES = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure, psycopg.errors.LockNotAvailable)


def is_race(error: BaseException) -> bool:
    """Did somebody else get ahead, so that the same transaction may succeed a moment later?"""
    return isinstance(error, OperationalError) and isinstance(error.__cause__, _RACES)


def once_more_on_race(transaction: Callable[[], T]) -> T:
    """Run a whole transaction, again when it lost a race. `transaction` must be safe to run anew after a rollback.

    Raises what it raises: any other error, or the race itself after `TRIES` tries or inside an outer transaction.
    """
    tries = 1
    while True:
        try:
            return transaction()
        except OperationalError as error:
            if tries == TRIES or connection.in_atomic_block or not is_race(error):
                raise
        time.sleep(FIRST_PAUSE_SECONDS * tries * random.uniform(0.5, 1.5))  # noqa: S311 - spreads retries
        tries += 1

"""`manage.py work`: everything the workers do, in one process and without a message broker.

The way out when Redis/Valkey is gone, and what crash tests kill. Any number may run beside each other and beside the
ordinary workers: rows, leases and row locks keep them apart.
"""

import logging
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, connection

from crm.services.push.due import connections_with_work
from crm.services.push.run import push_due
from crm.services.push.uncertain import resolve_uncertain
from sync.services.heartbeats import beat
from sync.services.intake.apply import apply_due
from sync.services.intake.batch import LeaseLostError
from sync.services.ledger.take import EntryGoneError
from sync.tasks import owner, sweep

logger = logging.getLogger(__name__)

IDLE_SECONDS = 0.2
SWEEP_SECONDS = 5.0
REST_SECONDS = 1.0  # after the database was lost, before it is asked again


class Command(BaseCommand):
    help = "Apply, push and sweep in a loop without a message broker; Ctrl-C ends it after the current batch."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="until nothing is due, then end")
        parser.add_argument("--sweep-every", type=float, default=SWEEP_SECONDS, metavar="SECONDS")

    def handle(self, *args: Any, once: bool, sweep_every: float, **options: Any) -> None:
        swept_at = -sweep_every
        while True:
            if time.monotonic() - swept_at >= sweep_every:
                swept_at = time.monotonic()
                _survive(_sweep)
            if not _survive(_work_once):
                if once:
                    return
                time.sleep(IDLE_SECONDS)


def _survive(turn: Callable[[], bool]) -> bool:
    """One turn. What ends it is logged and left to the leases: nothing is lost, and the next turn starts anew."""
    try:
        return turn()
    except (OperationalError, InterfaceError) as error:
        logger.error("work_without_database", extra={"reason": type(error).__name__})  # noqa: TRY400 - its text may quote values
        connection.close()
        time.sleep(REST_SECONDS)
    except (LeaseLostError, EntryGoneError) as error:
        logger.warning("work_lost_its_lease", extra={"reason": type(error).__name__})
    return True


def _sweep() -> bool:
    sweep()
    beat(f"worker:{owner()}")
    return True


def _work_once() -> bool:
    """Whether there may be more to do at once. What is due but cannot be taken now (its record is under way elsewhere,
    its connection rests) is none of it."""
    me = owner()
    worked = apply_due(me) > 0
    due, doubtful = connections_with_work()
    for connection_id in due:
        worked = push_due(connection_id, me) or worked
    for connection_id in doubtful:
        worked = resolve_uncertain(connection_id, me) > 0 or worked
    return worked

"""`manage.py work`: everything the workers do, in one process and without a message broker.

The way out when Redis/Valkey is gone, and what crash tests kill. Any number may run beside each other and beside the
ordinary workers: rows, leases and row locks keep them apart.
"""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from crm.services.push.due import connections_with_work
from crm.services.push.run import push_due
from crm.services.push.uncertain import resolve_uncertain
from sync.services.heartbeats import beat
from sync.services.intake.apply import apply_due
from sync.tasks import owner, sweep

IDLE_SECONDS = 0.2
SWEEP_SECONDS = 5.0


class Command(BaseCommand):
    help = "Apply, push and sweep in a loop without a message broker; Ctrl-C ends it after the current batch."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="until nothing is due, then end")
        parser.add_argument("--sweep-every", type=float, default=SWEEP_SECONDS, metavar="SECONDS")

    def handle(self, *args: Any, once: bool, sweep_every: float, **options: Any) -> None:
        swept_at = 0.0
        while True:
            if time.monotonic() - swept_at >= sweep_every:
                sweep()
                beat(f"worker:{owner()}")
                swept_at = time.monotonic()
            worked = _work_once()
            if not worked:
                if once:
                    return
                time.sleep(IDLE_SECONDS)


def _work_once() -> bool:
    me = owner()
    worked = apply_due(me) > 0
    due, doubtful = connections_with_work()
    for connection_id in due:
        push_due(connection_id, me)
    for connection_id in doubtful:
        worked = resolve_uncertain(connection_id, me) > 0 or worked
    return worked or bool(due)

"""Entrances for the workers. A task may run twice, late or not at all: rows hold the work."""

import os
import socket
import time
from typing import Final

from celery import shared_task

from sync.services.confirm import confirm_held_records, institutions_with_held_records
from sync.services.heartbeats import beat, forget_old_heartbeats
from sync.services.intake.apply import apply_due
from sync.services.intake.claim import has_waiting_deliveries, reclaim_expired_deliveries
from sync.services.intake.runs import end_quiet_runs
from sync.services.ledger.leases import expire_leases
from sync.services.ledger.release import release_what_can_go
from sync.services.nudge import nudge, started
from sync.services.retention import remove_old_rows

SLICE_SECONDS: Final = 1.0  # then other kinds of work have their turn


def owner() -> str:
    """Who holds a lease: this process."""
    return f"{socket.gethostname()}:{os.getpid()}"


@shared_task(name="sync.apply_deliveries")
def apply_deliveries() -> None:
    """Apply waiting deliveries for a while."""
    started("apply")
    ends_at = time.monotonic() + SLICE_SECONDS
    while apply_due(owner()):
        if time.monotonic() > ends_at:
            nudge("apply")
            return


@shared_task(name="sync.tick")
def tick() -> None:
    """The guarantee behind every nudge: whatever is due is found here."""
    beat("beat")
    beat(f"worker:{owner()}")
    if has_waiting_deliveries():
        nudge("apply")


@shared_task(name="sync.sweep")
def sweep() -> None:
    """Give back what dead workers held, free what waited, close what has gone quiet."""
    reclaim_expired_deliveries()
    expire_leases()
    release_what_can_go()
    end_quiet_runs()
    forget_old_heartbeats()


@shared_task(name="sync.remove_old_rows")
def remove_old() -> None:
    """Remove what its retention has ended for."""
    remove_old_rows()


@shared_task(name="sync.confirm_held")
def confirm_held() -> None:
    """Settle held changes by reading S-360, within its budget."""
    for institution_id in institutions_with_held_records():
        confirm_held_records(institution_id)


@shared_task(name="sync.heartbeat")
def heartbeat() -> None:
    """A worker that consumes leaves a sign."""
    beat(f"worker:{owner()}")

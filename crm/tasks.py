"""Entrances for the workers. A task may run twice, late or not at all: rows hold the work."""

from celery import shared_task

from crm.services.push.due import connections_with_work
from crm.services.push.run import push_due
from crm.services.push.uncertain import resolve_uncertain as resolve
from sync.services.nudge import nudge, started
from sync.tasks import owner


@shared_task(name="crm.push_entries")
def push_entries() -> None:
    """Push what is due, connection by connection, for a while."""
    started("push")
    due, _ = connections_with_work()
    left = [connection_id for connection_id in due if push_due(connection_id, owner())]
    if left:
        nudge("push")


@shared_task(name="crm.resolve_uncertain")
def resolve_uncertain() -> None:
    """Read the sends whose outcome nobody knows."""
    started("resolve")
    _, doubtful = connections_with_work()
    for connection_id in doubtful:
        resolve(connection_id, owner())


@shared_task(name="crm.tick")
def tick() -> None:
    """The guarantee behind every nudge."""
    due, doubtful = connections_with_work()
    if due:
        nudge("push")
    if doubtful:
        nudge("resolve")

"""Applies a plan: all of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.db import connection, transaction

from crm.models import Connection, ConnectionState
from crm.services.configure.build import build_plan
from crm.services.configure.plan import ConfigurePlan, PlannedChange, WebhookUrl
from crm.services.connection_state import resume_connection
from sync.services.audit import note_action

LOCK_KEY: Final = 0x5360C0F1  # one configuration at a time; the number only has to differ from other advisory locks


class PlanOutdatedError(Exception):
    """The database changed between showing the plan and applying it. Nothing was done: build and show a new plan."""


def apply_plan(plan: ConfigurePlan, *, actor: str, reason: str = "") -> tuple[WebhookUrl, ...]:
    """Carry out what the plan shows and write one audit row. Returns the URLs made: they cannot be read again.

    Raises PlanOutdatedError when the database no longer is what the plan was made from, ConfigurationError when it can
    no longer be applied at all. Repeating it is safe: an applied plan is outdated, a new one is empty.
    """
    if plan.is_empty:
        return ()
    with transaction.atomic():
        _wait_for_turn()
        current = build_plan(plan.configuration, rotate=plan.rotate)
        if current.changes != plan.changes:
            raise PlanOutdatedError("the database changed since this plan was made; look at the new plan")
        urls: list[WebhookUrl] = []
        for change in current.changes:
            change.run(urls)
        _let_try_again(current)
        _audit(current, actor, reason)
    return tuple(urls)


def _let_try_again(plan: ConfigurePlan) -> None:
    """A connection that stopped for wrong settings, secrets or mapping deserves a try at once when one has changed."""
    parts = [change.section.split(".") for change in plan.changes]
    names = {part[1] for part in parts if part[0] == "connections"}
    stopped = (ConnectionState.NEEDS_CREDENTIALS, ConnectionState.BREAKER_OPEN)
    for row in Connection.objects.filter(name__in=names, state__in=stopped):
        resume_connection(row.pk)


def _wait_for_turn() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])


def _audit(plan: ConfigurePlan, actor: str, reason: str) -> None:
    note_action(
        actor,
        "configure",
        plan.configuration.name,
        reason=reason,
        before=_side(plan.changes, "before"),
        after=_side(plan.changes, "after"),
    )


def _side(changes: Iterable[PlannedChange], side: str) -> dict[str, Any]:
    """Section -> {name: value} on one side of the change; "kind" tells added, changed and removed apart."""
    return {
        f"{change.kind} {change.section}": {detail.name: getattr(detail, side) for detail in change.details}
        for change in changes
    }

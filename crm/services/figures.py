"""The CRM side's part of the home page and of `manage.py status`: each connection's state, why, and what to do."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from crm.connectors.registry import get_connector_class
from crm.models import Connection, ConnectionState, Pairing
from sync.services.figures.durations import duration
from sync.services.figures.shapes import ConnectionFigures

SHOWN: Final = 20
_ADVICE: Final[Mapping[str, str]] = {
    ConnectionState.PAUSED: "Changes pile up, one entry a record, and go when you resume it.",
    ConnectionState.NEEDS_CREDENTIALS: "Enter new credentials on its page, then resume it. Nothing is lost meanwhile.",
    ConnectionState.BREAKER_OPEN: (
        "The console probes it and goes on by itself when it answers. Nothing is lost meanwhile."
    ),
    ConnectionState.OVER_LIMIT: "The CRM asked us to slow down; it goes on by itself.",
}
_SWITCHED_OFF: Final = "Switched off"


def connection_figures() -> tuple[ConnectionFigures, ...]:
    """Every connection, by name; two queries."""
    fed: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for pairing in Pairing.objects.select_related("institution").order_by("institution__code"):
        fed[pairing.connection_id].append((pairing.institution_id, pairing.institution.code))
    rows = Connection.objects.defer("secrets_text", "settings", "last_check")[:SHOWN]
    return tuple(_figure(row, fed[row.pk]) for row in rows)


def _figure(row: Connection, fed: list[tuple[int, str]]) -> ConnectionFigures:
    is_flowing = row.is_enabled and row.state == ConnectionState.OK
    return ConnectionFigures(
        connection_id=row.pk,
        name=row.name,
        connector=connector_label(row.connector),
        state=row.state,
        state_label=row.get_state_display() if row.is_enabled else _SWITCHED_OFF,
        is_flowing=is_flowing,
        is_operators_choice=not row.is_enabled or row.state == ConnectionState.PAUSED,
        reason=row.state_reason,
        advice="" if is_flowing else advice_for(row),
        since=row.state_changed_at,
        resume_at=row.resume_at,
        last_success_at=row.last_success_at,
        institutions=tuple(code for _, code in fed),
        institution_ids=tuple(pk for pk, _ in fed),
    )


def advice_for(row: Connection) -> str:
    """What to do about a connection that does not send, and when it tries again by itself."""
    if not row.is_enabled:
        return "Switch it on on its page; changes pile up meanwhile, one entry a record."
    advice = _ADVICE.get(row.state, "")
    if row.resume_at is None or row.state == ConnectionState.PAUSED:
        return advice
    left = (row.resume_at - datetime.now(UTC)).total_seconds()
    return f"{advice} Next try in {duration(left)}." if left > 0 else f"{advice} Next try at once."


def connector_label(code: str) -> str:
    """The connector's name for people; its code where this console no longer has it."""
    try:
        return get_connector_class(code).label
    except LookupError:
        return code

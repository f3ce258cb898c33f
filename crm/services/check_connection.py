"""Does the CRM answer, with these credentials, and does it have the fields we mapped? Reads only, nothing is sent."""

from dataclasses import asdict

from crm.connectors.base import ConnectorUnavailable, HealthItem, HealthReport
from crm.models import Connection, ConnectionState
from crm.services.connection_state import database_now, resume_connection
from crm.services.open_connector import open_connector

STOPPED = (ConnectionState.BREAKER_OPEN, ConnectionState.NEEDS_CREDENTIALS, ConnectionState.OVER_LIMIT)


def check_connection(connection_id: int) -> HealthReport:
    """Ask the CRM, keep the report on the connection, and return it. Never raises for a fault of the CRM. Safe to
    repeat.

    Makes a handful of calls and may take as long as their timeouts: not inside a transaction.
    """
    row = Connection.objects.get(pk=connection_id)
    report = _report(row)
    kept = {"state": report.state, "items": [asdict(item) for item in report.items]}
    Connection.objects.filter(pk=connection_id).update(last_check=kept, last_checked_at=database_now())
    return report


def _report(row: Connection) -> HealthReport:
    try:
        connector = open_connector(row)
        try:
            return connector.check()
        finally:
            connector.close()
    except ConnectorUnavailable as unavailable:
        failure = unavailable.failure
        return HealthReport((HealthItem(failure.code, "fail", failure.message),))


def probe_connection(connection_id: int) -> HealthReport:
    """Check it, and when nothing fails let a stopped connection go on at once. A pause stays: a person chose it."""
    report = check_connection(connection_id)
    if report.state != "fail" and Connection.objects.filter(pk=connection_id, state__in=STOPPED).exists():
        resume_connection(connection_id)
    return report

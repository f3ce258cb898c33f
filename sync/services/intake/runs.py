"""Which deliveries belong to one S-360 execution? Nothing on the wire says so; time and size do.

An execution sends its arrays one after the other, at most 500 records in all, and the next begins M minutes later. A
delivery joins the endpoint's open run while the pause since the last one is short and the run is not full.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg

from sync.services.sql import columns, fast_cursor, one_row, run

FULL_RUN: Final = 500  # records per execution, S-360's maximum
LONGEST_PAUSE: Final = timedelta(seconds=10)  # S-360 waits about so long for one answer; executions are a minute apart

Row = tuple[int, int, int, str, datetime, int]

OPEN_RUN = """
SELECT id, last_delivery_at, record_count, delivery_count FROM sync_syncrun
 WHERE endpoint_id = %s AND ended_at IS NULL ORDER BY id DESC LIMIT 1 FOR UPDATE
"""
NEW_RUN = """
INSERT INTO sync_syncrun (institution_id, endpoint_id, stream, trigger, started_at, last_delivery_at, delivery_count,
    record_count,
                          succeeded_count, warning_count, error_count, timeout_count)
VALUES (%s, %s, %s, 'webhook', %s, %s, 0, 0, 0, 0, 0, 0) RETURNING id
"""
UPDATE_RUN = "UPDATE sync_syncrun SET last_delivery_at = %s, record_count = %s, delivery_count = %s WHERE id = %s"
END_RUN = "UPDATE sync_syncrun SET ended_at = last_delivery_at WHERE id = %s AND ended_at IS NULL"
SET_RUN = """
UPDATE sync_delivery d SET run_id = x.run_id FROM unnest(%b::bigint[], %b::bigint[]) AS x(id, run_id) WHERE d.id = x.id
"""
END_QUIET_RUNS = """
UPDATE sync_syncrun SET ended_at = last_delivery_at
 WHERE ended_at IS NULL AND last_delivery_at < clock_timestamp() - %s
"""


@dataclass(slots=True)
class OpenRun:
    """The endpoint's open run as we go through the deliveries; written back once."""

    id: int
    last_delivery_at: datetime
    record_count: int
    delivery_count: int

    def takes(self, received_at: datetime, record_count: int) -> bool:
        is_soon = abs(received_at - self.last_delivery_at) <= LONGEST_PAUSE
        return is_soon and self.record_count + record_count <= FULL_RUN

    def add(self, received_at: datetime, record_count: int) -> None:
        self.last_delivery_at = max(self.last_delivery_at, received_at)
        self.record_count += record_count
        self.delivery_count += 1


def assign_runs(cursor: psycopg.Cursor[Any], deliveries: Sequence[Row]) -> dict[int, int]:
    """Run id per delivery id. Input rows: (delivery, endpoint, institution, stream, received_at, records), oldest
    first.

    One lock per endpoint, so that two workers do not open two runs for one execution. Runs in the caller's transaction.
    """
    chosen: dict[int, int] = {}
    for endpoint_id in sorted({row[1] for row in deliveries}):
        cursor.execute("SELECT pg_advisory_xact_lock(7360, %s)", (endpoint_id,))
        _assign_one_endpoint(cursor, [row for row in deliveries if row[1] == endpoint_id], chosen)
    if chosen:
        run(cursor, SET_RUN, columns(list(chosen.items()), 2))
    return chosen


def _assign_one_endpoint(cursor: psycopg.Cursor[Any], deliveries: Sequence[Row], chosen: dict[int, int]) -> None:
    row = run(cursor, OPEN_RUN, (deliveries[0][1],)).fetchone()
    current = OpenRun(*row) if row else None
    for delivery_id, endpoint_id, institution_id, stream, received_at, record_count in deliveries:
        if current is None or not current.takes(received_at, record_count):
            if current is not None:
                _write(cursor, current)
                run(cursor, END_RUN, (current.id,))
            current = _open(cursor, institution_id, endpoint_id, stream, received_at)
        current.add(received_at, record_count)
        chosen[delivery_id] = current.id
    if current is not None:
        _write(cursor, current)


def _open(cursor: psycopg.Cursor[Any], institution_id: int, endpoint_id: int, stream: str, at: datetime) -> OpenRun:
    row = one_row(run(cursor, NEW_RUN, (institution_id, endpoint_id, stream, at, at)))
    return OpenRun(int(row[0]), at, 0, 0)


def _write(cursor: psycopg.Cursor[Any], current: OpenRun) -> None:
    run(cursor, UPDATE_RUN, (current.last_delivery_at, current.record_count, current.delivery_count, current.id))


def end_quiet_runs() -> int:
    """Close the runs whose execution has gone quiet. Returns how many; safe to repeat."""
    with fast_cursor() as cursor:
        return run(cursor, END_QUIET_RUNS, (LONGEST_PAUSE,)).rowcount

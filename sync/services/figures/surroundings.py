"""The last runs, and the signs of life of beat and workers."""

from datetime import datetime
from typing import Final

from sync.models import SyncRun
from sync.services.figures.counting import rows
from sync.services.figures.shapes import PartFigures, RunFigures

SHOWN_RUNS: Final = 8
ALIVE_SECONDS: Final = 90  # a part says so every 15 s; one that has missed six turns is taken for dead
HEARTBEATS = """
SELECT name = 'beat' OR name LIKE 'beat:%%', count(*) FILTER (WHERE at > clock_timestamp() - make_interval(secs => %s)),
       extract(epoch FROM clock_timestamp() - max(at))
  FROM sync_heartbeat WHERE name = 'beat' OR name LIKE 'beat:%%' OR name LIKE 'worker%%'
 GROUP BY 1
"""


def run_figures(limit: int = SHOWN_RUNS) -> tuple[RunFigures, ...]:
    """The newest runs."""
    return tuple(_run(run) for run in SyncRun.objects.select_related("institution").order_by("-started_at")[:limit])


def _run(run: SyncRun) -> RunFigures:
    return RunFigures(
        run_id=run.pk,
        institution=run.institution.code,
        label=run.get_stream_display(),
        started_at=run.started_at,
        ended_at=run.ended_at,
        delivery_count=run.delivery_count,
        record_count=run.record_count,
        succeeded_count=run.succeeded_count,
        warning_count=run.warning_count,
        error_count=run.error_count,
        timeout_count=run.timeout_count,
        not_processed_count=run.not_processed_count,
    )


def part_figures() -> PartFigures:
    """How long ago beat and the liveliest worker gave a sign of life; None when never."""
    found = {is_beat: (alive, float(seconds)) for is_beat, alive, seconds in rows(HEARTBEATS, [ALIVE_SECONDS])}
    beat, worker = found.get(True), found.get(False)
    return PartFigures(
        beat_seconds=beat[1] if beat else None,
        worker_seconds=worker[1] if worker else None,
        workers_alive=worker[0] if worker else 0,
    )


def database_now() -> datetime:
    """The database's clock: the one due times and leases are decided by."""
    now: datetime = rows("SELECT clock_timestamp()")[0][0]
    return now

"""What each institution's budget of S-360 calls looks like now: two statements, however many institutions."""

from collections import defaultdict
from datetime import datetime
from typing import Any, Final

from django.conf import settings

from sync.engine.pacing import burst_for, rate_under, take
from sync.models import Lane
from sync.services.pace.shapes import Budget
from sync.services.pace.statement import CEILING, FACTOR, LIMIT
from sync.services.sql import fast_cursor, namedtuple_row, run

MOST: Final = 10
STATE = f"""
SELECT i.id, i.code, clock.now, a.calls_per_minute AS contract, a.budget_share::float8 AS share, x.raised,
    x.raised_until,
       ({CEILING})::float8 AS ceiling, b.id AS bucket_id, b.tat, coalesce({FACTOR}, 1)::float8 AS factor,
           b.blocked_until,
       b.others_per_minute, b.last_throttled_at, b.remade_at
  FROM (SELECT clock_timestamp() AS now) clock, sync_apiaccess a
  JOIN sync_institution i ON i.id = a.institution_id
  LEFT JOIN sync_pacebucket b ON b.institution_id = i.id AND b.layer = 'institution',
       LATERAL ({LIMIT.format(spread="%(spread)b::float8")}) x
 WHERE %(institution)b::bigint IS NULL OR a.institution_id = %(institution)b::bigint
 ORDER BY i.code LIMIT {MOST}
"""  # noqa: S608  constants of ours
CALLS = """
SELECT institution_id, lane, is_refused, count(*) FROM sync_pacecall
 WHERE institution_id = ANY(%b::bigint[]) AND is_refused IN (true, false)
   AND at > clock_timestamp() - make_interval(secs => %b::float8)
 GROUP BY 1, 2, 3
"""


def budget(institution_id: int) -> Budget | None:
    """One institution's budget; None when it has no API access. Reads only."""
    return next(iter(_budgets(institution_id)), None)


def budgets() -> tuple[Budget, ...]:
    """The budgets of the institutions with API access, by code, the first ten."""
    return _budgets(None)


def _budgets(institution_id: int | None) -> tuple[Budget, ...]:
    asked = {"institution": institution_id, "spread": float(settings.PACE_SPREAD_SECONDS)}
    with fast_cursor(namedtuple_row) as cursor:
        found = run(cursor, STATE, asked).fetchall()
        calls = run(cursor, CALLS, ([row.id for row in found], float(settings.PACE_WINDOW_SECONDS))).fetchall()
    by_lane: dict[int, dict[int, int]] = defaultdict(dict)
    refused: dict[int, int] = defaultdict(int)
    for institution, lane, is_refused, count in calls:
        if is_refused:
            refused[institution] += count
        else:
            by_lane[institution][lane] = count
    return tuple(_budget(row, by_lane[row.id], refused[row.id]) for row in found)


def _budget(row: Any, by_lane: dict[int, int], refused: int) -> Budget:
    pace = _pace(row)
    return Budget(
        institution=row.code,
        limit_per_minute=int(row.raised or row.contract),
        share_percent=round(row.share * 100),
        ours_per_minute=int(row.ceiling),
        spent_this_minute=sum(by_lane.values()),
        by_lane=tuple((str(lane.label), by_lane.get(lane, 0)) for lane in Lane),
        refused_this_minute=refused,
        pace_per_minute=round(pace * settings.PACE_WINDOW_SECONDS),
        raised_until=row.raised_until,
        blocked_until=row.blocked_until if row.blocked_until and row.blocked_until > row.now else None,
        next_free_seconds=_next_free(row, pace),
        others_per_minute=row.others_per_minute,
        last_refused_at=row.last_throttled_at,
        remade_at=row.remade_at,
        institution_id=row.id,
        bucket_id=row.bucket_id,
    )


def _pace(row: Any) -> float:
    """Calls per second, after refusals."""
    window, spread = float(settings.PACE_WINDOW_SECONDS), float(settings.PACE_SPREAD_SECONDS)
    return rate_under(row.ceiling, burst=burst_for(row.ceiling), window=window, spread=spread) * float(row.factor)


def _next_free(row: Any, pace: float) -> float:
    """Seconds until a live call could go. A bucket made anew has room one call's time after it is first asked."""
    tat = _seconds(row.tat, row.now)
    return take(
        tat=tat if tat is not None else (burst_for(row.ceiling) / pace if pace and row.bucket_id else 0.0),
        now=0.0,
        rate_per_second=pace,
        burst=burst_for(row.ceiling),
        blocked_until=_seconds(row.blocked_until, row.now) or 0.0,
    ).wait_seconds


def _seconds(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else (moment - now).total_seconds()

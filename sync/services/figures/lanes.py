"""What is owed to each target, from the ledger's partial indexes."""

from collections.abc import Sequence
from typing import Any, Final

from sync.models import Entity, Lane, Target
from sync.services.figures.counting import CAP, capped, rows
from sync.services.figures.shapes import LaneFigures

RATE_ROWS: Final = 3_000  # newest settled entries looked at; above them the rate follows from the time they span
DELAY_ROWS: Final = 500
DELAY_MINUTES: Final = 15
LOOK_PAST: Final = 5_000  # due entries of stopped connections stepped over in search of one that should have gone

_STATES: Final = {  # spelled as the predicates of the partial indexes, so that PostgreSQL can use them
    "waiting": "state = 'waiting' AND waits_for = ''",
    "held": "state = 'waiting' AND waits_for = 'contact'",
    "in_flight": "state IN ('claimed', 'sending')",
    "uncertain": "state = 'uncertain'",
    "parked": "state = 'parked'",
}
_COUNT = "(SELECT count(*) FROM (SELECT 1 FROM sync_outboxentry WHERE target = t.target AND {where} LIMIT {limit}) x)"
COUNTS = "SELECT t.target, {} FROM (VALUES ('crm'), ('s360')) AS t (target)".format(  # noqa: S608  constants of ours
    ", ".join(_COUNT.format(where=where, limit=CAP + 1) for where in _STATES.values())
)
_QUEUES = ", ".join(f"('{t}', '{e}', {int(lane)})" for t in Target for e in Entity for lane in Lane)
OLDEST_DUE = f"""
SELECT t.target, extract(epoch FROM clock_timestamp() - min(first.due_at))
  FROM (VALUES {_QUEUES}) AS t (target, entity, lane)
  CROSS JOIN LATERAL (
       SELECT due_at FROM (
              SELECT due_at, institution_id FROM sync_outboxentry o
               WHERE o.target = t.target AND o.entity = t.entity AND o.lane = t.lane
                 AND state = 'waiting' AND waits_for = ''
               ORDER BY due_at LIMIT {LOOK_PAST}) due
        WHERE due.due_at <= clock_timestamp() AND NOT (due.institution_id = ANY(%s))
        LIMIT 1) first
 GROUP BY t.target
"""  # noqa: S608
RATES = f"""
SELECT target, count(*) FILTER (WHERE outcome = 'done'),
       extract(epoch FROM statement_timestamp() - min(min(settled_at)) OVER ()), sum(count(*)) OVER ()
  FROM (SELECT target, outcome, settled_at FROM sync_outboxentry
         WHERE state = 'settled' AND settled_at > statement_timestamp() - interval '60 seconds'
         ORDER BY settled_at DESC LIMIT {RATE_ROWS}) last
 GROUP BY target
"""  # noqa: S608
# From the POST that brought the newest state to the CRM's answer. Only live work: what waited for a person or for an
# outage says nothing about how fast the bridge is.
DELAY = f"""
SELECT last.target, percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (
         ORDER BY extract(epoch FROM last.settled_at - least(last.created_at, d.received_at)))
  FROM (SELECT * FROM sync_outboxentry
         WHERE state = 'settled' AND settled_at > statement_timestamp() - interval '{DELAY_MINUTES} minutes'
         ORDER BY settled_at DESC LIMIT {DELAY_ROWS}) last
  LEFT JOIN sync_contact c ON c.id = last.contact_id
  LEFT JOIN sync_order o ON o.id = last.order_id
  JOIN sync_deliveryrecord r ON r.id = coalesce(c.last_record_id, o.last_record_id)
  JOIN sync_delivery d ON d.id = r.delivery_id
 WHERE last.outcome = 'done' AND last.lane = {int(Lane.LIVE)}
 GROUP BY last.target
"""  # noqa: S608


def lane_figures(stopped_institution_ids: Sequence[int] = ()) -> dict[Target, LaneFigures]:
    """Both lanes. Entries of the stopped institutions count, but do not make the lane look late."""
    counts = {row[0]: row[1:] for row in rows(COUNTS)}
    oldest = oldest_due_seconds(stopped_institution_ids)
    rates = {row[0]: _per_minute(row) for row in rows(RATES)}
    delays = {row[0]: row[1] for row in rows(DELAY)}
    return {t: _lane(t, counts[t.value], oldest.get(t), rates.get(t, 0), delays.get(t, (None, None))) for t in Target}


def oldest_due_seconds(stopped_institution_ids: Sequence[int] = ()) -> dict[Target, float]:
    """Per target, how long the oldest due entry has been due; a target with nothing due is absent."""
    found = rows(OLDEST_DUE, [list(stopped_institution_ids)])
    return {Target(target): float(seconds) for target, seconds in found if seconds is not None}


def _lane(target: Target, counts: Sequence[int], oldest: float | None, rate: int, delay: Sequence[Any]) -> LaneFigures:
    waiting, held, in_flight, uncertain, parked = (capped(found) for found in counts)
    return LaneFigures(
        target=target.value,
        is_switched_on=target is Target.CRM or any((waiting, held, in_flight, uncertain, parked)) or rate > 0,
        waiting=waiting,
        held=held,
        in_flight=in_flight,
        uncertain=uncertain,
        parked=parked,
        oldest_due_seconds=oldest,
        per_minute=rate,
        delay_p50_seconds=delay[0],
        delay_p95_seconds=delay[1],
    )


def _per_minute(row: tuple[Any, ...]) -> int:
    _, done, span_seconds, looked_at = row
    if looked_at < RATE_ROWS:
        return int(done)
    return round(float(done) * 60 / max(float(span_seconds), 0.1))

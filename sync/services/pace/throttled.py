"""S-360 said 509 or 429: everybody stops at once, because everybody reads the same row."""

import math
from typing import Final

import structlog
from django.conf import settings

from sync.engine.pacing import MAX_PAUSE_SECONDS, SLOW_DOWN, SLOWEST_SHARE
from sync.models import Institution
from sync.services.institution_rules import settings_of
from sync.services.pace.layers import shared_layer
from sync.services.pace.permits import remake
from sync.services.pace.statement import FACTOR, LIMIT
from sync.services.sql import fast_cursor, run

IN_A_ROW_SECONDS: Final = 60  # a refusal this soon after a pause follows the one before it
MOST_DOUBLINGS: Final = 10
# A refusal that arrives during the pause was in flight when the pause began: it says nothing new, unless it asks for a
# longer one. The bucket is emptied: after the pause one call goes, then the next at the slower pace, no burst.
NOTE: Final = f"""
WITH locked AS MATERIALIZED (
    SELECT * FROM sync_pacebucket WHERE key = %(key)b::text FOR UPDATE
), clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now, count(*) FROM locked
), heard AS MATERIALIZED (
    SELECT b.id, clock.now, b.blocked_until > clock.now AS is_known, {FACTOR} AS factor,
           CASE WHEN b.throttles_in_a_row > 0 AND clock.now < b.factor_since + interval '{IN_A_ROW_SECONDS} seconds'
                THEN b.throttles_in_a_row + 1 ELSE 1 END AS in_a_row
      FROM locked b, clock
), pause AS MATERIALIZED (
    SELECT h.*, h.now + make_interval(secs => coalesce(%(retry_after)b::float8, CASE WHEN h.is_known THEN 0 ELSE
           least({MAX_PAUSE_SECONDS}, %(first_pause)b::float8 * 2 ^ least(h.in_a_row - 1, {MOST_DOUBLINGS})) END)) AS
               until
      FROM heard h
), others AS MATERIALIZED (
    SELECT greatest(0, coalesce(x.raised, a.calls_per_minute) - (
             SELECT count(*) FROM sync_pacecall c WHERE c.institution_id = a.institution_id AND NOT c.is_refused
                AND c.at > clock.now - make_interval(secs => %(window)b::float8)))::int AS spend
      FROM clock, sync_apiaccess a, LATERAL ({LIMIT.format(spread="0::float8")}) x
     WHERE a.institution_id = %(institution)b
), noted AS (
    INSERT INTO sync_pacecall (institution_id, at, is_refused, service, method)
    SELECT %(institution)b, now, true, '', '' FROM clock
)
UPDATE sync_pacebucket b
   SET throttled_count = b.throttled_count + 1, last_throttled_at = p.now,
       throttles_in_a_row = CASE WHEN p.is_known THEN b.throttles_in_a_row ELSE p.in_a_row END,
       rate_factor = CASE WHEN p.is_known THEN b.rate_factor ELSE greatest(p.factor * {SLOW_DOWN}, {SLOWEST_SHARE}) END,
       blocked_until = greatest(b.blocked_until, p.until), factor_since = greatest(b.blocked_until, p.until),
       tat = NULL,
       others_per_minute = coalesce((SELECT spend FROM others), b.others_per_minute)
  FROM pause p WHERE b.id = p.id
RETURNING extract(epoch FROM b.blocked_until - p.now)::float8, b.rate_factor
"""  # noqa: S608  constants of ours
log = structlog.get_logger(__name__)


def note_throttled(institution_id: int, retry_after: float | None = None) -> float:
    """Stop every caller of the institution; the seconds that the pause lasts from now.

    `retry_after`: seconds S-360 asked for, honoured up to 15 minutes; None or nonsense: `api_throttle_pause_seconds`,
    doubling while refusals follow each other. The pace goes down by a third once per pause, and recovers by a twentieth
    of the ceiling a quiet minute. Not counted as an attempt by anybody. Call it outside a transaction.
    Raises Institution.DoesNotExist, S360SettingsError.
    """
    asked = {
        "key": shared_layer(institution_id).key,
        "institution": institution_id,
        "retry_after": _honoured(retry_after),
        "first_pause": _first_pause(institution_id),
        "window": float(settings.PACE_WINDOW_SECONDS),
    }
    for _ in range(2):
        with fast_cursor() as cursor:
            row = run(cursor, NOTE, asked).fetchone()
        if row is not None:
            log.warning("s360_throttled", institution_id=institution_id, pause_seconds=row[0], rate_factor=row[1])
            return float(row[0])
        remake(institution_id, [shared_layer(institution_id)])
    return MAX_PAUSE_SECONDS


def _first_pause(institution_id: int) -> float:
    row = Institution.objects.only("settings", "timezone").get(pk=institution_id)
    return float(settings_of(row).api_throttle_pause_seconds)


def _honoured(retry_after: float | None) -> float | None:
    if retry_after is None or not math.isfinite(retry_after) or retry_after < 0:
        return None
    return min(float(retry_after), MAX_PAUSE_SECONDS)

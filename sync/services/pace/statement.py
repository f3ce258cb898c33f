"""The statement that decides about one call: GCRA over all its buckets, on the database's clock, all or none.

The arithmetic is `sync.engine.pacing`, in SQL so that nothing travels between reading a bucket and filling it. Buckets
are locked in the order of their keys, and the clock is read after the locks: whoever waited decides by the time it is
then. The institution's row carries the slow-down and the pause after refusals for all layers.
"""

from typing import Final

from sync.engine.pacing import (
    BULK_SHARE,
    CALLS_PER_BURST,
    LARGEST_BURST,
    MAX_PAUSE_SECONDS,
    RECOVERY_SHARE_PER_MINUTE,
    SLOWEST_SHARE,
)
from sync.models import Lane, Target

LIVE_LANES: Final = f"{int(Lane.OPERATOR)}, {int(Lane.LIVE)}"
LOOK_PAST: Final = 2_000  # due entries of other institutions stepped over in search of a live one of this institution
FURTHEST_SECONDS: Final = 3600  # no bucket of ours fills further ahead; what is beyond was written by somebody else

# The pause must have ended within its longest time, the slow-down lies in its bounds (a NaN does not), and the bucket
# is
# filled no further than it can be. `horizon` is 0 except for methods, whose calls may lie far apart.
SPOILED = f"""
    (coalesce(b.tat > clock_timestamp() + make_interval(secs => {FURTHEST_SECONDS} + 2 * %s), false)
     OR b.blocked_until > clock_timestamp() + interval '{MAX_PAUSE_SECONDS + 1} seconds'
     OR b.factor_since > clock_timestamp() + interval '{MAX_PAUSE_SECONDS + 1} seconds'
     OR NOT b.rate_factor BETWEEN {SLOWEST_SHARE - 1e-6} AND {1 + 1e-6})
"""
# The limit in force: the highest allowance that runs at this moment, or the contract. Others keep their usual part.
LIMIT = """
    SELECT max(l.calls_per_minute)::float8 AS raised, max(l.ends_at) AS raised_until FROM sync_allowance l
     WHERE l.institution_id = a.institution_id AND l.approved_at IS NOT NULL AND l.starts_at <= clock.now
       AND clock.now < least(l.ends_at, l.ended_at) - make_interval(secs => {spread})
       AND l.calls_per_minute > a.calls_per_minute
"""
CEILING = (
    "greatest(a.calls_per_minute * a.budget_share, coalesce(x.raised - a.calls_per_minute * (1 - a.budget_share), 0))"
)
FACTOR = (
    f"least(1, b.rate_factor + {RECOVERY_SHARE_PER_MINUTE} / 60.0"
    " * greatest(0, extract(epoch FROM clock.now - b.factor_since)))"
)
# An entry that a worker has claimed and not yet sent is waiting for its permit.
LIVE_DUE = f"""
    EXISTS (SELECT 1 FROM (
        SELECT institution_id, contact_id FROM sync_outboxentry
         WHERE target = '{Target.S360}' AND entity IN ('contact', 'order') AND lane IN ({LIVE_LANES})
           AND state = 'waiting' AND waits_for = '' AND due_at <= clock.now
         LIMIT {LOOK_PAST}) w
      WHERE w.institution_id = %(institution)b
        AND NOT EXISTS (SELECT 1 FROM sync_outboxentry f WHERE f.contact_id = w.contact_id AND f.target =
            '{Target.S360}'
                           AND f.state IN ('claimed', 'sending', 'uncertain')))
    OR EXISTS (SELECT 1 FROM sync_outboxentry c
      WHERE c.state = 'claimed' AND c.lease_until > clock.now AND c.target = '{Target.S360}'
        AND c.lane IN ({LIVE_LANES}) AND c.institution_id = %(institution)b)
"""  # noqa: S608  constants of ours

TAKE: Final = f"""
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest(%(keys)b::text[], %(pers)b::float8[]) AS w(key, per)
), locked AS MATERIALIZED (
    SELECT * FROM sync_pacebucket WHERE key = ANY(%(keys)b::text[]) ORDER BY key FOR UPDATE
), clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now, count(*) = cardinality(%(keys)b::text[]) AS is_whole FROM locked
), access AS MATERIALIZED (
    SELECT clock.now, clock.is_whole, a.budget_share::float8 AS share, ({CEILING})::float8 AS ceiling
      FROM clock, sync_apiaccess a, LATERAL ({LIMIT.format(spread="%(spread)b::float8")}) x
     WHERE a.institution_id = %(institution)b
), shared AS MATERIALIZED (
    SELECT {FACTOR} AS factor, extract(epoch FROM b.blocked_until - clock.now)::float8 AS blocked
      FROM locked b, clock WHERE b.layer = 'institution'
), limits AS MATERIALIZED (
    SELECT b.key, b.layer, b.tat, a.now, s.factor, w.per,
           {SPOILED % "CASE b.layer WHEN 'method' THEN w.per ELSE 0 END"} AS is_spoiled,
           CASE b.layer WHEN 'institution' THEN a.ceiling WHEN 'bulk' THEN a.ceiling * {BULK_SHARE}
                        WHEN 'service' THEN w.per * a.share ELSE 1 END AS ceiling
      FROM locked b JOIN wanted w USING (key), access a, shared s
), rates AS MATERIALIZED (
    SELECT l.*, r.burst, s.step, greatest(0, coalesce(extract(epoch FROM l.tat - l.now)::float8, r.burst * s.step)) AS
        ahead
      FROM limits l,
           LATERAL (SELECT greatest(1, least({LARGEST_BURST}, floor(l.ceiling / {CALLS_PER_BURST}))) AS burst) r,
           LATERAL (SELECT CASE WHEN l.layer = 'method' THEN l.per + %(spread)b::float8
                                WHEN l.ceiling > r.burst
                                THEN (%(window)b::float8 + %(spread)b::float8) / (l.ceiling - r.burst) / l.factor
                           END AS step) s
), full_window AS MATERIALIZED (
    SELECT coalesce(max(extract(epoch FROM c.at - a.now)::float8 + %(window)b::float8 + %(spread)b::float8), 0) AS
        seconds
      FROM access a LEFT JOIN LATERAL (
           SELECT at FROM sync_pacecall
            WHERE institution_id = %(institution)b AND NOT is_refused
              AND at > a.now - make_interval(secs => %(window)b::float8 + %(spread)b::float8)
            ORDER BY at DESC OFFSET greatest(floor(a.ceiling)::int - 1, 0) LIMIT 1) c ON true
), waits AS MATERIALIZED (
    SELECT a.now, a.is_whole AND NOT bool_or(r.is_spoiled) AS is_whole,
           bool_or(r.step IS NULL) AS is_shut, max(s.blocked) AS blocked,
           greatest(0, max(w.seconds)) AS full_window,
           max(r.ahead - (r.burst - 1) * r.step) AS early,
           (array_agg(r.layer ORDER BY r.ahead - (r.burst - 1) * r.step DESC))[1] AS layer,
           min(r.step) FILTER (WHERE r.layer = 'institution') AS step,
           %(lane)b::int = {int(Lane.BULK)} AND (SELECT {LIVE_DUE} FROM clock) AS yields
      FROM access a, shared s, full_window w, rates r GROUP BY a.now, a.is_whole
), verdict AS MATERIALIZED (
    SELECT *, is_whole AND NOT is_shut AND blocked <= 0 AND full_window <= 0 AND early <= 0 AND NOT yields AS is_granted
      FROM waits
), moved AS (
    UPDATE sync_pacebucket b
       SET granted_count = b.granted_count + v.is_granted::int,
           tat = v.now + make_interval(secs => CASE
                 WHEN v.is_granted THEN r.ahead + r.step
                 WHEN r.layer = 'institution' AND v.full_window > 0
                 THEN greatest(r.ahead, v.full_window + (r.burst - 1) * r.step)
                 ELSE r.ahead END)
      FROM rates r, verdict v
     WHERE b.key = r.key AND v.is_whole AND NOT v.is_shut
       AND (v.is_granted OR (r.tat IS NULL AND v.blocked <= 0) OR (r.layer = 'institution' AND v.full_window > 0))
), noted AS (
    INSERT INTO sync_pacecall (institution_id, at, is_refused, lane, service, method)
    SELECT %(institution)b, now, false, %(lane)b::int, %(service)b::text, %(method)b::text FROM verdict WHERE is_granted
)
SELECT v.is_granted, greatest(v.blocked, v.full_window, v.early, CASE WHEN v.yields THEN v.step ELSE 0 END) AS
    wait_seconds,
       CASE WHEN NOT v.is_whole THEN 'lost' WHEN v.is_granted THEN '' WHEN v.blocked > 0 THEN 'blocked'
            WHEN v.full_window > 0 THEN 'window' WHEN v.yields THEN 'live_first' ELSE v.layer END AS why,
       v.is_shut, v.now
  FROM verdict v
"""  # noqa: S608
# Made new, a bucket has no room (`tat` is empty until the first decision). One that stood for calls made within the
# last
# day was lost: it starts at a tenth of the pace, and an alarm says so until somebody resets it.
REMAKE: Final = f"""
INSERT INTO sync_pacebucket AS b (key, institution_id, layer, name, rate_factor, factor_since, blocked_until, remade_at)
SELECT w.key, %(institution)b, w.layer, w.name, CASE WHEN u.is_used THEN {SLOWEST_SHARE} ELSE 1 END, clock_timestamp(),
       clock_timestamp(), CASE WHEN u.is_used THEN clock_timestamp() END
  FROM unnest(%(keys)b::text[], %(layers)b::text[], %(names)b::text[], %(pers)b::float8[]) AS w(key, layer, name, per),
       LATERAL (SELECT EXISTS (
           SELECT 1 FROM sync_pacecall c
            WHERE c.institution_id = %(institution)b AND NOT c.is_refused AND c.at > clock_timestamp() - interval '1
                day'
              AND CASE w.layer WHEN 'bulk' THEN c.lane = {int(Lane.BULK)} WHEN 'service' THEN c.service = w.name
                               WHEN 'method' THEN c.method = w.name ELSE true END) AS is_used) u
 WHERE EXISTS (SELECT 1 FROM sync_apiaccess a WHERE a.institution_id = %(institution)b)
 ORDER BY w.key
ON CONFLICT (key) DO UPDATE
   SET tat = NULL, rate_factor = {SLOWEST_SHARE}, factor_since = clock_timestamp(), blocked_until = clock_timestamp(),
       remade_at = clock_timestamp()
 WHERE {SPOILED % "CASE b.layer WHEN 'method' THEN 86400 ELSE 0 END"}
RETURNING b.key, b.remade_at IS NOT NULL
"""  # noqa: S608  constants of ours

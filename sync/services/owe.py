"""Records that a target is owed something. Ten edits before the send stay one entry: the partial unique index
decides."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import psycopg

from sync.models import Entity, Lane, Target
from sync.services.sql import columns, run

# A parked entry whose refused field did not move stays parked: sending the same value would be refused the same way.
UNPARK = """
UPDATE sync_outboxentry e
   SET state = 'waiting', cause_id = NULL, due_at = clock_timestamp(), attempt_count = 0, first_failed_at = NULL,
       message = ''
  FROM unnest(%b::bigint[], %b::text[], %b::text[]) AS x(record_id, target, changed), sync_cause c
 WHERE e.{column} = x.record_id AND e.target = x.target AND e.state = 'parked' AND c.id = e.cause_id
   AND (c.field = '' OR position(',' || c.field || ',' IN x.changed) > 0)
"""
INSERT = """
INSERT INTO sync_outboxentry AS e (institution_id, entity, {column}, target, lane, state, due_at, waits_for, owner,
    attempt_count,
                                   outcome, message, created_at)
SELECT institution_id, '{entity}', record_id, target, lane, 'waiting', clock_timestamp(), waits_for, '', 0, '', '',
       clock_timestamp()
  FROM unnest(%b::int[], %b::bigint[], %b::text[], %b::smallint[], %b::text[])
       AS x(institution_id, record_id, target, lane, waits_for)
ON CONFLICT ({column}, target) WHERE state IN ('waiting', 'parked') AND {column} IS NOT NULL
DO UPDATE SET lane = least(e.lane, EXCLUDED.lane), waits_for = EXCLUDED.waits_for
        WHERE e.lane > EXCLUDED.lane OR e.waits_for <> EXCLUDED.waits_for
"""
STATEMENTS = {
    entity: (UNPARK.format(column=column), INSERT.format(column=column, entity=entity))
    for entity, column in ((Entity.CONTACT, "contact_id"), (Entity.ORDER, "order_id"))
}


@dataclass(frozen=True, slots=True)
class Owed:
    """One record that owes `target` something. `changed`: the fields that moved now; they may unpark a parked entry."""

    institution_id: int
    entity: Entity
    record_id: int
    target: Target = Target.CRM
    lane: Lane = Lane.LIVE
    waits_for: str = ""
    changed: Collection[str] = ()


def owe(cursor: psycopg.Cursor[Any], owed: Sequence[Owed]) -> None:
    """Make sure one open entry exists for each record; each record at most once per call. Safe to repeat.

    The caller holds the records' row locks, so that no other edit of the same record decides at the same time.
    """
    for entity, group in groupby(sorted(owed, key=lambda o: (o.entity, o.record_id)), key=lambda o: o.entity):
        rows = list(group)
        unpark, insert = STATEMENTS[entity]
        run(cursor, unpark, columns([(o.record_id, str(o.target), f",{','.join(o.changed)},") for o in rows], 3))
        run(
            cursor,
            insert,
            columns([(o.institution_id, o.record_id, str(o.target), int(o.lane), o.waits_for) for o in rows], 5),
        )

"""The record's story, written in bulk beside the change it tells of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from sync.models import EventKind
from sync.services.sql import columns, dumps, run

INSERT = """
INSERT INTO sync_recordevent (institution_id, contact_id, order_id, at, kind, target, actor, detail, cause_id, run_id,
                              delivery_record_id, entry_id, attempt_id)
SELECT institution_id, contact_id, order_id, clock_timestamp(), kind, target, actor, detail::jsonb, cause_id, run_id,
       delivery_record_id, entry_id, attempt_id
  FROM unnest(%b::int[], %b::bigint[], %b::bigint[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bigint[],
              %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[])
       AS x(institution_id, contact_id, order_id, kind, target, actor, detail, cause_id, run_id, delivery_record_id,
            entry_id, attempt_id)
"""
EMPTY_DETAIL = "{}"


@dataclass(slots=True)
class Event:
    """One line to be written. `detail` is JSON-ready; personal values only where they are the change itself."""

    institution_id: int
    kind: EventKind
    contact_id: int | None = None
    order_id: int | None = None
    target: str = ""
    actor: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    cause_id: int | None = None
    run_id: int | None = None
    delivery_record_id: int | None = None
    entry_id: int | None = None
    attempt_id: int | None = None


def write_events(cursor: psycopg.Cursor[Any], events: Sequence[Event]) -> None:
    """Append the lines in one statement. Not repeat-safe: call it once, in the transaction of the change."""
    if not events:
        return
    rows = [
        (
            e.institution_id,
            e.contact_id,
            e.order_id,
            str(e.kind),
            str(e.target),
            e.actor,
            dumps(e.detail) if e.detail else EMPTY_DETAIL,
            e.cause_id,
            e.run_id,
            e.delivery_record_id,
            e.entry_id,
            e.attempt_id,
        )
        for e in events
    ]
    run(cursor, INSERT, columns(rows, 12))

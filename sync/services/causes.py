"""Finds or opens the Cause a group of entries or records is parked under."""

from dataclasses import dataclass
from typing import Any

import psycopg

from sync.models import FailureKind, Target
from sync.services.sql import one_row, run

CODE_LENGTH = 100
MESSAGE_LENGTH = 500


@dataclass(frozen=True, slots=True)
class CauseKey:
    """What makes two failures the same reason: where, which kind, whose code, which field and class of value."""

    institution_id: int
    target: Target
    kind: FailureKind
    code: str
    field: str = ""
    value_class: str = ""


# Looked at without a lock: a cause met again and again must not make its workers wait for each other.
FIND = """
SELECT id FROM sync_cause
 WHERE institution_id = %s AND target = %s AND kind = %s AND code = %s AND field = %s AND value_class = %s
   AND lifted_at IS NULL AND last_seen_at > clock_timestamp() - interval '10 seconds'
"""
OPEN = """
INSERT INTO sync_cause (institution_id, target, kind, code, field, value_class, message, first_seen_at, last_seen_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, clock_timestamp(), clock_timestamp())
ON CONFLICT (institution_id, target, kind, code, field, value_class)
DO UPDATE SET last_seen_at = clock_timestamp(), lifted_at = NULL, message = EXCLUDED.message
RETURNING id
"""


def find_or_open_cause(cursor: psycopg.Cursor[Any], key: CauseKey, message: str = "") -> int:
    """The id of the cause, opened (again) where needed. Safe to repeat. `message` must be free of secrets and payloads.

    Two workers opening the same causes in different order can deadlock: run inside `once_more_on_race`.
    """
    values = (
        key.institution_id,
        str(key.target),
        str(key.kind),
        key.code[:CODE_LENGTH],
        key.field[:CODE_LENGTH],
        key.value_class[:CODE_LENGTH],
    )
    known = run(cursor, FIND, values).fetchone()
    if known is not None:
        return int(known[0])
    return int(one_row(run(cursor, OPEN, (*values, message[:MESSAGE_LENGTH])))[0])


class CauseBook:
    """Causes met within one transaction, each looked up once: a thousand refusals for one reason cost one statement."""

    def __init__(self, cursor: psycopg.Cursor[Any]) -> None:
        self._cursor = cursor
        self._ids: dict[CauseKey, int] = {}

    def id_of(self, key: CauseKey, message: str = "") -> int:
        if key not in self._ids:
            self._ids[key] = find_or_open_cause(self._cursor, key, message)
        return self._ids[key]

"""Completes an attempt with the answer it got."""

from typing import Any

import psycopg

from sync.models import AttemptOutcome
from sync.services.sql import run

END = """
UPDATE sync_attempt SET ended_at = clock_timestamp(), outcome = %s, failed_count = %s, code = %s, message = %s,
    request_id = %s
 WHERE id = %s
"""


def end_attempt(
    cursor: psycopg.Cursor[Any],
    attempt_id: int,
    outcome: AttemptOutcome,
    *,
    failed_count: int = 0,
    code: str = "",
    message: str = "",
    request_id: str = "",
) -> None:
    """Write how the call ended; `message` must be safe to show. Safe to repeat."""
    run(cursor, END, (str(outcome), failed_count, code[:100], message[:500], request_id[:200], attempt_id))

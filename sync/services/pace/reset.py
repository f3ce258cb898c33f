"""Back to the full pace, by a person: after SecuTix has said that the way is free, or to confirm an alarm."""

from django.db import transaction

from sync.models import PaceBucket
from sync.services.audit import note_action
from sync.services.sql import fast_cursor, run

RESET = """
UPDATE sync_pacebucket
   SET tat = NULL, rate_factor = 1, factor_since = clock_timestamp(), blocked_until = clock_timestamp(),
       throttles_in_a_row = 0, remade_at = NULL
 WHERE institution_id = %b
"""


def reset_pace(institution_id: int, *, actor: str, reason: str = "", key: str | None = None) -> int:
    """End the pause and the slow-down of an institution and confirm its alarm; the number of buckets. The calls of the
    last minute still count. Audited, in one transaction. Raises AlreadyDoneError.
    """
    with transaction.atomic():
        before = PaceBucket.objects.select_for_update().filter(institution_id=institution_id).order_by("key")
        told = {bucket.key: _told(bucket) for bucket in before}
        with fast_cursor() as cursor:
            count = run(cursor, RESET, (institution_id,)).rowcount
        note_action(
            actor,
            "reset_pace",
            f"institution {institution_id}",
            reason=reason,
            before=told,
            after={"rate_factor": 1.0, "buckets": count},
            key=key,
        )
    return count


def _told(bucket: PaceBucket) -> dict[str, str | float | None]:
    return {
        "rate_factor": bucket.rate_factor,
        "blocked_until": bucket.blocked_until.isoformat(),
        "remade_at": bucket.remade_at.isoformat() if bucket.remade_at else None,
    }

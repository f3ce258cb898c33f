"""What an endpoint last saw, for the screens: written so rarely that no delivery ever waits for it."""

import time
from typing import Final

import structlog
from django.db import DatabaseError, InterfaceError

from sync.services.endpoint_directory import EndpointCard, forget_endpoints
from sync.services.sql import fast_cursor, run

log = structlog.get_logger(__name__)

QUIET_SECONDS: Final = 5.0  # `last_delivery_at` may lag this far behind; the deliveries themselves carry exact times
REFUSAL_LENGTH: Final = 300

# SKIP LOCKED: when another request is just writing the same figures, ours may be left out.
DELIVERED = """
UPDATE sync_webhookendpoint
   SET last_delivery_at = clock_timestamp(), last_secret_use_at = clock_timestamp(), last_address = %s::inet,
       refused_in_a_row = 0
 WHERE id = (SELECT id FROM sync_webhookendpoint WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED)
"""
REFUSED = """
UPDATE sync_webhookendpoint
   SET refused_count = refused_count + 1, refused_in_a_row = refused_in_a_row + 1, last_refused_at = clock_timestamp(),
       last_secret_use_at = clock_timestamp(), last_address = %s::inet, last_refusal = %s
 WHERE id = %s
RETURNING refused_count
"""

_written_at: dict[int, float] = {}


def note_delivery(card: EndpointCard, address: str | None) -> None:
    """Remember that a delivery was stored, at most once in five seconds. Never raises: the delivery is safe already."""
    now = time.monotonic()
    if now - _written_at.get(card.id, -QUIET_SECONDS) < QUIET_SECONDS and not card.refused_in_a_row:
        return
    _written_at[card.id] = now
    try:
        with fast_cursor() as cursor:
            run(cursor, DELIVERED, (address, card.id))
    except (DatabaseError, InterfaceError) as error:
        log.info("endpoint_activity_not_written", endpoint=card.public_id, reason=type(error).__name__)
    if card.refused_in_a_row:
        forget_endpoints()


def count_refusal(card: EndpointCard, address: str | None, refusal: str) -> int:
    """One more refused request of a genuine caller; returns how many there have been. Raises DatabaseError."""
    _written_at.pop(card.id, None)  # the next delivery must end the row of refusals at once
    with fast_cursor() as cursor:
        row = run(cursor, REFUSED, (address, refusal[:REFUSAL_LENGTH], card.id)).fetchone()
    return int(row[0]) if row else 0

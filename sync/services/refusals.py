"""Keeps what the door refused although its caller was genuine: S-360 forgets those records after twelve tries."""

import hashlib
from typing import Final

import structlog
from django.db import DatabaseError, InterfaceError, transaction

from sync.s360.strict import DoorRefusal
from sync.services.endpoint_activity import count_refusal
from sync.services.endpoint_directory import EndpointCard
from sync.services.sql import fast_cursor, run

log = structlog.get_logger(__name__)

KEPT_PER_ENDPOINT: Final = 100
PRUNED_EVERY: Final = 20  # refusals between two clean-ups, so that a flood of them does not sort the table each time
KEPT_BYTES: Final = 64 * 1024

KEEP = """
INSERT INTO sync_delivery (endpoint_id, institution_id, stream, received_at, state, body, body_size, digest,
                           record_count, rejected_count, remote_address, refusal_status, refusal, warning, owner,
                           crash_count)
VALUES (%s, %s, %s, clock_timestamp(), 'refused', %s, %s, %s, 0, 0, %s::inet, %s, %s, '', '', 0)
"""
PRUNE = """
DELETE FROM sync_delivery
 WHERE id IN (SELECT id FROM sync_delivery WHERE endpoint_id = %s AND state = 'refused' ORDER BY id DESC OFFSET %s)
"""


def keep_refused(card: EndpointCard, refusal: DoorRefusal, body: bytes, *, size: int, address: str | None) -> None:
    """Store the body (at most its first 64 kB, beside the digest of what was read), count it, and raise an alarm.

    Never raises: the refusal must reach the sender even when there is nowhere to keep anything.
    """
    reason = f"{refusal.code}: {refusal.reason}"[:300]
    log.error(
        "delivery_refused", endpoint=card.public_id, institution=card.institution_code, code=refusal.code, bytes=size
    )
    kept, digest = body[:KEPT_BYTES], hashlib.sha256(body).digest()
    try:
        with transaction.atomic(), fast_cursor() as cursor:
            count = count_refusal(card, address, reason)
            place = (card.id, card.institution_id, str(card.stream))
            run(cursor, KEEP, (*place, kept, min(size, 2**31 - 1), digest, address, refusal.status, reason))
            if count % PRUNED_EVERY == 0:
                run(cursor, PRUNE, (card.id, KEPT_PER_ENDPOINT))
    except (DatabaseError, InterfaceError) as error:
        log.warning("refused_body_not_kept", endpoint=card.public_id, reason=type(error).__name__)


def note_wrong_credential(card: EndpointCard, address: str | None) -> None:
    """The URL was right, the second credential was not: counted, nothing kept. Never raises."""
    log.warning("hook_credential_wrong", endpoint=card.public_id, institution=card.institution_code)
    try:
        count_refusal(card, address, "credential_wrong: the URL is right, the second credential is not")
    except (DatabaseError, InterfaceError) as error:
        log.warning("refusal_not_counted", endpoint=card.public_id, reason=type(error).__name__)

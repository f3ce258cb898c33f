"""Held changes settled by one budgeted read of S-360: what S-360 says now is what holds.

Held are changes nobody may believe unasked: a captured request replayed long after, or a change of a field the endpoint
wants confirmed. One read per contact answers for all its held records. No transaction is open while S-360 is asked.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from django.db import transaction

from sync.engine.failures import Failure
from sync.http.client import CallFailedError
from sync.models import ApiAccess, Entity, FailureKind, Institution, Lane, Target, WebhookEndpoint
from sync.s360.problems import RecordRejected
from sync.services.api_access import open_client
from sync.services.causes import CauseBook, CauseKey
from sync.services.institution_rules import load_rules, policies_of
from sync.services.intake.apply_read import apply_read_contact
from sync.services.pace.permits import take_permit
from sync.services.pace.throttled import note_throttled
from sync.services.races import once_more_on_race
from sync.services.sql import fast_cursor, run

log = structlog.get_logger(__name__)

LIMIT: Final = 20  # contacts a turn: reads share S-360's limit with everybody else, and a worker with other work
PATIENCE_SECONDS: Final = 2.0  # two slots of the usual pace; a longer wait is for the next turn
TRIES: Final = 3
NO_PERMIT: Final = "no_permit"
CONFIRMABLE: Final = ("old_replay", "needs_confirmation")

HELD = """
SELECT r.id, r.external_id, d.endpoint_id
  FROM sync_deliveryrecord r JOIN sync_delivery d ON d.id = r.delivery_id
 WHERE r.state = 'parked' AND r.outcome = 'held' AND d.stream IN ('contacts', 'export-contacts')
   AND r.cause_id IN (SELECT id FROM sync_cause WHERE institution_id = %b AND code = ANY(%b::text[]))
 ORDER BY r.id LIMIT %b
"""
SETTLE = """
WITH settled AS (
    UPDATE sync_deliveryrecord r
       SET state = 'settled', outcome = %b, cause_id = NULL, problem = %b, settled_at = clock_timestamp()
     WHERE r.id = ANY(%b::bigint[]) AND r.state = 'parked' AND r.outcome = 'held'
    RETURNING r.delivery_id
), counted AS (
    SELECT d.run_id, count(*) AS records FROM settled s JOIN sync_delivery d ON d.id = s.delivery_id
     WHERE d.run_id IS NOT NULL GROUP BY d.run_id
)
UPDATE sync_syncrun r
   SET error_count = greatest(0, r.error_count - c.records), succeeded_count = r.succeeded_count + c.records
  FROM counted c WHERE r.id = c.run_id
"""
KEEP = """
UPDATE sync_deliveryrecord SET cause_id = %b, problem = %b
 WHERE id = ANY(%b::bigint[]) AND state = 'parked' AND outcome = 'held'
"""


@dataclass(frozen=True, slots=True)
class HeldContact:
    """One contact with changes that wait for a read."""

    number: str
    endpoint_id: int
    record_ids: tuple[int, ...]


def confirm_held_records(institution_id: int, *, limit: int = LIMIT) -> int:
    """Read S-360 for contacts with held changes and settle these. Returns how many contacts; safe to repeat.

    Stops at the first call that S-360 does not answer or our budget does not allow: the next turn goes on.
    """
    held = held_contacts(institution_id, limit)
    if not held or not ApiAccess.objects.filter(institution_id=institution_id).exists():
        return 0
    institution = Institution.objects.get(pk=institution_id)
    settled = 0
    try:
        client = open_client(institution, permit=lambda service, method: _ask(institution_id, service, method))
        for contact in held:
            settle_by_reading(institution_id, contact, client.get_contact(contact.number))
            settled += 1
    except CallFailedError as error:
        failure = error.failure
        if failure.kind == "throttled" and failure.code != NO_PERMIT:
            note_throttled(institution_id, failure.retry_after)
        log.info("confirmation_postponed", institution=institution_id, code=failure.code, kind=failure.kind)
    except RecordRejected as rejected:
        log.info(
            "confirmation_postponed", institution=institution_id, code="record_not_understood", field=rejected.field
        )
    return settled


def held_contacts(institution_id: int, limit: int) -> list[HeldContact]:
    """The oldest contacts with changes a read may settle."""
    with fast_cursor() as cursor:
        rows = run(cursor, HELD, (institution_id, list(CONFIRMABLE), limit)).fetchall()
    by_number: dict[str, list[tuple[int, int]]] = {}
    for record_id, number, endpoint_id in rows:
        by_number.setdefault(number, []).append((record_id, endpoint_id))
    return [
        HeldContact(number, found[-1][1], tuple(record_id for record_id, _ in found))
        for number, found in by_number.items()
    ]


def settle_by_reading(institution_id: int, contact: HeldContact, answer: dict[str, Any] | None) -> None:
    """Make S-360's answer hold and settle the held records with it; without one they stay, under another
    cause."""
    if answer is None:
        once_more_on_race(lambda: _keep_unknown(institution_id, contact))
    else:
        once_more_on_race(lambda: _apply_and_settle(institution_id, contact, answer))


def _apply_and_settle(institution_id: int, contact: HeldContact, answer: dict[str, Any]) -> None:
    endpoint = WebhookEndpoint.objects.get(pk=contact.endpoint_id)
    rules, policies = load_rules(institution_id), policies_of(institution_id, Entity.CONTACT)
    with transaction.atomic(), fast_cursor() as cursor:
        changed = apply_read_contact(cursor, endpoint, rules, policies, answer, max(contact.record_ids))
        outcome = "applied" if changed else "stale"
        said = "S-360 was read: it says so now." if changed else "S-360 was read: it says otherwise, or nothing new."
        run(cursor, SETTLE, (outcome, said, list(contact.record_ids)))


def _keep_unknown(institution_id: int, contact: HeldContact) -> None:
    with transaction.atomic(), fast_cursor() as cursor:
        key = CauseKey(institution_id, Target.S360, FailureKind.PERMANENT, "not_in_s360")
        message = "S-360 was read and does not know this number: merged, deleted, or never there."
        run(cursor, KEEP, (CauseBook(cursor).id_of(key, message), message, list(contact.record_ids)))


def _ask(institution_id: int, service: str, method: str) -> None:
    """Take a permit, waiting a moment for the next free slot. Raises CallFailedError when the budget has no room
    soon."""
    for _ in range(TRIES):
        permit = take_permit(institution_id, Lane.RETRY, service, method)
        if permit.granted:
            return
        if permit.wait_seconds > PATIENCE_SECONDS:
            break
        time.sleep(permit.wait_seconds)
    text = f"no room in the budget for {permit.wait_seconds:.0f} s ({permit.why})"
    raise CallFailedError(Failure("throttled", "connection", NO_PERMIT, text, retry_after=permit.wait_seconds))


def institutions_with_held_records() -> Sequence[int]:
    """Where a read could settle something."""
    query = """
    SELECT DISTINCT c.institution_id FROM sync_cause c JOIN sync_apiaccess a ON a.institution_id = c.institution_id
     WHERE c.code = ANY(%b::text[]) AND EXISTS (
           SELECT 1 FROM sync_deliveryrecord r WHERE r.cause_id = c.id AND r.state = 'parked' AND r.outcome = 'held')
    """
    with fast_cursor() as cursor:
        return [row[0] for row in run(cursor, query, (list(CONFIRMABLE),)).fetchall()]

"""Takes waiting deliveries and applies their records: set-based, one transaction a batch, one bad record never the
rest.

A batch that fails as a whole (something PostgreSQL refuses, a fault of ours) is halved down to the guilty record, which
is parked with its traceback in the log. Safe to repeat at any point: outcomes are written with the change.
"""

import traceback
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

import structlog
from django.db import OperationalError, transaction

from sync.models import Entity, FailureKind, RecordOutcome, Stream, Target, WebhookEndpoint
from sync.services.causes import CauseBook, CauseKey
from sync.services.events import Event, write_events
from sync.services.institution_rules import InstitutionRules, load_rules, policies_of
from sync.services.intake.batch import Batch, BatchRaceError, LeaseLostError
from sync.services.intake.claim import ClaimedDelivery, claim_deliveries
from sync.services.intake.contacts import apply_contacts
from sync.services.intake.orders import apply_orders
from sync.services.intake.read import Work, read_records, waiting_ids
from sync.services.intake.settle import settle_deliveries, settle_records
from sync.services.nudge import nudge_after_commit
from sync.services.owe import owe
from sync.services.races import is_race
from sync.services.sql import fast_cursor, run

log = structlog.get_logger(__name__)

MAX_CRASHES: Final = 3
# Counts the crash this try would be, before it is made. The first one happened in a batch, where the guilty record is
# not known: it counts for each of them.
MARK = """
UPDATE sync_deliveryrecord SET crash_count = greatest(crash_count, 1) + 1 WHERE id = %s AND crash_count < %s
"""
MAX_RACES: Final = 5  # each race means another worker got ahead, so a few rounds always suffice


def apply_due(owner: str) -> int:
    """Claim and apply one batch of deliveries. Returns how many deliveries were claimed; 0 means nothing is due."""
    claimed = claim_deliveries(owner)
    steady = sorted((d for d in claimed if not d.crash_count), key=lambda d: (d.endpoint_id, d.id))
    for _, group in groupby(steady, key=lambda d: d.endpoint_id):
        apply_deliveries(list(group), owner)
    for delivery in claimed:
        if delivery.crash_count:
            apply_carefully(delivery, owner)
    return len(claimed)


def apply_deliveries(deliveries: Sequence[ClaimedDelivery], owner: str) -> None:
    """Apply claimed deliveries of one endpoint."""
    endpoint = WebhookEndpoint.objects.get(pk=deliveries[0].endpoint_id)
    rules = load_rules(endpoint.institution_id)
    with transaction.atomic(), fast_cursor() as cursor:
        works = read_records(cursor, deliveries, rules, endpoint)
        if not works:
            settle_deliveries(cursor, [d.id for d in deliveries], owner)
    apply_works(works, endpoint, rules, owner)


def apply_works(works: Sequence[Work[Any]], endpoint: WebhookEndpoint, rules: InstitutionRules, owner: str) -> None:
    """Apply these records in one transaction; on failure halve them until the guilty one stands alone, and park it."""
    if not works:
        return
    try:
        _apply_once_more_on_race(works, endpoint, rules, owner)
    except (LeaseLostError, OperationalError):
        raise  # nothing is wrong with the records: the lease brings them back
    except Exception as error:  # noqa: BLE001 - the one place where a bad record must not stop its neighbours
        if len(works) > 1:
            middle = len(works) // 2
            apply_works(works[:middle], endpoint, rules, owner)
            apply_works(works[middle:], endpoint, rules, owner)
        else:
            log.error(  # noqa: TRY400 - without the exception's own text: it may quote the payload
                "record_failed", record=works[0].record_id, error=type(error).__name__, traceback=_safe_traceback(error)
            )
            park_record(works[0], rules.institution_id, owner, type(error).__name__)


def _apply_once_more_on_race(
    works: Sequence[Work[Any]], endpoint: WebhookEndpoint, rules: InstitutionRules, owner: str
) -> None:
    for round_ in range(MAX_RACES):
        try:
            _apply(works, endpoint, rules, owner)
        except (BatchRaceError, OperationalError) as error:
            if round_ == MAX_RACES - 1 or not (isinstance(error, BatchRaceError) or is_race(error)):
                raise
        else:
            return


def _apply(works: Sequence[Work[Any]], endpoint: WebhookEndpoint, rules: InstitutionRules, owner: str) -> None:
    entity = Stream(endpoint.stream).entity
    policies = policies_of(rules.institution_id, entity)
    for work in works:
        work.begin()
    with transaction.atomic(), fast_cursor() as cursor:
        batch = Batch(cursor, endpoint, rules, policies, works, CauseBook(cursor))
        if entity == Entity.CONTACT:
            apply_contacts(batch)
        else:
            apply_orders(batch)
        owe(cursor, batch.owed)
        write_events(cursor, events_of(batch, entity))
        settle_records(cursor, works, owner)
        if batch.owed:
            nudge_after_commit("push")


def events_of(batch: Batch, entity: Entity) -> list[Event]:
    """The batch's lines, now that every record has an id; a rejected record without one has its story in its
    delivery."""
    events = []
    for held, event in batch.events:
        if held is None or held.is_new:
            continue
        if entity == Entity.CONTACT:
            event.contact_id = held.id
        else:
            event.order_id = held.id
        events.append(event)
    return events


def park_record(work: Work[Any], institution_id: int, owner: str, code: str) -> None:
    """Park one record that our own code could not digest; its neighbours have gone on."""
    with transaction.atomic(), fast_cursor() as cursor:
        cause_id = CauseBook(cursor).id_of(
            CauseKey(institution_id, Target.S360, FailureKind.INTERNAL, code),
            "The console failed on this record; its log has the details.",
        )
        work.park(RecordOutcome.FAILED, cause_id, f"The console failed on this record ({code}).")
        settle_records(cursor, [work], owner)


def _safe_traceback(error: BaseException) -> str:
    """Where it happened, without the exception's own text: that may quote the payload."""
    return "".join(traceback.format_tb(error.__traceback__))


def apply_carefully(delivery: ClaimedDelivery, owner: str) -> None:
    """A delivery whose worker died: one record at a time, each marked before it is read.

    The one that kills its worker again is parked after its third crash; the others are applied.
    """
    endpoint = WebhookEndpoint.objects.get(pk=delivery.endpoint_id)
    rules = load_rules(endpoint.institution_id)
    with transaction.atomic(), fast_cursor() as cursor:
        record_ids = waiting_ids(cursor, delivery)
        if not record_ids:
            settle_deliveries(cursor, [delivery.id], owner)
    for record_id in record_ids:
        if may_be_tried(record_id):
            with fast_cursor() as cursor:
                works = read_records(cursor, [delivery], rules, endpoint, only=record_id)
            apply_works(works, endpoint, rules, owner)
        else:
            unread: Work[Any] = Work(record_id, delivery.id, delivery.run_id, is_confirmed=False, is_old_replay=False)
            park_record(unread, rules.institution_id, owner, "worker_died")


def may_be_tried(record_id: int) -> bool:
    """Mark one more try at this record, committed before it is made; False once three have ended with a dead worker."""
    with fast_cursor() as cursor:
        return run(cursor, MARK, (record_id, MAX_CRASHES)).rowcount == 1

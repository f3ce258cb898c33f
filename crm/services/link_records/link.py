"""Links one contact to one CRM record: intent, the one write to the CRM, then everything else in one transaction.

Whatever stops it half-way, a repeat goes on from there: the number on the CRM's record is read before it is written,
and a binding that exists is kept.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from django.db import DatabaseError, IntegrityError, InterfaceError, transaction

from crm.connectors.base import ConnectorUnavailable, RecordResult
from crm.connectors.base import Entity as RemoteEntity
from crm.services.bindings import find_bindings, save_bindings
from crm.services.connection_state import note_failure
from crm.services.link_records.candidate import Candidate, candidate_for
from crm.services.link_records.far_end import LinkRefusedError, is_of_connection
from sync.models import IN_FLIGHT_STATES, Contact, Entity, EventKind, Lane, OutboxEntry, Target
from sync.services.audit import note_action
from sync.services.events import Event, write_events
from sync.services.ledger.release import release_orders_of
from sync.services.nudge import nudge_after_commit
from sync.services.owe import Owed, owe
from sync.services.races import once_more_on_race
from sync.services.requeue import requeue_entries
from sync.services.sql import dumps, fast_cursor, run

# Of the session, not of a transaction: it is held while the CRM is called. PostgreSQL lets go of it when we die.
LOCK_CLASS: Final = 7361
LOCK: Final = "SELECT pg_try_advisory_lock(%s, hashtext(%s))"
UNLOCK: Final = "SELECT pg_advisory_unlock(%s, hashtext(%s))"
# A contact the CRM did not have until now: what may be left of an earlier link says nothing about this record.
KNOWN_NOW: Final = """
UPDATE sync_contact SET crm_view = %b::jsonb, agreed = '{}', is_in_crm = true, crm_seen_at = clock_timestamp()
 WHERE id = %b AND NOT is_in_crm
"""


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What linking did. `was_linked`: it was so before; `requeued`: its parked work goes on; `freed`: orders."""

    contact_id: int
    number: str
    remote_id: str
    was_linked: bool
    requeued: bool
    freed: int


def link_contact(contact_id: int, remote_id: str, actor: str, reason: str, key: str | None = None) -> LinkReport:
    """Write the contact's number on this CRM record and bind the two. Safe to repeat; call it outside transactions.

    `key`: unique per form sent; a second click raises AlreadyDoneError. Raises LinkRefusedError, before anything is
    written: the record carries another number (named), belongs to another contact, is not there, or is being sent.
    """
    contact = Contact.objects.select_related("institution").get(pk=contact_id)
    with _alone(f"contact {contact_id}"):
        candidate = candidate_for(contact, remote_id)
        if candidate is None:
            raise LinkRefusedError("No CRM record was named.")
        with _alone(f"record {candidate.end.connection.pk} {remote_id}"):
            _refuse_unless_free(candidate)
            asked = {"remote_id": remote_id, "carries": candidate.carries}
            note_action(actor, "link_record", f"contact {contact}", reason=reason, before=asked, key=key)
            adopted = _adopt(candidate)
            return once_more_on_race(lambda: _write_down(candidate, actor, reason, adopted))


def _refuse_unless_free(candidate: Candidate) -> None:
    if candidate.obstacle:
        raise LinkRefusedError(candidate.obstacle)
    flying = OutboxEntry.objects.filter(contact=candidate.contact, target=Target.CRM, state__in=IN_FLIGHT_STATES)
    if flying.exists():
        raise LinkRefusedError("This contact is being sent to the CRM right now. Try again in a minute.")


def _adopt(candidate: Candidate) -> RecordResult:
    """The CRM's record carries the number now. No transaction is open. Raises LinkRefusedError."""
    end = candidate.end
    try:
        connector = end.open([candidate.contact.s360_view])
        result = connector.adopt(RemoteEntity.CONTACT, candidate.remote_id, candidate.key)
    except ConnectorUnavailable as error:
        raise end.unavailable(error, "written") from error
    if result.failure is not None:
        if is_of_connection(result.failure):
            note_failure(end.connection.pk, result.failure)
        raise LinkRefusedError(f"The CRM refuses the link: {result.failure.message}.")
    return result


def _write_down(candidate: Candidate, actor: str, reason: str, adopted: RecordResult) -> LinkReport:
    contact = candidate.contact
    with transaction.atomic(), fast_cursor() as cursor:
        locked = Contact.objects.select_for_update().only("is_in_crm").get(pk=contact.pk)
        _bind(cursor, candidate, adopted.remote_version or candidate.version)
        if not locked.is_in_crm:
            run(cursor, KNOWN_NOW, (dumps(dict(candidate.view)), contact.pk))
            _tell(cursor, candidate, actor, reason, adopted)
        freed = release_orders_of(cursor, [contact.pk])
        requeued = _go_on(cursor, candidate, actor, reason)
        nudge_after_commit("push")
    return LinkReport(contact.pk, str(contact), candidate.remote_id, locked.is_in_crm, requeued, freed)


def _bind(cursor: psycopg.Cursor[Any], candidate: Candidate, version: str) -> None:
    """Raises LinkRefusedError where somebody else was first: the push found its own record, or bound this one."""
    connection_id, contact_id, remote_id = candidate.end.connection.pk, candidate.contact.pk, candidate.remote_id
    held = find_bindings(cursor, connection_id, Entity.CONTACT, [contact_id]).get(contact_id)
    if held is None:
        try:
            save_bindings(cursor, connection_id, Entity.CONTACT, [(contact_id, remote_id, version)])
        except IntegrityError as error:
            raise LinkRefusedError(f"CRM record {remote_id} was bound to another contact meanwhile.") from error
        held = find_bindings(cursor, connection_id, Entity.CONTACT, [contact_id]).get(contact_id)
    if held != remote_id:
        whose = f"this contact to record {held}" if held else f"record {remote_id} to another contact"
        raise LinkRefusedError(f"Meanwhile the console has bound {whose}: look at both in the CRM.")


def _tell(cursor: psycopg.Cursor[Any], candidate: Candidate, actor: str, reason: str, adopted: RecordResult) -> None:
    contact = candidate.contact
    told = {
        "remote_id": candidate.remote_id,
        "number": "written" if adopted.status == "updated" else "was there",
        "agree": len(candidate.agreeing),
        "differ": len(candidate.differing),
    }
    detail = told | ({"reason": reason} if reason else {})
    event = Event(
        contact.institution_id, EventKind.LINKED, contact_id=contact.pk, target=Target.CRM, actor=actor, detail=detail
    )
    write_events(cursor, [event])
    note_action(actor, "record_linked", f"contact {contact}", reason=reason, after=told)


def _go_on(cursor: psycopg.Cursor[Any], candidate: Candidate, actor: str, reason: str) -> bool:
    """The parked entry, or a new one where something is to be sent or agreed. Was there a parked one?"""
    contact = candidate.contact
    parked = OutboxEntry.objects.filter(contact=contact, target=Target.CRM, state="parked")
    entry_ids = list(parked.values_list("pk", flat=True))
    if entry_ids:
        return bool(requeue_entries(entry_ids, actor, reason or "It is linked now.").requeued)
    if not candidate.plan.is_empty:
        owe(cursor, [Owed(contact.institution_id, Entity.CONTACT, contact.pk, lane=Lane.OPERATOR)])
    return False


@contextmanager
def _alone(what: str) -> Iterator[None]:
    """Nobody else links this at the same moment, on any machine. Raises LinkRefusedError instead of waiting."""
    with fast_cursor() as cursor:
        got = cursor.execute(LOCK, (LOCK_CLASS, what)).fetchone()
    if got is None or not got[0]:
        raise LinkRefusedError("Somebody else is linking this at the moment. Look again in a minute.")
    try:
        yield
    finally:
        with suppress(DatabaseError, InterfaceError), fast_cursor() as cursor:  # a lost session has let go already
            cursor.execute(UNLOCK, (LOCK_CLASS, what))

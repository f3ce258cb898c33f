"""Sends whose outcome nobody knows: wait, read the CRM, then decide. Never sent again on doubt.

The CRM shows what was sent: settled as done, an order once more tied to its contact. It does not (nothing there, the
old values, or somebody else's): back to waiting, where the next send is planned from what is true then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from crm.connectors.base import ConnectorUnavailable, CrmConnector, Ref, RemoteRecord, Scalar
from crm.models import Connection
from crm.services.bindings import find_bindings, save_bindings
from crm.services.connection_state import note_failure, note_success, pass_gate
from crm.services.mapping import EntityMapping, UnmappedValueError
from crm.services.open_connector import open_connector
from crm.services.push.relink import link_again, links_separately, may_pass, written
from crm.services.push.targets import PushTargets, load_targets
from sync.engine.backoff import AGE_LIMIT
from sync.engine.fields import Entity as RemoteEntity
from sync.models import Entity, EntryState, Target
from sync.services.ledger.settle import settle_entries
from sync.services.ledger.take import TABLES, Sender
from sync.services.ledger.verdict import Action, Verdict
from sync.services.sql import fast_cursor, run

LIMIT: Final = 100

# A lease on the reading itself: two workers must not read (and settle) the same entry.
TAKE = """
WITH due AS (
    SELECT e.id FROM sync_outboxentry e
     WHERE e.state = 'uncertain' AND e.target = 'crm' AND e.entity = '{entity}' AND e.institution_id = ANY(%b::int[])
       AND e.lease_until <= clock_timestamp()
     ORDER BY e.lease_until LIMIT %b FOR UPDATE SKIP LOCKED
)
UPDATE sync_outboxentry e SET owner = %b, lease_until = clock_timestamp() + make_interval(secs => %b)
  FROM due, {table} r
 WHERE e.id = due.id AND r.id = e.{column}
RETURNING e.id, e.institution_id, e.{column}, r.{key}::text, e.intent, e.attempt_id,
       e.created_at > clock_timestamp() - %b::interval, {contact}
"""
KEYS = {Entity.CONTACT: "contact_number", Entity.ORDER: "order_id"}
CONTACTS = {Entity.CONTACT: "NULL::bigint, ''::text", Entity.ORDER: "r.contact_id, r.contact_number"}
TAKES = {
    entity: TAKE.format(entity=entity, table=table, column=column, key=KEYS[entity], contact=CONTACTS[entity])
    for entity, (table, column) in TABLES.items()
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """An uncertain send: what was sent, and to which record; of an order also whose it is."""

    entry_id: int
    institution_id: int
    record_id: int
    key: str | None
    intent: Mapping[str, Any] | None
    attempt_id: int | None
    is_young: bool
    contact_id: int | None
    contact_number: str


@dataclass(frozen=True, slots=True)
class Ties:
    """The CRM's ids we know, by record id: of the doubtful records, and of their contacts."""

    records: Mapping[int, str]
    contacts: Mapping[int, str]


def resolve_uncertain(connection_id: int, owner: str) -> int:
    """Read and decide the uncertain sends whose wait is over. Returns how many were decided; safe to repeat."""
    connection = Connection.objects.get(pk=connection_id)
    decided = 0
    for entity in Entity:
        try:
            targets = load_targets(connection, entity)
        except ConnectorUnavailable as unavailable:
            note_failure(connection_id, unavailable.failure)
            return decided
        sender = Sender(owner, Target.CRM, entity, connection_id, "fetch")
        with transaction.atomic(), fast_cursor() as cursor:
            row = (list(targets.by_institution), LIMIT, owner, settings.SEND_LEASE_SECONDS, AGE_LIMIT)
            doubts = [Doubt(*found) for found in run(cursor, TAKES[entity], row).fetchall()]
            ties = Ties(
                find_bindings(cursor, connection_id, entity, [d.record_id for d in doubts]),
                find_bindings(cursor, connection_id, Entity.CONTACT, [d.contact_id for d in doubts if d.contact_id]),
            )
        if doubts and pass_gate(connection_id).is_open:
            decided += _read_and_settle(connection, sender, targets, doubts, ties)
    return decided


def _read_and_settle(
    connection: Connection, sender: Sender, targets: PushTargets, doubts: Sequence[Doubt], ties: Ties
) -> int:
    refs = {d.entry_id: _ref(d, targets, ties.records) for d in doubts}
    try:
        connector = open_connector(connection)
        by_ref = _fetch(connector, sender.entity, list(refs.values()))
        found = {d.entry_id: by_ref.get(refs[d.entry_id]) for d in doubts}
        verdicts = {d.entry_id: _verdict(d, targets.mapping, found[d.entry_id]) for d in doubts}
        if links_separately(connector, connection, sender.entity):
            verdicts |= _unlinked(
                connector, targets, [d for d in doubts if _is_done(verdicts[d.entry_id])], found, ties
            )
    except ConnectorUnavailable as unavailable:
        note_failure(connection.pk, unavailable.failure)
        _put_back(doubts, sender.owner)
        return 0
    note_success(connection.pk)
    for attempt_id in {d.attempt_id for d in doubts}:
        group = [verdicts[d.entry_id] for d in doubts if d.attempt_id == attempt_id]
        _settle_group(connection, sender, targets, group, found, attempt_id)
    return len(doubts)


def _is_done(verdict: Verdict) -> bool:
    return verdict.action is Action.DONE


def _unlinked(
    connector: CrmConnector,
    targets: PushTargets,
    doubts: Sequence[Doubt],
    found: Mapping[int, RemoteRecord | None],
    ties: Ties,
) -> dict[int, Verdict]:
    """Other verdicts for the orders found written whose link is refused: the push tries, and tells why not.

    Raises ConnectorUnavailable when a link failed for a reason that may pass: read and linked again later.
    """
    orders = []
    for doubt in doubts:
        prefix, remote = targets.by_institution[doubt.institution_id].key_prefix, found[doubt.entry_id]
        contact = (doubt.contact_id, prefix + doubt.contact_number)
        if remote is not None:
            orders.append(written(doubt.entry_id, prefix + (doubt.key or ""), remote.remote_id, contact, ties.contacts))
    failed = link_again(connector, [order for order in orders if order is not None])
    for doubt in doubts:
        if doubt.is_young and (failure := failed.get(doubt.entry_id)) is not None and may_pass(failure):
            raise ConnectorUnavailable(failure)
    message = "Read: the order is there, but its link to the contact could not be made; it is sent again."
    return {d.entry_id: _again(d, message) for d in doubts if d.entry_id in failed}


def _fetch(connector: CrmConnector, entity: Entity, refs: list[Ref]) -> Mapping[Ref, RemoteRecord | None]:
    return connector.fetch(RemoteEntity(entity), refs)


def _ref(doubt: Doubt, targets: PushTargets, bindings: Mapping[int, str]) -> Ref:
    remote_id = bindings.get(doubt.record_id)
    if remote_id is not None:
        return Ref(remote_id=remote_id)
    return Ref(key=targets.by_institution[doubt.institution_id].key_prefix + (doubt.key or ""))


def _settle_group(
    connection: Connection,
    sender: Sender,
    targets: PushTargets,
    verdicts: Sequence[Verdict],
    found: Mapping[int, RemoteRecord | None],
    attempt_id: int | None,
) -> None:
    ties = [
        (verdict.record_id, remote.remote_id, remote.version or "")
        for verdict in verdicts
        if (remote := found[verdict.entry_id]) is not None and _is_done(verdict)
    ]
    with transaction.atomic(), fast_cursor() as cursor:
        settle_entries(
            cursor, sender, verdicts, targets.policies, attempt_id=attempt_id, from_states=(EntryState.UNCERTAIN,)
        )
        save_bindings(cursor, connection.pk, sender.entity, ties)


def _verdict(doubt: Doubt, mapping: EntityMapping, remote: RemoteRecord | None) -> Verdict:
    intent = doubt.intent or {}
    if remote is not None and intent and _holds(remote, mapping, intent):
        detail = {"status": "found by reading", "remote_id": remote.remote_id}
        return Verdict(doubt.entry_id, doubt.institution_id, doubt.record_id, Action.DONE, sent=intent, detail=detail)
    return _again(doubt, "Read: the CRM does not hold what was sent, so it is sent again as of now.")


def _again(doubt: Doubt, message: str) -> Verdict:
    return Verdict(
        doubt.entry_id, doubt.institution_id, doubt.record_id, Action.RETRY, message=message, code="read_back"
    )


def _holds(remote: RemoteRecord, mapping: EntityMapping, intent: Mapping[str, Any]) -> bool:
    try:
        wanted = mapping.remote_fields(intent)
    except UnmappedValueError:
        return False
    return all(_same(remote.fields.get(name), value) for name, value in wanted.items())


def _same(held: Scalar, wanted: Scalar) -> bool:
    """CRMs answer in text, and null for what is empty."""
    return _text(held) == _text(wanted)


def _text(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value).strip()


def _put_back(doubts: Sequence[Doubt], owner: str) -> None:
    """The CRM could not be read now: wait again."""
    with fast_cursor() as cursor:
        run(
            cursor,
            "UPDATE sync_outboxentry SET owner = '', lease_until = clock_timestamp() + make_interval(secs => %b) "
            "WHERE id = ANY(%b::bigint[]) AND owner = %b AND state = 'uncertain'",
            (float(settings.CRM_VERIFY_SECONDS), [d.entry_id for d in doubts], owner),
        )

"""Sends whose outcome nobody knows: wait, read the CRM, then decide. Never sent again on doubt.

The CRM shows what was sent: settled as done. It does not (nothing there, the old values, or somebody else's): back to
waiting, where the next send is planned from what is true then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from django.conf import settings
from django.db import transaction

from crm.connectors.base import ConnectorUnavailable, CrmConnector, Ref, RemoteRecord, Scalar
from crm.models import Connection
from crm.services.bindings import find_bindings, save_bindings
from crm.services.connection_state import note_failure, note_success, pass_gate
from crm.services.mapping import EntityMapping, UnmappedValueError
from crm.services.open_connector import open_connector
from crm.services.push.targets import PushTargets, load_targets
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
RETURNING e.id, e.institution_id, e.{column}, r.{key}::text, e.intent, e.attempt_id
"""
KEYS = {Entity.CONTACT: "contact_number", Entity.ORDER: "order_id"}
TAKES = {
    entity: TAKE.format(entity=entity, table=table, column=column, key=KEYS[entity])
    for entity, (table, column) in TABLES.items()
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """An uncertain send: what was sent, and to which record."""

    entry_id: int
    institution_id: int
    record_id: int
    key: str | None
    intent: Mapping[str, Any] | None
    attempt_id: int | None


def resolve_uncertain(connection_id: int, owner: str) -> int:
    """Read and decide the uncertain sends whose wait is over. Returns how many were decided; safe to repeat."""
    connection = Connection.objects.get(pk=connection_id)
    decided = 0
    for entity in Entity:
        targets = load_targets(connection, entity)
        sender = Sender(owner, Target.CRM, entity, connection_id, "fetch")
        with transaction.atomic(), fast_cursor() as cursor:
            row = (list(targets.by_institution), LIMIT, owner, settings.SEND_LEASE_SECONDS)
            doubts = [Doubt(*found) for found in run(cursor, TAKES[entity], row).fetchall()]
            bindings = find_bindings(cursor, connection_id, entity, [d.record_id for d in doubts])
        if doubts and pass_gate(connection_id).is_open:
            decided += _read_and_settle(connection, sender, targets, doubts, bindings)
    return decided


def _read_and_settle(
    connection: Connection, sender: Sender, targets: PushTargets, doubts: Sequence[Doubt], bindings: Mapping[int, str]
) -> int:
    refs = {d.entry_id: _ref(d, targets, bindings) for d in doubts}
    try:
        found = _fetch(open_connector(connection), sender.entity, list(refs.values()))
    except ConnectorUnavailable as unavailable:
        note_failure(connection.pk, unavailable.failure)
        _put_back(doubts, sender.owner)
        return 0
    note_success(connection.pk)
    for attempt_id in {d.attempt_id for d in doubts}:
        group = [d for d in doubts if d.attempt_id == attempt_id]
        with transaction.atomic(), fast_cursor() as cursor:
            _settle_group(
                cursor, connection, sender, targets, group, {d.entry_id: found.get(refs[d.entry_id]) for d in group}
            )
    return len(doubts)


def _fetch(connector: CrmConnector, entity: Entity, refs: list[Ref]) -> Mapping[Ref, RemoteRecord | None]:
    return connector.fetch(RemoteEntity(entity), refs)


def _ref(doubt: Doubt, targets: PushTargets, bindings: Mapping[int, str]) -> Ref:
    remote_id = bindings.get(doubt.record_id)
    if remote_id is not None:
        return Ref(remote_id=remote_id)
    return Ref(key=targets.by_institution[doubt.institution_id].key_prefix + (doubt.key or ""))


def _settle_group(
    cursor: psycopg.Cursor[Any],
    connection: Connection,
    sender: Sender,
    targets: PushTargets,
    doubts: Sequence[Doubt],
    found: Mapping[int, RemoteRecord | None],
) -> None:
    verdicts = [_verdict(d, targets.mapping, found[d.entry_id]) for d in doubts]
    ties = [
        (d.record_id, remote.remote_id, remote.version or "")
        for d, v in zip(doubts, verdicts, strict=True)
        if (remote := found[d.entry_id]) is not None and v.action is Action.DONE
    ]
    settle_entries(
        cursor, sender, verdicts, targets.policies, attempt_id=doubts[0].attempt_id, from_states=(EntryState.UNCERTAIN,)
    )
    save_bindings(cursor, connection.pk, sender.entity, ties)


def _verdict(doubt: Doubt, mapping: EntityMapping, remote: RemoteRecord | None) -> Verdict:
    intent = doubt.intent or {}
    if remote is not None and intent and _holds(remote, mapping, intent):
        detail = {"status": "found by reading", "remote_id": remote.remote_id}
        return Verdict(doubt.entry_id, doubt.institution_id, doubt.record_id, Action.DONE, sent=intent, detail=detail)
    message = "Read: the CRM does not hold what was sent, so it is sent again as of now."
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

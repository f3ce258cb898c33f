"""Works off what a connection is owed for a while: contacts first, so that their orders can follow."""

import time
from collections.abc import Mapping
from typing import Final

from crm.connectors.base import ConnectorUnavailable, CrmConnector
from crm.models import Connection
from crm.services.call_notes import CallNotes
from crm.services.connection_state import OPEN, Gate, is_without_trouble, note_failure, pass_gate
from crm.services.open_connector import open_connector
from crm.services.push.batch import push_batch
from crm.services.push.targets import PushTargets, load_targets
from sync.engine.fields import Entity as RemoteEntity
from sync.models import Entity, Target
from sync.services.ledger.take import has_due

SLICE_SECONDS: Final = 1.0  # then the next task has its turn; work that is left is nudged again


def push_due(connection_id: int, owner: str, *, seconds: float = SLICE_SECONDS) -> bool:
    """Push until nothing is due or the time is up. Returns whether work is left that can be done now."""
    connection = Connection.objects.get(pk=connection_id)
    ends_at = time.monotonic() + seconds
    try:
        connector = open_connector(connection)
    except ConnectorUnavailable as unavailable:
        note_failure(connection_id, unavailable.failure)
        return False
    sizes = connector.capabilities(connection.settings).max_batch
    targets = {entity: load_targets(connection, entity) for entity in Entity}
    notes = CallNotes(connection_id)
    try:
        return _push_until(ends_at, connection, connector, targets, sizes, notes, owner)
    finally:
        notes.write()


def _push_until(
    ends_at: float,
    connection: Connection,
    connector: CrmConnector,
    targets: Mapping[Entity, PushTargets],
    sizes: Mapping[RemoteEntity, int],
    notes: CallNotes,
    owner: str,
) -> bool:
    was_full = dict.fromkeys(Entity, False)
    while time.monotonic() < ends_at:
        worked = False
        for entity in Entity:
            gate = _gate(connection.pk, entity, targets[entity], was_full=was_full[entity])
            if gate is None:
                continue
            if not gate.is_open:
                return False
            size = sizes[RemoteEntity(entity)]
            report = push_batch(connection, connector, entity, targets[entity], owner, size, notes, gate)
            if report.trouble:
                return False
            was_full[entity] = report.taken >= size
            worked = worked or report.taken > 0
        if not worked:
            return False
    return True


def _gate(connection_id: int, entity: Entity, targets: PushTargets, *, was_full: bool) -> Gate | None:
    """None when nothing is due. A full batch was surely not the last, so the next is tried without asking; where the
    gate has to be passed one asks first, because it may book the one probe."""
    if was_full and is_without_trouble(connection_id):
        return OPEN
    if not has_due(Target.CRM, entity, list(targets.by_institution)):
        return None
    return OPEN if is_without_trouble(connection_id) else pass_gate(connection_id)

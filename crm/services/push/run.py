"""Works off what a connection is owed for a while: contacts first, so that their orders can follow."""

import time
from typing import Final

from crm.connectors.base import ConnectorUnavailable
from crm.models import Connection
from crm.services.connection_state import note_failure, pass_gate
from crm.services.open_connector import open_connector
from crm.services.push.batch import push_batch
from crm.services.push.targets import load_targets
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
    while time.monotonic() < ends_at:
        worked = False
        for entity in Entity:
            if not has_due(Target.CRM, entity, list(targets[entity].by_institution)):
                continue
            if not pass_gate(connection_id).is_open:
                return False
            report = push_batch(connection, connector, entity, targets[entity], owner, sizes[RemoteEntity(entity)])
            if report.trouble:
                return False
            worked = worked or report.taken > 0
        if not worked:
            return False
    return True

"""Orders a reading found written: is their link to the contact there too? No reading tells, so it is made again.

Only for CRMs that take links in a call of their own, where a worker can die between the two. Linking twice is harmless.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm.connectors.base import CrmConnector, Link, OutboundRecord
from crm.models import Connection
from sync.engine.failures import Failure
from sync.engine.fields import Entity as RemoteEntity
from sync.models import Entity


@dataclass(frozen=True, slots=True)
class Written:
    """An order as a reading found it: its number and ids in the CRM, and the number and id of its contact there."""

    entry_id: int
    key: str
    remote_id: str
    contact_key: str
    contact_remote_id: str


def links_separately(connector: CrmConnector, connection: Connection, entity: Entity) -> bool:
    return entity == Entity.ORDER and connector.capabilities(connection.settings).links == "separate_call"


def link_again(connector: CrmConnector, orders: Sequence[Written]) -> Mapping[int, Failure]:
    """Link these orders to their contacts; why not, by entry, where a link could not be made. Raises
    ConnectorUnavailable."""
    if not orders:
        return {}
    records = {order.entry_id: _record(order) for order in orders}
    results = connector.upsert(RemoteEntity.ORDER, list(records.values()))
    failures = {result.key: result.failure for result in results if result.failure is not None}
    return {entry_id: failures[record.key] for entry_id, record in records.items() if record.key in failures}


def may_pass(failure: Failure) -> bool:
    """A reason that says nothing about the order: the same call may work a little later."""
    return failure.kind in ("transient", "throttled")


def written(
    entry_id: int, key: str, remote_id: str, contact: tuple[int | None, str], contact_remotes: Mapping[int, str]
) -> Written | None:
    """None for an order without a contact in the CRM: there is nothing to link it to."""
    contact_id, contact_key = contact
    contact_remote_id = contact_remotes.get(contact_id) if contact_id else None
    return Written(entry_id, key, remote_id, contact_key, contact_remote_id) if contact_remote_id else None


def _record(order: Written) -> OutboundRecord:
    link = Link(RemoteEntity.CONTACT, order.contact_key, order.contact_remote_id)
    return OutboundRecord(order.key, order.remote_id, {}, (link,), str(order.entry_id))

"""The CRM an institution feeds, with what linking needs of it: the mapping, the policies, the prefix of its numbers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from crm.connectors.base import ConnectorUnavailable, CrmConnector, Failure
from crm.models import Connection, ConnectionState, Pairing
from crm.services.connection_state import note_failure
from crm.services.mapping import EntityMapping, load_mapping
from crm.services.open_connector import open_connector
from sync.engine.policy import PolicySet
from sync.models import Contact, Entity
from sync.services.institution_rules import policies_of


class LinkRefusedError(Exception):
    """The contact cannot be linked to this record now; the message says why, to the person who asked."""


@dataclass(frozen=True, slots=True)
class FarEnd:
    """One pairing, ready to be read and written. `policies`: limited to the mapped fields."""

    connection: Connection
    key_prefix: str
    mapping: EntityMapping
    policies: PolicySet

    def key_of(self, contact: Contact) -> str:
        """The contact's number as the CRM carries it."""
        return self.key_prefix + (contact.contact_number or "")

    def open(self, views: Collection[Mapping[str, Any]]) -> CrmConnector:
        """A connector whose reads ask for every field these S-360 views could be compared with.

        Also for consents and criteria: a refusal we do not look at would be overwritten. Raises ConnectorUnavailable.
        """
        known = dict.fromkeys(name for view in views for name in view)
        return open_connector(self.connection, {str(Entity.CONTACT): self.mapping.names_to_read(known)})

    def unavailable(self, error: ConnectorUnavailable, what: str) -> LinkRefusedError:
        """Book the failure on the connection, as the push does, and say it to the person who asked."""
        failure = error.failure
        if is_of_connection(failure):
            note_failure(self.connection.pk, failure)
        unknown = " Whether it was written is not known; asking again reads first." if failure.outcome_unknown else ""
        return LinkRefusedError(f"The CRM could not be {what}: {failure.message} ({failure.code}).{unknown}")


def is_of_connection(failure: Failure) -> bool:
    """Does it tell something of the connection, rather than of the one record?"""
    return failure.scope == "connection" or failure.kind == "transient"


def far_end_of(institution_id: int) -> FarEnd:
    """Raises LinkRefusedError where there is no CRM, or where its connection is not working: nothing is sent then."""
    pairing = Pairing.objects.filter(institution_id=institution_id).select_related("connection").first()
    if pairing is None:
        raise LinkRefusedError("The institution is not paired with a CRM yet.")
    connection = pairing.connection
    if not connection.is_enabled or connection.state != ConnectionState.OK:
        why = connection.state_reason or connection.get_state_display()
        raise LinkRefusedError(f"The connection {connection.name} is not working: {why}")
    mapping = load_mapping(connection.pk, Entity.CONTACT)
    policies = mapping.limit(policies_of(institution_id, Entity.CONTACT))
    return FarEnd(connection, pairing.key_prefix, mapping, policies)

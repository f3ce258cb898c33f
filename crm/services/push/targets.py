"""The institutions a connection serves, with the rules the push needs of each; one query a batch."""

from collections.abc import Mapping
from dataclasses import dataclass

from crm.connectors.registry import get_connector_class
from crm.models import Connection, Pairing
from crm.services.mapping import EntityMapping, load_mapping
from crm.services.push.prepare import InstitutionTarget
from sync.engine.fields import Entity as RemoteEntity
from sync.engine.policy import PolicySet
from sync.models import Entity
from sync.services.endpoint_directory import usable_settings
from sync.services.institution_rules import policies_of


@dataclass(frozen=True, slots=True)
class PushTargets:
    """One entity of one connection: its mapping, and what differs by institution."""

    mapping: EntityMapping
    by_institution: Mapping[int, InstitutionTarget]
    unique_fields: tuple[str, ...] = ()

    def policies(self, institution_id: int) -> PolicySet:
        return self.by_institution[institution_id].policies


def load_targets(connection: Connection, entity: Entity) -> PushTargets:
    """Rules as of now, one query for all institutions. Raises ConnectorUnavailable for settings nobody can use."""
    mapping = load_mapping(connection.pk, entity)
    pairings = Pairing.objects.filter(connection=connection, institution__is_enabled=True).select_related("institution")
    capabilities = get_connector_class(connection.connector).capabilities(connection.settings)
    unique = capabilities.unique_fields.get(RemoteEntity(entity), ())
    return PushTargets(mapping, {p.institution_id: _target(p, entity, mapping) for p in pairings}, unique)


def _target(pairing: Pairing, entity: Entity, mapping: EntityMapping) -> InstitutionTarget:
    kept_back: frozenset[str] = frozenset()
    if entity == Entity.ORDER and not pairing.send_abandoned_orders:
        kept_back = frozenset(usable_settings(pairing.institution).order_abandoned_states)
    policies = mapping.limit(policies_of(pairing.institution_id, entity))
    return InstitutionTarget(pairing.institution_id, policies, pairing.key_prefix, kept_back)

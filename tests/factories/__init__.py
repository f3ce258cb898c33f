"""Rows for tests, one file an area. Invented names only; every default is a valid, quiet, working state."""

from tests.factories.causes import CauseFactory
from tests.factories.connections import BindingFactory, ConnectionFactory, FieldMappingFactory, PairingFactory
from tests.factories.contacts import ContactAliasFactory, ContactFactory
from tests.factories.deliveries import DeliveryFactory, DeliveryRecordFactory, SyncRunFactory
from tests.factories.endpoints import WebhookEndpointFactory
from tests.factories.entries import AttemptFactory, OutboxEntryFactory, RecordEventFactory
from tests.factories.institutions import ApiAccessFactory, FieldPolicyFactory, InstitutionFactory
from tests.factories.orders import OrderFactory, OrderLineFactory
from tests.factories.people import UserFactory

__all__ = [
    "ApiAccessFactory",
    "AttemptFactory",
    "BindingFactory",
    "CauseFactory",
    "ConnectionFactory",
    "ContactAliasFactory",
    "ContactFactory",
    "DeliveryFactory",
    "DeliveryRecordFactory",
    "FieldMappingFactory",
    "FieldPolicyFactory",
    "InstitutionFactory",
    "OrderFactory",
    "OrderLineFactory",
    "OutboxEntryFactory",
    "PairingFactory",
    "RecordEventFactory",
    "SyncRunFactory",
    "UserFactory",
    "WebhookEndpointFactory",
]

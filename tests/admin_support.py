"""What the tests of the admin share: people with exactly the permissions they are given, and a console full of rows."""

from django.test import Client

from crm.models import Connection
from sync.models import Contact, Stream
from tests.factories import (
    ApiAccessFactory,
    AttemptFactory,
    BindingFactory,
    CauseFactory,
    ConnectionFactory,
    ContactAliasFactory,
    ContactFactory,
    DeliveryFactory,
    DeliveryRecordFactory,
    FieldMappingFactory,
    FieldPolicyFactory,
    InstitutionFactory,
    OrderFactory,
    OrderLineFactory,
    OutboxEntryFactory,
    PairingFactory,
    RecordEventFactory,
    SyncRunFactory,
    UserFactory,
    WebhookEndpointFactory,
)
from tests.factories.pace import AllowanceFactory, PaceBucketFactory


def signed_in(*permissions, **user):
    """A browser session of somebody with these permissions."""
    client = Client()
    client.force_login(UserFactory(permissions=permissions, **user))
    return client


def confirm(client, url, *, reason="because", **fields):
    """Answer a confirmation page: read its key, then send the form."""
    first = client.get(url)
    assert first.status_code == 200
    key = first.context["form"]["key"].value()
    return client.post(url, {"confirmed": "yes", "key": key, "reason": reason, **fields})


def choose(client, url, verb, rows, *, everything=False, reason="because", **fields):
    """Run a list's verb on rows: the list's POST, then the confirmation's."""
    chosen = {
        "action": verb,
        "_selected_action": [str(row.pk) for row in rows],
        "select_across": "1" if everything else "0",
    }
    first = client.post(url, {**chosen, "index": "0"})
    assert first.status_code == 200, first
    key = first.context["form"]["key"].value()
    return client.post(url, {**chosen, "confirmed": "yes", "key": key, "reason": reason, **fields})


def said(response):
    """The messages a response leaves for the next page."""
    return [str(message) for message in response.wsgi_request._messages]


class Crowd:
    """One institution, one connection, and `size` of everything a screen lists."""

    def __init__(self):
        self.institution = InstitutionFactory(code="OPERAHALL")
        self.connection: Connection = ConnectionFactory(name="crm")
        PairingFactory(institution=self.institution, connection=self.connection)
        self.contact: Contact = ContactFactory(institution=self.institution, with_crm=True)
        self.order = OrderFactory(contact=self.contact)
        self.cause = CauseFactory(institution=self.institution)
        self.endpoint = WebhookEndpointFactory(institution=self.institution)
        self.run = SyncRunFactory(endpoint=self.endpoint)
        self.delivery = DeliveryFactory(endpoint=self.endpoint, run=self.run)
        self.attempt = AttemptFactory(institution=self.institution)

    def grow(self, size):
        """Add `size` of everything; also of what hangs on the contact, order, cause, run, delivery and attempt
        above."""
        for _ in range(size):
            self._add_records()
            self._add_flow()
            self._add_settings()
        return self

    def _add_records(self):
        contact = ContactFactory(institution=self.institution, with_crm=True)
        order = OrderFactory(contact=self.contact)
        OrderLineFactory(order=self.order)
        OrderLineFactory(order=order)
        ContactAliasFactory(contact=self.contact)
        BindingFactory(connection=self.connection, contact=contact)
        BindingFactory(connection=self.connection, entity="order", contact=None, order=order)
        OutboxEntryFactory(contact=contact, parked=True, cause=self.cause, attempt=self.attempt)
        OutboxEntryFactory(entity="order", contact=None, order=order, attempt=self.attempt)
        record = DeliveryRecordFactory(delivery=self.delivery, external_id=contact.contact_number)
        for kind in ("received", "pushed", "parked"):
            RecordEventFactory(
                contact=self.contact,
                order_id=self.order.pk,
                kind=kind,
                run_id=self.run.pk,
                attempt_id=self.attempt.pk,
                delivery_record_id=record.pk,
                entry_id=contact.entries.get().pk,
                cause_id=self.cause.pk,
            )

    def _add_flow(self):
        run = SyncRunFactory(endpoint=self.endpoint)
        DeliveryFactory(endpoint=self.endpoint, run=self.run)
        delivery = DeliveryFactory(endpoint=self.endpoint, run=run)
        DeliveryRecordFactory(delivery=self.delivery, parked=True, cause=self.cause)
        DeliveryRecordFactory(delivery=delivery, parked=True)
        CauseFactory(institution=self.institution)
        AttemptFactory(institution=self.institution)

    def _add_settings(self):
        FieldMappingFactory(connection=self.connection)
        FieldPolicyFactory(institution=InstitutionFactory())
        access = ApiAccessFactory()
        PaceBucketFactory(institution=access.institution)
        AllowanceFactory(institution=access.institution)
        WebhookEndpointFactory(institution=self.institution, stream=Stream.ORDERS)
        PairingFactory(connection=ConnectionFactory())

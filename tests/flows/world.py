"""A whole small world for stories: one institution, its webhooks, the console, and a practice CRM over real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.test import Client

from crm.connectors.base import Entity as RemoteEntity
from crm.connectors.registry import get_connector_class
from crm.models import Connection, FieldMapping, Pairing
from crm.practice import PracticeCrm
from crm.services.push.run import push_due
from crm.services.push.uncertain import resolve_uncertain
from sync.models import Contact, Institution, Order, RecordEvent, Stream
from sync.services.endpoints import create_endpoint
from sync.services.intake.apply import apply_due

OWNER = "test-worker"
CODES = ("NEWSLETTER", "PARTNERS")


@dataclass
class World:
    """`deliver` posts like S-360, `work` does what the workers do until nothing is due."""

    institution: Institution
    connection: Connection
    crm: PracticeCrm
    paths: dict[str, str]
    client: Client = field(default_factory=Client)

    def deliver(self, *records: dict[str, Any], stream: str = "contacts", expect: int = 200) -> dict[str, Any]:
        answer = self.post(self.paths[stream], orjson.dumps(list(records)))
        assert answer.status_code == expect, answer.content
        return orjson.loads(answer.content)

    def post(self, path: str, body: bytes) -> Any:
        return self.client.post(path, body, content_type="application/json")

    def apply(self) -> None:
        while apply_due(OWNER):
            pass

    def push(self) -> None:
        while push_due(self.connection.pk, OWNER):
            pass

    def resolve(self) -> int:
        return resolve_uncertain(self.connection.pk, OWNER)

    def work(self) -> None:
        self.apply()
        self.push()

    def contact(self, number: str) -> Contact:
        return Contact.objects.get(institution=self.institution, contact_number=number)

    def order(self, order_id: int) -> Order:
        return Order.objects.get(institution=self.institution, order_id=order_id)

    def story(self, record: Contact | Order) -> list[str]:
        """The kinds of the record's events, oldest first."""
        key = {"contact_id": record.pk} if isinstance(record, Contact) else {"order_id": record.pk}
        return list(RecordEvent.objects.filter(**key).order_by("id").values_list("kind", flat=True))


@contextmanager
def a_world(*, connector: str = "hubspot", **crm_settings: Any) -> Iterator[World]:
    """A world with contacts and orders streams, mapped by the connector's own suggestion."""
    with PracticeCrm(token="test-token", **crm_settings) as crm:
        institution = Institution.objects.create(code="MYVENUE", webhook_interval_minutes=1)
        paths = {str(stream): create_endpoint(institution, stream).path for stream in (Stream.CONTACTS, Stream.ORDERS)}
        connection = make_connection(connector, crm.url)
        Pairing.objects.create(institution=institution, connection=connection)
        yield World(institution, connection, crm, paths)


def make_connection(connector: str, url: str, token: str = "test-token") -> Connection:
    connection = Connection(
        name="practice", connector=connector, settings={"base_url": url, "allow_private_addresses": True}
    )
    connection.secrets = {"access_token": token, "token": token}
    connection.save()
    connector_class = get_connector_class(connector)
    for entity in RemoteEntity:
        presets = {p.canonical: (p.remote, dict(p.value_map)) for p in connector_class.default_mapping(entity)}
        for name, (remote, values) in presets.items():
            FieldMapping.objects.create(
                connection=connection, entity=str(entity), field=name, remote_name=remote, value_map=values
            )
    return connection


def contact_record(number: str = "0048213", **changes: Any) -> dict[str, Any]:
    """A contact as S-360 sends it; `changes` go to the person block."""
    person = {
        "individualTitle": "MRS",
        "individualFirstname": "Noor",
        "individualLastname": "Vandenberg",
        "email": f"noor.{number}@example.org",
        "cellPhoneNumber": "+32470112233",
        "birthDate": "1986-05-19",
        "language": "nl",
        "individualCountryCode": "BE",
    }
    return {
        "contactNumber": number,
        "contactId": 10229001448213,
        "type": "INDIVIDUAL",
        "role": "PUBLIC",
        "state": "ACTIVE",
        "creationDate": "2023-11-04T09:12:44.120+00:00",
        "individualContact": person | changes,
        "addresses": [
            {"isMain": True, "line1": "Kerkstraat 7", "zipCode": "9000", "town": "Gent", "countryCode": "BE"}
        ],
    }


def order_record(order_id: int = 10000912204, contact: str | None = "0048213", **changes: Any) -> dict[str, Any]:
    """An order as S-360 sends it; `changes` go to the order block."""
    line = {
        "operationId": order_id * 10,
        "kind": "SINGLE_ENTRY",
        "quantity": 2,
        "unitPrice": 45500,
        "totalAmount": 91000,
        "product": "Winter gala",
        "productCode": "WGALA24",
    }
    order = {
        "orderId": order_id,
        "orderState": "CLOSED",
        "orderType": "SALE",
        "orderOriginator": "TICKETSHOP",
        "organizationCode": "MVMAIN",
        "salesChannelCode": "B2C",
        "catalogCurrency": {"currencyCode": "EUR"},
        "creationDateTime": "2024-03-18T18:41:07.330+00:00",
        "referenceDate": "2024-03-17T23:00:00.000+00:00",
        "saleAmount": 91000,
        "operationDatas": [line],
    }
    if contact is not None:
        order["contactReference"] = contact
    return {"orderDetailsData": order | changes}

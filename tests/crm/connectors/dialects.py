"""Each connector as a connection would configure it against the practice CRM."""

from dataclasses import dataclass
from typing import Any

from crm.connectors.base import CrmConnector, Entity, OutboundRecord
from crm.connectors.registry import get_connector_class
from crm.practice import PracticeCrm
from sync.http.addresses import AddressPolicy
from sync.http.client import HttpClient

TOKEN = "practice-t0ken-0123456789"
OTHER_TOKEN = "n0-such-t0ken-9876543210"


@dataclass
class Dialect:
    """One connector as a connection would configure it against the practice CRM, and its names for a few fields."""

    id: str
    code: str
    face: str
    settings: dict[str, Any]
    first_name: str
    last_name: str
    order_note: str

    @property
    def connector_class(self) -> type[CrmConnector]:
        return get_connector_class(self.code)

    def record(self, number: int, **fields: Any) -> OutboundRecord:
        """An invented contact; `fields` under the CRM's names."""
        mine = {self.first_name: f"Ada{number}", self.last_name: "Lovelace", "email": f"ada{number}@example.org"}
        return OutboundRecord(f"{number:08d}", None, mine | fields, trace_id=f"attempt-{number}")


HUBSPOT = Dialect("hubspot", "hubspot", "hubspot", {"app_id": "9876543"}, "firstname", "lastname", "hs_order_note")
BATCH = Dialect("generic-batch", "generic_rest", "generic", {}, "first_name", "last_name", "products")
SINGLE = Dialect(
    "generic-single",
    "generic_rest",
    "generic",
    {"batch_path": ""},
    "first_name",
    "last_name",
    "products",
)
DIALECTS = (HUBSPOT, BATCH, SINGLE)


class Opener:
    """Opens connectors to one practice CRM and closes their sockets at the end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clients: list[HttpClient] = []

    def __call__(
        self, dialect: Dialect, *, token: str = TOKEN, read_seconds: float = 5.0, **settings: Any
    ) -> CrmConnector:
        given = {
            "base_url": self.url,
            "allow_private_addresses": True,
            "settle_seconds": 0,
            "mapped_fields": {"contact": [dialect.first_name, dialect.last_name, "email"]},
            **dialect.settings,
            **settings,
        }
        secrets = {"access_token": token, "token": token, "password": token, "client_secret": token}
        return get_connector_class(dialect.code)(given, secrets, self.client(read_seconds=read_seconds))

    def close(self) -> None:
        for client in self.clients:
            client.close()

    def client(self, **limits: Any) -> HttpClient:
        made = HttpClient(AddressPolicy.for_urls([self.url], allow_private=True), **limits)
        self.clients.append(made)
        return made


def keys_of(crm: PracticeCrm, entity: Entity = Entity.CONTACT) -> set[str]:
    """Keys of the records the practice CRM really holds."""
    if entity == Entity.ORDER:
        return {order["s360_order_id"] for order in crm.orders()}
    return {contact["s360_contact_number"] for contact in crm.contacts()}

"""A clock the test moves, and small clients for the two faces of a practice CRM."""

from __future__ import annotations

import ssl
from typing import Any

import httpx

from crm.practice import PracticeCrm

TOKEN = "t"
START = 1_795_000_000.0


class Clock:
    """Epoch seconds, standing still until moved."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> float:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += seconds


# Made once: loading certificates for every client would be most of the time these tests take, and all is plain HTTP.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Face:
    """A client of one practice CRM with its token."""

    def __init__(self, crm: PracticeCrm) -> None:
        self.crm = crm
        self.http = httpx.Client(
            base_url=crm.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10, verify=PLAIN
        )

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return self.http.request(method, path, json=body, **more)


class Hubspot(Face):
    def upsert(self, inputs: list[dict[str, Any]], entity: str = "contacts") -> httpx.Response:
        return self.call("POST", f"/crm/objects/2026-03/{entity}/batch/upsert", {"inputs": inputs})

    def search(self, *filters: dict[str, Any], entity: str = "contacts", **more: Any) -> httpx.Response:
        body = {
            "filterGroups": [{"filters": list(filters)}] if filters else [],
            "sorts": ["lastmodifieddate"] if entity == "contacts" else ["hs_lastmodifieddate"],
            "limit": 200,
            "after": "0",
            "query": "",
            "properties": ["email", "s360_contact_number"],
        }
        return self.call("POST", f"/crm/objects/2026-03/{entity}/search", {**body, **more})

    def read(self, ids: list[str], **more: Any) -> httpx.Response:
        body = {"inputs": [{"id": each} for each in ids], "properties": ["email", "city"], **more}
        return self.call("POST", "/crm/objects/2026-03/contacts/batch/read", body)


def contact(number: str, **properties: Any) -> dict[str, Any]:
    """One input of an upsert by contact number, with its own trace id."""
    values = {"s360_contact_number": number, "lastname": f"Person {number}", **properties}
    return {"id": number, "idProperty": "s360_contact_number", "objectWriteTraceId": f"w{number}", "properties": values}


def order(order_id: str, **properties: Any) -> dict[str, Any]:
    return {
        "id": order_id,
        "idProperty": "s360_order_id",
        "objectWriteTraceId": f"w{order_id}",
        "properties": {"hs_total_price": "91.00", **properties},
    }

"""Payloads as the vendor's documentation shows them, with invented people."""

import copy
import json
from typing import Any

CONTACT: dict[str, Any] = {
    "contactNumber": "0048213",
    "contactId": 10229001448213,
    "type": "INDIVIDUAL",
    "role": "PUBLIC",
    "state": "ACTIVE",
    "guest": False,
    "creationDate": "2023-11-04T09:12:44.120+00:00",
    "hasWarning": False,
    "individualContact": {
        "individualTitle": "MRS",
        "individualFirstname": "Noor",
        "individualLastname": "Vandenberg",
        "email": "noor.vandenberg@example.org",
        "cellPhoneNumber": "+32470112233",
        "birthDate": "1986-05-19",
        "language": "nl",
        "individualCountryCode": "BE",
    },
    "addresses": [
        {"isMain": True, "line1": "Kerkstraat 7", "zipCode": "9000", "town": "Gent", "countryCode": "BE"},
    ],
    "authorizations": [{"code": "NEWSLETTER", "authorized": True}, {"code": "PARTNERS", "authorized": None}],
    "contactCriteria": [{"criterionIdCode": "INTEREST", "values": ["OPERA", "DANCE"]}],
}
ORDER: dict[str, Any] = {
    "orderId": 10000912204,
    "orderState": "CLOSED",
    "orderType": "SALE",
    "orderOriginator": "TICKETSHOP",
    "organizationCode": "MVMAIN",
    "contactReference": "0048213",
    "salesChannelCode": "B2C",
    "salesChannelName": "Online shop",
    "catalogCurrency": {"currencyCode": "EUR"},
    "creationDateTime": "2024-03-18T18:41:07.330+00:00",
    "referenceDate": "2024-03-17T23:00:00.000+00:00",
    "expirationDate": "2024-03-18T19:11:07.330+00:00",
    "saleAmount": 91000,
    "operationDatas": [
        {
            "operationId": 10229300112201,
            "kind": "SINGLE_ENTRY",
            "quantity": 2,
            "basePrice": 45500,
            "unitPrice": 45500,
            "totalAmount": 91000,
            "productId": 10229201108335,
            "product": "Winter gala",
            "productCode": "WGALA24",
            "performance": "Winter gala, evening",
            "audienceSubCategory": "Full price",
            "fileId": 812204,
        }
    ],
    "movementDatas": [
        {"movementId": 10229300112411, "operationId": 10229300112201},
        {"movementId": 10229300112412, "operationId": 10229300112201},
    ],
}
EXPORT_ROW: dict[str, Any] = {
    "contactNumber": "0048213",
    "creationDate": "2023-11-04T09:12:44.120+00:00",
    "role": "PUBLIC",
    "type": "INDIVIDUAL",
    "individualFirstname": "Noor",
    "individualLastname": "Vandenberg",
    "cellPhoneNumber": "+32470112233",
    "email": "noor.vandenberg@example.org",
    "individualCountryCode": "BE",
    "socialConnections.providerUserReference": "88421770",
}


def contact(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(CONTACT) | changes


def person(**changes: Any) -> dict[str, Any]:
    """A contact whose person block differs."""
    record = contact()
    record["individualContact"] |= changes
    return record


def order(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(ORDER) | changes


def line(**changes: Any) -> dict[str, Any]:
    """An order whose one operation differs."""
    record = order()
    record["operationDatas"][0] |= changes
    return record


def wrapped(record: dict[str, Any]) -> dict[str, Any]:
    return {"orderDetailsData": record}


def raw(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()

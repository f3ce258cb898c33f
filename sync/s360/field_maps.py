"""Which S-360 name carries which canonical field, by default: the assumed half of the wire, replaceable by settings."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CONTACT_FIELD_MAP: Final[Mapping[str, str]] = MappingProxyType(
    {
        "title": "individualContact.individualTitle",
        "first_name": "individualContact.individualFirstname",
        "last_name": "individualContact.individualLastname",
        "gender": "individualContact.individualGender",
        "email": "individualContact.email",
        "mobile_phone": "individualContact.cellPhoneNumber",
        "phone": "individualContact.phoneNumber1",
        "birth_date": "individualContact.birthDate",
        "language": "individualContact.language",
        "country": "individualContact.individualCountryCode",
        "address_line1": "addresses(isMain).line1",
        "address_line2": "addresses(isMain).line2",
        "address_line3": "addresses(isMain).line3",
        "zip_code": "addresses(isMain).zipCode",
        "town": "addresses(isMain).town",
        "town_complement": "addresses(isMain).townComplement",
        "address_country": "addresses(isMain).countryCode",
        "structure_name": "structureContact.officialName",
        "contact_type": "type",
        "role": "role",
        "state": "state",
        "function": "function",
    }
)
"""Canonical field -> path in a contact record ("Contact webhook": fields of ``ContactDataResult``)."""

CONTACT_STATE_MAP: Final[Mapping[str, str]] = MappingProxyType(
    {"ACTIVE": "active", "INACTIVE": "invalidated", "ACCOUNT_DELETED": "anonymised"}
)

EXPORT_CONTACT_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {"contactNumber": "contact_number", "type": "contact_type", "role": "role", "state": "state"}
    | {path.rpartition(".")[2]: name for name, path in CONTACT_FIELD_MAP.items() if path.startswith("individual")}
)
"""Column of the query behind a data-export webhook -> canonical field; a dot is part of the column's name."""

EXPORT_ORDER_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "orderId": "order_id",
        "contactReference": "contact_number",
        "orderState": "order_state",
        "orderType": "order_type",
        "orderOriginator": "originator",
        "organizationCode": "organization",
        "salesChannelCode": "channel",
        "saleAmount": "amount",
        "currencyCode": "currency",
        "creationDateTime": "created_at",
        "referenceDate": "reference_date",
        "operationId": "line.operation_id",
        "kind": "line.kind",
        "product": "line.product",
        "productCode": "line.product_code",
        "performance": "line.performance",
        "audienceSubCategory": "line.tariff",
        "quantity": "line.quantity",
        "unitPrice": "line.unit_price",
        "totalAmount": "line.total_amount",
    }
)

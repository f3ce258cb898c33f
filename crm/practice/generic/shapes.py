"""Names and shapes of this face: the same records as HubSpot's, under the names a plain CRM would use."""

from __future__ import annotations

from typing import Any

from crm.practice.hubspot.shapes import iso
from crm.practice.record import Record
from crm.practice.table import Table

CONTACT_NAMES = {
    "external_id": "s360_contact_number",
    "title": "s360_title",
    "first_name": "firstname",
    "last_name": "lastname",
    "mobile_phone": "mobilephone",
    "language": "preferred_language",
    "address_line1": "address",
    "address_line2": "address2",
    "address_line3": "address3",
    "zip_code": "zip",
    "town": "city",
    "structure_name": "company",
    "contact_type": "s360_contact_type",
    "role": "s360_role",
    "state": "s360_state",
    "function": "jobtitle",
}
ORDER_NAMES = {
    "external_id": "s360_order_id",
    "order_state": "s360_order_state",
    "order_type": "s360_order_type",
    "originator": "s360_originator",
    "organization": "s360_organization",
    "channel": "s360_channel",
    "amount": "hs_total_price",
    "currency": "hs_currency_code",
    "created_at": "hs_external_created_date",
    "reference_date": "s360_reference_date",
    "is_revenue": "s360_is_revenue",
    "quantity": "s360_quantity",
    "products": "s360_products",
    "contact_number": "s360_contact_number",
}
NAMES = {"contacts": CONTACT_NAMES, "orders": ORDER_NAMES}
_BACK = {entity: {inside: outside for outside, inside in names.items()} for entity, names in NAMES.items()}
# Members this face adds to a record; writing them is ignored.
COMPUTED = {"id", "created_on", "modified_at", "modified_by"}


def inner(entity: str, name: str) -> str:
    """This face's name -> the property it is stored under."""
    return NAMES[entity].get(name, name)


def outer(entity: str, name: str) -> str:
    return _BACK[entity].get(name, name)


def shown(table: Table, record: Record) -> dict[str, Any]:
    """A record with its id, times and last author; orders carry contact_id."""
    values = {outer(table.name, name): value for name, value in record.properties().items()}
    link = {"contact_id": str(record.contact_id) if record.contact_id else None} if table.name == "orders" else {}
    return {
        "id": str(record.id),
        **values,
        **link,
        "created_on": iso(record.created),
        "modified_at": iso(record.modified),
        "modified_by": record.author.id,
    }

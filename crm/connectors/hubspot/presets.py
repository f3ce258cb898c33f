"""The mapping a new HubSpot connection starts from: canonical field, HubSpot property, value map.

Standard properties where HubSpot has one; `s360_...` properties are created once by the integrator (docs/hubspot.md).
"""

from __future__ import annotations

from crm.connectors.base import Entity, FieldPreset

# Every value has its own spelling, so that the way back knows which one was meant.
_SALUTATIONS = {
    "MR": "Mr",
    "MRS": "Mrs",
    "MISS": "Miss",
    "MR_AND_MRS": "Mr and Mrs",
    "LADIES": "Ladies",
    "GENTLEMEN": "Gentlemen",
    "UNDEFINED": "",
}

_CONTACT = {
    "first_name": "firstname",
    "last_name": "lastname",
    "email": "email",
    "phone": "phone",
    "mobile_phone": "mobilephone",
    "address_line1": "address",
    "town": "city",
    "zip_code": "zip",
    "address_country": "country",
    "birth_date": "date_of_birth",
    "language": "hs_language",
    "structure_name": "company",
    "function": "jobtitle",
}

_ORDER = {
    "products": "hs_order_name",
    "currency": "hs_currency_code",
    "amount": "hs_total_price",
    "created_at": "hs_external_created_date",
    "order_state": "s360_order_state",
    "order_type": "s360_order_type",
    "originator": "s360_originator",
    "organization": "s360_organization",
    "channel": "s360_channel",
    "reference_date": "s360_reference_date",
    "is_revenue": "s360_is_revenue",
    "quantity": "s360_quantity",
}


def default_mapping(entity: Entity) -> list[FieldPreset]:
    """The suggested mapping, the fields every site has."""
    if entity == Entity.ORDER:
        return [FieldPreset(canonical, remote, {}) for canonical, remote in _ORDER.items()]
    plain = [FieldPreset(canonical, remote, {}) for canonical, remote in _CONTACT.items()]
    return [FieldPreset("title", "salutation", _SALUTATIONS), *plain]


def site_field_preset(canonical: str) -> FieldPreset | None:
    """The suggestion for a field that differs from site to site: `consent.<CODE>` and `criterion.<CODE>`."""
    kind, _, code = canonical.partition(".")
    if kind not in ("consent", "criterion") or not code:
        return None
    return FieldPreset(canonical, f"s360_{kind}_{code.lower()}", {})

"""The mapping a new HubSpot connection starts from: canonical field, HubSpot property, value map.

Standard properties where HubSpot has one; `s360_...` properties are made once by the integrator (docs/connectors.md).
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
    "gender": "gender",
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
    "consent.*": "s360_consent_{code}",
    "criterion.*": "s360_criterion_{code}",
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
    """The suggested mapping."""
    if entity == Entity.ORDER:
        return [FieldPreset(canonical, remote, {}) for canonical, remote in _ORDER.items()]
    plain = [FieldPreset(canonical, remote, {}) for canonical, remote in _CONTACT.items()]
    return [FieldPreset("title", "salutation", _SALUTATIONS), *plain]

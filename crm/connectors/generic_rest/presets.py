"""The mapping a new generic connection starts from: the CRM is assumed to use our own names until told otherwise."""

from __future__ import annotations

from crm.connectors.base import Entity, FieldPreset

_CONTACT = (
    "title first_name last_name gender email mobile_phone phone birth_date language country address_line1 "
    "address_line2 address_line3 zip_code town town_complement address_country structure_name contact_type "
    "role state function"
)
_ORDER = (
    "order_state order_type originator organization channel amount currency created_at reference_date is_revenue "
    "quantity products contact_number"
)


_FAMILIES = {"consent.*": "consent_{code}", "criterion.*": "criterion_{code}"}


def default_mapping(entity: Entity) -> list[FieldPreset]:
    """Every canonical field under its own name; a dot would be read as a path, so families have an underscore."""
    if entity == Entity.ORDER:
        return [FieldPreset(name, name, {}) for name in _ORDER.split()]
    plain = [FieldPreset(name, name, {}) for name in _CONTACT.split()]
    return [*plain, *(FieldPreset(canonical, remote, {}) for canonical, remote in _FAMILIES.items())]

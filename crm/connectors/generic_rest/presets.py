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


def default_mapping(entity: Entity) -> list[FieldPreset]:
    """Every canonical field under its own name."""
    return [FieldPreset(name, name, {}) for name in (_ORDER if entity == Entity.ORDER else _CONTACT).split()]


def site_field_preset(canonical: str) -> FieldPreset | None:
    """The suggestion for a field that differs from site to site: `consent.<CODE>` and `criterion.<CODE>`."""
    kind, _, code = canonical.partition(".")
    if kind not in ("consent", "criterion") or not code:
        return None
    return FieldPreset(canonical, f"{kind}_{code.lower()}", {})

"""Which canonical fields exist, and what kind of value does each hold?

Everything between the two doors (S-360's payloads, the CRM's connectors) speaks these names. To add a field:
one line in ``CONTACT_FIELDS`` or ``ORDER_FIELDS``; its kind decides how values are compared and masked.

Two families are open, because each institution defines its own codes: ``consent.<CODE>`` (authorisations) and
``criterion.<CODE>`` (contact criteria).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

CONSENT_PREFIX = "consent."
CRITERION_PREFIX = "criterion."
# Codes come from payloads: a sender inventing new ones for ever must not grow our memory.
CACHED_DYNAMIC_FIELDS = 4096


class Entity(StrEnum):
    CONTACT = "contact"
    ORDER = "order"


class FieldKind(StrEnum):
    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    COUNTRY = "country"
    TITLE = "title"
    DATE = "date"
    BOOLEAN = "boolean"
    LANGUAGE = "language"
    CONSENT = "consent"
    CODE = "code"
    CODES = "codes"
    DECIMAL = "decimal"
    INTEGER = "integer"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One canonical field. ``max_length`` is S-360's documented limit in characters, None where none is documented."""

    name: str
    kind: FieldKind
    label: str
    max_length: int | None = None
    personal: bool = False


def _registry(specs: Iterable[FieldSpec]) -> Mapping[str, FieldSpec]:
    return MappingProxyType({spec.name: spec for spec in specs})


# Lengths: S-360 contact webhook and contact import format. Town has 20 in the import file but no limit on the
# wire, so none is enforced here.
CONTACT_FIELDS: Mapping[str, FieldSpec] = _registry(
    (
        FieldSpec("title", FieldKind.TITLE, "Title"),
        FieldSpec("first_name", FieldKind.TEXT, "First name", 100, personal=True),
        FieldSpec("last_name", FieldKind.TEXT, "Last name", 100, personal=True),
        FieldSpec("gender", FieldKind.CODE, "Gender", personal=True),
        FieldSpec("email", FieldKind.EMAIL, "E-mail", personal=True),
        FieldSpec("mobile_phone", FieldKind.PHONE, "Mobile phone", personal=True),
        FieldSpec("phone", FieldKind.PHONE, "Phone", personal=True),
        FieldSpec("birth_date", FieldKind.DATE, "Birth date", personal=True),
        FieldSpec("language", FieldKind.LANGUAGE, "Language", 2),
        FieldSpec("country", FieldKind.COUNTRY, "Country", 2),
        FieldSpec("address_line1", FieldKind.TEXT, "Address line 1", 100, personal=True),
        FieldSpec("address_line2", FieldKind.TEXT, "Address line 2", 100, personal=True),
        FieldSpec("address_line3", FieldKind.TEXT, "Address line 3", 100, personal=True),
        FieldSpec("zip_code", FieldKind.TEXT, "Post code", 10, personal=True),
        FieldSpec("town", FieldKind.TEXT, "Town", personal=True),
        FieldSpec("town_complement", FieldKind.TEXT, "Town complement", personal=True),
        FieldSpec("address_country", FieldKind.COUNTRY, "Address country", 2),
        FieldSpec("structure_name", FieldKind.TEXT, "Structure name", personal=True),
        FieldSpec("contact_type", FieldKind.CODE, "Contact type"),
        FieldSpec("role", FieldKind.CODE, "Role"),
        FieldSpec("state", FieldKind.CODE, "State"),
        FieldSpec("function", FieldKind.TEXT, "Function", 1000, personal=True),
    )
)

ORDER_FIELDS: Mapping[str, FieldSpec] = _registry(
    (
        FieldSpec("order_state", FieldKind.CODE, "Order state"),
        FieldSpec("order_type", FieldKind.CODE, "Order type"),
        FieldSpec("originator", FieldKind.CODE, "Originator"),
        FieldSpec("organization", FieldKind.CODE, "Organization"),
        FieldSpec("channel", FieldKind.TEXT, "Sales channel"),
        FieldSpec("amount", FieldKind.DECIMAL, "Amount"),
        FieldSpec("currency", FieldKind.CODE, "Currency", 3),
        FieldSpec("created_at", FieldKind.TIMESTAMP, "Created"),
        FieldSpec("reference_date", FieldKind.TIMESTAMP, "Reference date"),
        FieldSpec("is_revenue", FieldKind.BOOLEAN, "Counts as revenue"),
        FieldSpec("quantity", FieldKind.INTEGER, "Quantity"),
        FieldSpec("products", FieldKind.TEXT, "Products"),
        FieldSpec("contact_number", FieldKind.CODE, "Contact number", 20),
    )
)


class _Specs(dict[str, FieldSpec]):
    def __missing__(self, field: str) -> FieldSpec:
        spec = _dynamic_spec(field)
        if len(self) < CACHED_DYNAMIC_FIELDS:
            self[field] = spec
        return spec


def _dynamic_spec(field: str) -> FieldSpec:
    if field.startswith(CONSENT_PREFIX):
        return FieldSpec(field, FieldKind.CONSENT, f"Consent {field[len(CONSENT_PREFIX) :]}")
    if field.startswith(CRITERION_PREFIX):
        # Personal: a criterion may hold an interest or a need (wheelchair) of a named person.
        return FieldSpec(field, FieldKind.CODES, f"Criterion {field[len(CRITERION_PREFIX) :]}", personal=True)
    # Unknown to us, so masked on screens until somebody has decided.
    return FieldSpec(field, FieldKind.TEXT, field, personal=True)


_SPECS = _Specs({**CONTACT_FIELDS, **ORDER_FIELDS})


def spec_of(field: str) -> FieldSpec:
    """The field's spec; total: an unknown name is personal text."""
    return _SPECS[field]


def kind_of(field: str) -> FieldKind:
    """The kind of value the field holds; total, an unknown name is text."""
    return _SPECS[field].kind


def fields_of(entity: Entity) -> Mapping[str, FieldSpec]:
    """The fixed fields of an entity; the open families (consent, criterion) are contact fields and not listed."""
    return CONTACT_FIELDS if entity is Entity.CONTACT else ORDER_FIELDS

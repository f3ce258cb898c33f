"""Which properties a contact and an order have, and which values each accepts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

_EMAIL = re.compile(r"[^@\s,;<>()]+@[^@\s,;<>()]+\.[A-Za-z0-9-]{2,}\Z")
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2}|-?\d{10,14})\Z")
_DATETIME = re.compile(r"(\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2}))?|-?\d{10,14})\Z")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")
TEXT_LIMIT = 65_536


class Problem(NamedTuple):
    """Why a value is refused: property, the vendor's code, words for people."""

    field: str
    code: str
    message: str


@dataclass
class Property:
    """One property as the properties API describes it."""

    name: str
    label: str = ""
    type: str = "string"  # string, number, date, datetime, enumeration, bool
    field_type: str = "text"
    group: str = "contactinformation"
    options: list[str] = field(default_factory=list)
    unique: bool = False
    read_only: bool = False
    built_in: bool = False

    def __post_init__(self) -> None:
        # None for free text: nothing to ask about most values
        self.check: Callable[[str], str | None] | None = _checker(self)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label or self.name,
            "type": self.type,
            "fieldType": self.field_type,
            "groupName": self.group,
            "options": [
                {"label": value, "value": value, "displayOrder": place, "hidden": False}
                for place, value in enumerate(self.options)
            ],
            "hasUniqueValue": self.unique,
            "hidden": False,
            "calculated": False,
            "hubspotDefined": self.built_in,
            "archived": False,
            "modificationMetadata": {"readOnlyValue": self.read_only, "archivable": not self.built_in},
        }


class Catalog:
    """The properties of one entity by name."""

    def __init__(self, properties: Iterable[Property]) -> None:
        self.by_name: dict[str, Property] = {}
        # Writable properties only: a check, or None where any text will do
        self.checks: dict[str, Callable[[str], str | None] | None] = {}
        for each in properties:
            self.add(each)
        self._shipped = set(self.by_name)

    def add(self, prop: Property) -> None:
        self.by_name[prop.name] = prop
        if not prop.read_only:
            self.checks[prop.name] = prop.check

    def remove(self, name: str) -> None:
        self.by_name.pop(name, None)
        self.checks.pop(name, None)

    def added(self) -> list[dict[str, Any]]:
        """Properties created through the API, as plain data."""
        return [asdict(each) for name, each in self.by_name.items() if name not in self._shipped]

    def unique_names(self) -> set[str]:
        return {name for name, each in self.by_name.items() if each.unique}


def fault_in(prop: Property, value: str) -> str | None:
    """HubSpot's code for what is wrong with a non-empty value, or None."""
    if len(value) > TEXT_LIMIT:
        return "PROPERTY_VALUE_TOO_LONG"
    return prop.check(value) if prop.check else None


def _checker(prop: Property) -> Callable[[str], str | None] | None:
    """A function that says what is wrong with a non-empty value, or None."""
    if prop.name == "email":
        return lambda value: None if _EMAIL.match(value) else "INVALID_EMAIL"
    if prop.options:
        allowed = frozenset(prop.options)
        if prop.field_type == "checkbox":  # several values, joined by semicolons
            return lambda value: None if allowed.issuperset(value.strip(";").split(";")) else "INVALID_OPTION"
        return lambda value: None if value in allowed else "INVALID_OPTION"
    pattern, code = {
        "number": (_NUMBER, "INVALID_NUMBER"),
        "date": (_DATE, "INVALID_DATE"),
        "datetime": (_DATETIME, "INVALID_DATE"),
        "bool": (re.compile(r"(true|false)\Z"), "INVALID_BOOLEAN"),
    }.get(prop.type, (None, ""))
    if pattern is None:
        return None
    matches = pattern.match
    return lambda value: None if matches(value) else code


LABELS = {
    "email": "E-mail",
    "firstname": "First name",
    "lastname": "Last name",
    "phone": "Phone",
    "mobilephone": "Mobile",
    "address": "Street",
    "zip": "Postal code",
    "jobtitle": "Job title",
    "date_of_birth": "Date of birth",
}


def _label(name: str) -> str:
    return LABELS.get(name) or name.removeprefix("s360_").removeprefix("hs_").replace("_", " ").capitalize()


def _texts(names: str, group: str, *, built_in: bool) -> list[Property]:
    return [Property(name, _label(name), group=group, built_in=built_in) for name in names.split()]


def _choice(name: str, values: str, *, group: str, field_type: str = "select", built_in: bool = False) -> Property:
    return Property(
        name,
        _label(name),
        type="enumeration",
        field_type=field_type,
        group=group,
        options=values.split(),
        built_in=built_in,
    )


def contact_catalog() -> Catalog:
    group = "contactinformation"
    standard = "email firstname lastname salutation phone mobilephone address city zip country state company jobtitle"
    custom = "address2 address3 town_complement address_country s360_role s360_state preferred_language"
    return Catalog(
        [
            Property("s360_contact_number", "S-360 contact number", group=group, unique=True),
            *_texts(standard, group, built_in=True),
            *_texts("date_of_birth gender", group, built_in=True),
            *_texts(custom, group, built_in=False),
            Property("birth_date", "Birth date", "date", "date", group),
            _choice("hs_language", "en fr de it es pt nl da sv nb fi pl cs ja zh", group=group, built_in=True),
            _choice("lifecyclestage", "subscriber lead customer other", group=group, built_in=True),
            _choice("s360_title", "MR MRS MISS MR_AND_MRS LADIES GENTLEMEN UNDEFINED", group=group),
            _choice("s360_contact_type", "INDIVIDUAL STRUCTURE", group=group),
            _choice("consent_newsletter", "yes no", group=group),
            _choice("consent_partners", "yes no", group=group),
            _choice("consent_sms", "yes no", group=group),
            _choice(
                "criterion_interests",
                "OPERA DANCE JAZZ THEATRE CIRCUS CINEMA YOUNG_AUDIENCE MUSEUM FAMILY",
                group=group,
                field_type="checkbox",
            ),
            *_read_only("hs_object_id createdate lastmodifieddate hs_merged_object_ids", group),
        ]
    )


def order_catalog() -> Catalog:
    group = "order_information"
    standard = (
        "hs_order_name hs_currency_code hs_external_order_id hs_external_order_status hs_source_store "
        "hs_fulfillment_status hs_order_note"
    )
    custom = (
        "s360_order_state s360_order_type s360_originator s360_organization s360_channel s360_products "
        "s360_contact_number"
    )
    return Catalog(
        [
            Property("s360_order_id", "S-360 order id", group=group, unique=True),
            *_texts(standard, group, built_in=True),
            *_texts(custom, group, built_in=False),
            Property("hs_total_price", "Total price", "number", "number", group, built_in=True),
            Property("s360_quantity", "Quantity", "number", "number", group),
            Property("hs_external_created_date", "Ordered at", "datetime", "date", group, built_in=True),
            Property("s360_reference_date", "Reference date", "datetime", "date", group),
            Property("s360_is_revenue", "Revenue", "bool", "booleancheckbox", group),
            *_read_only("hs_object_id hs_createdate hs_lastmodifieddate", group),
        ]
    )


def _read_only(names: str, group: str) -> list[Property]:
    kinds = {"hs_object_id": "number", "hs_merged_object_ids": "string"}
    return [
        Property(name, type=kinds.get(name, "datetime"), group=group, read_only=True, built_in=True)
        for name in names.split()
    ]

"""Which block of a contact a field belongs to, so that an edit can be written flat: `email=...`, `town=...`."""

from collections.abc import Mapping
from typing import Any

Payload = dict[str, Any]

PERSON_FIELDS = (
    "individualTitle", "individualFirstname", "individualLastname", "individualGender", "individualCountryCode",
    "email", "cellPhoneNumber", "phoneNumber1", "login", "active", "birthDate", "language",
)  # fmt: skip
STRUCTURE_FIELDS = ("officialName", "addressName1", "addressName2", "structureType")
ADDRESS_FIELDS = ("line1", "line2", "line3", "zipCode", "town", "townComplement", "countryCode")
GENERAL_FIELDS = ("type", "role", "state", "guest", "function", "creationDate", "endValidityDate", "hasWarning")


class Removed:
    """Says that a member is to disappear from the payload, which is not the same as becoming null."""


REMOVED = Removed()


def apply_changes(contact: Payload, changes: Mapping[str, Any]) -> None:
    """Change a contact in place. Raises ValueError naming a field S-360 does not have.

    `addresses`, `authorizations` and `contactCriteria` may be the whole list; the last two also a mapping of only the
    codes that change: `authorizations={"NEWSLETTER": True}`, `contactCriteria={"INTEREST": ["OPERA"]}`.
    An address field changes the main address.
    """
    for name, value in changes.items():
        if name in ("authorizations", "contactCriteria") and isinstance(value, Mapping):
            _merge_codes(contact, name, value)
        else:
            _set(_block_of(contact, name), name, value)


def _set(block: Payload, name: str, value: Any) -> None:
    if isinstance(value, Removed):
        block.pop(name, None)
    else:
        block[name] = value


def _block_of(contact: Payload, name: str) -> Payload:
    if name in PERSON_FIELDS:
        block: Payload = contact.setdefault("individualContact", {})
        return block
    if name in STRUCTURE_FIELDS:
        return contact.setdefault("structureContact", {})  # type: ignore[no-any-return]
    if name in ADDRESS_FIELDS:
        return main_address(contact)
    if name in GENERAL_FIELDS or name in ("addresses", "authorizations", "contactCriteria", "individualContact"):
        return contact
    raise ValueError(f"a contact has no field {name!r}")


def main_address(contact: Payload) -> Payload:
    """The main address of this contact, made when there is none."""
    addresses: list[Payload] = contact.setdefault("addresses", [])
    for address in addresses:
        if address.get("isMain"):
            return address
    addresses.append({"isMain": True})
    return addresses[-1]


def _merge_codes(contact: Payload, block: str, changes: Mapping[str, Any]) -> None:
    code_name, value_name = ("code", "authorized") if block == "authorizations" else ("criterionIdCode", "values")
    entries = {entry[code_name]: entry for entry in contact.get(block, [])}
    for code, value in changes.items():
        if isinstance(value, Removed):
            entries.pop(code, None)
        else:
            entries[code] = {code_name: code, value_name: value}
    contact[block] = list(entries.values())

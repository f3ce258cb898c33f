"""`saveIndividualContactData`: what a CRM may write, what is refused, what becomes of it.

The vendor publishes the method and its purpose (platform.secutix.com, backend/contacts/update_profile), not the
nesting of its request; we take the documented contact names inside one wrapper, with lists inside or next to it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sync.practice.fields import ADDRESS_FIELDS, PERSON_FIELDS
from sync.practice.iso_countries import ISO_COUNTRIES
from sync.practice.rewriting import USUAL, rewritten
from sync.practice.world import UnknownRecordError, World

WRAPPER = "individualContactData"
LISTS = ("addresses", "authorizations", "contactCriteria")
LONGEST = {
    "individualFirstname": 100,
    "individualLastname": 100,
    "line1": 100,
    "line2": 100,
    "line3": 100,
    "zipCode": 10,
}


class RefusedError(Exception):
    """A refusal of the business kind: HTTP 200 with a failing statusCode. Codes begin with PRACTICE_ because the
    vendor's catalogue of codes is not public."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(slots=True)
class Saving:
    """How this S-360 takes what it is given."""

    rewrites: Collection[str] = USUAL
    empty_string_clears: bool = False


@dataclass(slots=True)
class Saved:
    number: str
    is_new: bool
    sent: dict[str, Any]
    changed: dict[str, list[Any]] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)


def save_individual(world: World, request: Mapping[str, Any], saving: Saving) -> Saved:
    """Create (no contactNumber) or update. Absent and null leave a field as it is. Raises RefusedError.

    An update may safely be repeated; a create makes another contact each time, as the real one does.
    """
    sent = _sent(request)
    number = sent.get("contactNumber")
    if number is not None and not isinstance(number, str):
        raise RefusedError("PRACTICE_INVALID_VALUE", "contactNumber: must be text")
    wanted = {name: value for name, value in sent.items() if name in PERSON_FIELDS or name in LISTS}
    ignored = sorted(set(sent) - set(wanted) - {"contactNumber"})
    wanted = _taken(wanted, saving)
    _check(wanted)
    with world.lock:
        before = _existing(world, number) if number else {}
        if not number and not (wanted.get("individualLastname") and wanted.get("individualFirstname")):
            raise RefusedError("PRACTICE_MISSING_VALUE", "individualFirstname and individualLastname are mandatory")
        after = world.edit(number, _merged(before, wanted)) if number else world.create(wanted)
    return Saved(after["contactNumber"], not number, sent, _difference(before, after), ignored)


def _sent(request: Mapping[str, Any]) -> dict[str, Any]:
    inner = request.get(WRAPPER)
    if not isinstance(inner, Mapping):
        raise RefusedError("PRACTICE_MISSING_VALUE", f"{WRAPPER} is missing")
    return dict(inner) | {name: request[name] for name in LISTS if name in request}


def _taken(wanted: Mapping[str, Any], saving: Saving) -> dict[str, Any]:
    taken = {}
    for name, value in wanted.items():
        if value is None or (value == "" and not saving.empty_string_clears):
            continue
        taken[name] = (
            [_rewritten_entry(entry, saving) for entry in value]
            if name == "addresses"
            else (rewritten(name, value, saving.rewrites))
        )
    return taken


def _rewritten_entry(entry: Any, saving: Saving) -> Any:
    if not isinstance(entry, dict):
        return entry
    return {name: rewritten(name, value, saving.rewrites) for name, value in entry.items()}


def _check(wanted: Mapping[str, Any]) -> None:
    for name, value in wanted.items():
        if name in LISTS:
            if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
                raise RefusedError("PRACTICE_INVALID_VALUE", f"{name}: must be a list of objects")
        else:
            _check_value(name, value)
    for address in wanted.get("addresses", []):
        for name in ADDRESS_FIELDS:
            _check_value(name, address.get(name, ""))


def _check_value(name: str, value: Any) -> None:
    if name != "active" and not isinstance(value, str):
        raise RefusedError("PRACTICE_INVALID_VALUE", f"{name}: must be text")
    if value and name in ("individualCountryCode", "countryCode") and value not in ISO_COUNTRIES:
        raise RefusedError("PRACTICE_INVALID_COUNTRY", f"{name}: {value!r} is not an ISO 3166-1 country code")
    if isinstance(value, str) and len(value) > LONGEST.get(name, 4000):
        raise RefusedError("PRACTICE_TOO_LONG", f"{name}: at most {LONGEST[name]} characters")
    if value and name == "email" and "@" not in value[1:-1]:
        raise RefusedError("PRACTICE_INVALID_EMAIL", f"email: {value!r} is not an e-mail address")
    if value and name == "birthDate":
        _check_birth_date(value)


def _check_birth_date(value: str) -> None:
    try:
        born = date.fromisoformat(value)
    except ValueError:
        raise RefusedError("PRACTICE_INVALID_DATE", f"birthDate: {value!r} is not a date") from None
    if born > datetime.now(UTC).date():
        raise RefusedError("PRACTICE_INVALID_DATE", f"birthDate: {value!r} is in the future")


def _existing(world: World, number: str) -> dict[str, Any]:
    try:
        contact = world.contact(number)
    except UnknownRecordError as problem:
        raise RefusedError("PRACTICE_CONTACT_UNKNOWN", str(problem)) from None
    if contact.get("state") == "ACCOUNT_DELETED":
        raise RefusedError("PRACTICE_CONTACT_ANONYMISED", f"contact {number} is anonymised")
    if contact["type"] != "INDIVIDUAL" or contact["role"] == "RELAY":
        raise RefusedError("PRACTICE_NOT_AN_INDIVIDUAL", f"contact {number} is a structure or a relay")
    return contact


def _merged(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Lists are written entry by entry: an authorisation or criterion that was not sent stays as it was."""
    changes = dict(wanted)
    for block, code, value in (
        ("authorizations", "code", "authorized"),
        ("contactCriteria", "criterionIdCode", "values"),
    ):
        if block in changes:
            changes[block] = {entry.get(code): entry.get(value) for entry in changes[block]}
    if "addresses" in changes:
        changes["addresses"] = _merged_addresses(before.get("addresses", []), changes["addresses"])
    return changes


def _merged_addresses(before: list[dict[str, Any]], sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A main address that was sent changes the main one; the others are taken as they come."""
    kept = [dict(address) for address in before]
    for address in sent:
        same = (
            [a for a in kept if a.get("isMain", False) == address.get("isMain", False)] if address.get("isMain") else []
        )
        if same:
            same[0].update(address)
        elif address not in kept:
            kept.append(address)
    return kept


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    old, new = _flat(before), _flat(after)
    fixed = ("contactNumber", "contactId", "creationDate") if not before else ()
    return {
        name: [old.get(name), new.get(name)]
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name) and name not in fixed
    }


def _flat(contact: Mapping[str, Any]) -> dict[str, Any]:
    return {n: v for n, v in contact.items() if n != "individualContact"} | dict(contact.get("individualContact", {}))

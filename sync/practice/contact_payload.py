"""One contact as S-360 sends it: the structure of `getContactData` (platform.secutix.com, webhook/contact).

Names the vendor does not publish (title, birth date, structure block, authorisation members) follow the assumptions
in docs/; the console reads them through settings.
"""

import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.practice import invented
from sync.practice.dice import Dice

Payload = dict[str, Any]

CONTACT_BLOCK = 40  # every trap below occurs once in each block of 40 contacts
TWIN_NUMBER, LONG_NUMBER = 1, 2
FAMILY_HEAD, FAMILY = 3, (3, 4, 5)  # three people, one e-mail
STRUCTURE, RELAY, RELAY_IN_PRIVATE = 6, 7, 8  # 7 and 8 are the same human
GUEST, ANONYMISED, UNKNOWN_ROLE, UNKNOWN_STATE = 9, 10, 11, 12
NO_ADDRESSES_BLOCK, NO_CONSENT_BLOCKS = 13, 14
UK_COUNTRY, UNDEFINED_TITLE, DECOMPOSED, UNTRIMMED = 15, 16, 17, 18
NO_EMAIL, INVALIDATED, UNANSWERED, NULLS, LONG_NAME, LOUD_EMAIL, THREE_ADDRESSES = 19, 20, 21, 22, 23, 24, 25

BLOCK_MEMBERS = {
    "GENERAL": ("individualContact", "structureContact"),
    "ADDRESSES": ("addresses",),
    "AUTHORIZATIONS": ("authorizations",),
    "CRITERIA": ("contactCriteria",),
}
ALL_DETAILS = tuple(BLOCK_MEMBERS)
EPOCH = datetime(2021, 3, 1, 9, 12, 44, 120_000, tzinfo=UTC)
MASKED = "XXXXXXXX"


def wire_time(moment: datetime) -> str:
    """ISO 8601 with milliseconds and a numeric offset: 2024-03-18T18:41:07.330+00:00."""
    return moment.isoformat(timespec="milliseconds")


def build_contact(seed: int, index: int, number: str, number_of: Callable[[int], str]) -> Payload:
    """Contact `index` of a population, traps included."""
    trap = index % CONTACT_BLOCK
    dice = Dice(seed, "contact", index)
    # a relay and the person in private, and a family, draw their identity from one die
    person_die = Dice(seed, "person", index - 1 if trap == RELAY_IN_PRIVATE else index)
    place = (Dice(seed, "home", index - trap + FAMILY_HEAD) if trap in FAMILY else dice).pick(invented.PLACES)
    contact: Payload = {
        "contactNumber": number,
        "contactId": 10_229_001_000_000 + index,
        "type": "STRUCTURE" if trap == STRUCTURE else "INDIVIDUAL",
        "role": {RELAY: "RELAY", UNKNOWN_ROLE: "AMBASSADOR"}.get(trap, "MEMBER" if dice.chance(12) else "PUBLIC"),
        "state": {UNKNOWN_STATE: "UNDER_REVIEW", INVALIDATED: "INACTIVE"}.get(trap, "ACTIVE"),
        "guest": trap == GUEST,
        "creationDate": wire_time(EPOCH + timedelta(minutes=17 * index)),
        "hasWarning": dice.chance(2),
    }
    if trap == INVALIDATED:
        contact["endValidityDate"] = wire_time(EPOCH + timedelta(days=900, minutes=index))
    if trap == STRUCTURE:
        contact["structureContact"] = _structure(dice)
    else:
        contact["individualContact"] = _person(person_die, seed, index, trap, place)
    if trap == RELAY:
        contact["function"] = dice.pick(invented.FUNCTIONS)
    if trap != NO_ADDRESSES_BLOCK:
        contact["addresses"] = _addresses(dice, trap, place)
    if trap != NO_CONSENT_BLOCKS:
        contact["authorizations"] = _authorizations(dice, trap)
        contact["contactCriteria"] = _criteria(dice)
    return anonymised(contact) if trap == ANONYMISED else contact


def _structure(dice: Dice) -> Payload:
    return {
        "officialName": dice.pick(invented.STRUCTURE_NAMES),
        "addressName1": f"Service {dice.below(9) + 1}",
        "addressName2": "",
        "structureType": dice.pick(invented.STRUCTURE_TYPES),
    }


def _person(dice: Dice, seed: int, index: int, trap: int, place: tuple[str, ...]) -> Payload:
    country, language, _zip_code, _town, dialling = place
    first, last = dice.pick(invented.FIRST_NAMES), dice.pick(invented.LAST_NAMES)
    if trap in FAMILY:
        last = Dice(seed, "family", index - trap + FAMILY_HEAD).pick(invented.LAST_NAMES)
    if trap == DECOMPOSED:
        first, last = unicodedata.normalize("NFD", "Zoé-Anaïs"), unicodedata.normalize("NFD", "Lémance")
    elif trap == UNTRIMMED:
        first, last = f"  {first}", f"{last} "
    elif trap == LONG_NAME:
        last = (f"{last}-" * 20)[:99] + "x"
    mailbox = index - trap + FAMILY_HEAD if trap in FAMILY else index - 1 if trap == RELAY_IN_PRIVATE else index
    email = f"{_plain(last)}.{mailbox}@{invented.MAIL_HOSTS[mailbox % 3]}"
    person: Payload = {
        "individualTitle": "UNDEFINED" if trap == UNDEFINED_TITLE else dice.pick(("MR", "MRS", "MRS", "MR", "MISS")),
        "individualFirstname": first,
        "individualLastname": last,
        "individualGender": dice.pick(("M", "F")),
        "email": email.upper() if trap == LOUD_EMAIL else email,
        "cellPhoneNumber": f"{dialling}4{dice.below(10**8):08d}",
        "phoneNumber1": f"{dialling} 2 {dice.below(1000):03d} {dice.below(100):02d} {dice.below(100):02d}",
        "birthDate": f"{1938 + dice.below(68)}-{dice.below(12) + 1:02d}-{dice.below(28) + 1:02d}",
        "language": language,
        "individualCountryCode": "UK" if trap == UK_COUNTRY else country,
    }
    if trap == NO_EMAIL:
        del person["email"]
    if trap == NULLS:
        person |= {"email": None, "cellPhoneNumber": "", "phoneNumber1": None, "birthDate": None}
    return person


def _plain(name: str) -> str:
    """The ASCII letters of a name, for an e-mail address."""
    letters = unicodedata.normalize("NFD", name.lower())
    return "".join(c for c in letters if "a" <= c <= "z")[:40] or "mail"


def _addresses(dice: Dice, trap: int, place: tuple[str, ...]) -> list[Payload]:
    country, _language, zip_code, town, _dialling = place
    main = {
        "isMain": True,
        "line1": f"{dice.pick(invented.STREETS)} {dice.below(180) + 1}",
        "zipCode": zip_code,
        "town": town,
        "countryCode": "UK" if trap == UK_COUNTRY else country,
    }
    if trap != THREE_ADDRESSES:
        return [main]
    shipment = main | {"isMain": False, "isShipment": True, "line1": "Quai aux Herbes 3", "line2": "c/o Réception"}
    billing = main | {"isMain": False, "isBilling": True, "line1": "Lindenweg 8", "townComplement": "Cedex"}
    return [billing, main, shipment]  # the main one is not the first, on purpose


def _authorizations(dice: Dice, trap: int) -> list[Payload]:
    answers = (None,) if trap == UNANSWERED else (True, False, None)
    return [{"code": code, "authorized": dice.pick(answers)} for code in ("NEWSLETTER", "PARTNERS", "SMS")]


def _criteria(dice: Dice) -> list[Payload]:
    interests = {dice.pick(invented.INTERESTS) for _ in range(dice.below(4))}
    criteria = [{"criterionIdCode": "INTEREST", "values": sorted(interests, reverse=True)}] if interests else []
    return [*criteria, {"criterionIdCode": "SOURCE", "values": [dice.pick(invented.SOURCES)]}]


def anonymised(contact: Payload) -> Payload:
    """What is left after anonymisation: names masked; country, town and post code kept; sales are kept elsewhere."""
    person = contact.get("individualContact", {})
    kept = {name: person[name] for name in ("individualCountryCode",) if name in person}
    places = ("isMain", "zipCode", "town", "countryCode")
    left = {name: contact[name] for name in ("contactNumber", "contactId", "type", "role", "creationDate")}
    return left | {
        "state": "ACCOUNT_DELETED",
        "guest": False,
        "hasWarning": False,
        "individualContact": {"individualFirstname": MASKED, "individualLastname": MASKED} | kept,
        "addresses": [{name: a[name] for name in places if name in a} for a in contact.get("addresses", [])],
        "authorizations": [],
        "contactCriteria": [],
    }


def with_details(contact: Payload, details: Iterable[str]) -> Payload:
    """The contact with the selected blocks only. A block that was not selected is absent, never empty."""
    chosen = set(details)
    hidden = {name for block, names in BLOCK_MEMBERS.items() if block not in chosen for name in names}
    return {name: value for name, value in contact.items() if name not in hidden}


def export_row(contact: Payload) -> Payload:
    """One flat line of a data-export query (platform.secutix.com, webhook/dataexport); dots belong to the name."""
    person = contact.get("individualContact", {})
    row: Payload = {
        name: contact[name] for name in ("contactNumber", "creationDate", "role", "type") if name in contact
    }
    columns = ("individualFirstname", "individualLastname", "cellPhoneNumber", "email", "individualCountryCode")
    row |= {name: person[name] for name in columns if name in person}
    return row | {"socialConnections.providerUserReference": f"8842{contact['contactId'] % 100_000:05d}"}

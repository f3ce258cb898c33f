"""What S-360 makes of a value it is given. Each rewrite can be switched on and off, to try a receiver against it."""

import unicodedata
from collections.abc import Collection
from typing import Any

KNOWN_TITLES = ("MR", "MRS", "MISS", "MR_AND_MRS", "LADIES", "GENTLEMEN", "UNDEFINED")
NAMES = ("individualFirstname", "individualLastname")
PHONES = ("cellPhoneNumber", "phoneNumber1")

REWRITES = {
    "title": "a title that is not known becomes UNDEFINED (documented)",
    "trim": "spaces around a text are dropped",
    "email_case": "e-mail addresses are stored in lower case",
    "compose": "accents are stored composed",
    "upper_last_name": "last names are stored in capitals",
    "phone_spaces": "phone numbers lose their spaces, dots and dashes",
    "cut": "names are cut after 100 characters instead of refused",
}
USUAL = frozenset({"title", "trim", "email_case"})


def rewritten(field: str, value: Any, switched_on: Collection[str]) -> Any:
    """The value as it will be stored and read back. Applying it twice changes nothing more."""
    if not isinstance(value, str):
        return value
    if "trim" in switched_on:
        value = value.strip()
    if "compose" in switched_on:
        value = unicodedata.normalize("NFC", value)
    if "cut" in switched_on and field in NAMES:
        value = value[:100].rstrip() if "trim" in switched_on else value[:100]
    if field == "individualTitle" and "title" in switched_on:
        return value if value in KNOWN_TITLES else "UNDEFINED"
    if field == "email" and "email_case" in switched_on:
        return value.lower()
    if field == "individualLastname" and "upper_last_name" in switched_on:
        return value.upper()
    if field in PHONES and "phone_spaces" in switched_on:
        return "".join(c for c in value if c not in " .-")
    return value

"""What S-360 makes of a value it is given. Each rewrite can be switched on and off, to try a receiver against it."""

import unicodedata
from collections.abc import Callable, Collection
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
    for name, concerns, change in _STEPS:
        if name in switched_on and concerns(field):
            value = change(value)
    return value


def _any_field(field: str) -> bool:
    return True


# in this order: a cut may leave a space at the end, so trimming comes after it
_STEPS: tuple[tuple[str, Callable[[str], bool], Callable[[str], str]], ...] = (
    ("compose", _any_field, lambda value: unicodedata.normalize("NFC", value)),
    ("trim", _any_field, str.strip),
    ("cut", NAMES.__contains__, lambda value: value[:100]),
    ("trim", _any_field, str.strip),
    ("title", "individualTitle".__eq__, lambda value: value if value in KNOWN_TITLES else "UNDEFINED"),
    ("email_case", "email".__eq__, str.lower),
    ("upper_last_name", "individualLastname".__eq__, str.upper),
    ("phone_spaces", PHONES.__contains__, lambda value: "".join(c for c in value if c not in " .-")),
)

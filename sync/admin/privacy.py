"""Who may see personal values? Everything an admin screen shows of a person passes through here."""

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest

from sync.engine.canonical import Value
from sync.engine.redaction import mask_value

PERSONAL: Final = "sync.view_personal_data"
PAYLOADS: Final = "sync.view_raw_payload"
EMPTY: Final = "(empty)"
NEVER_SENT: Final = ""


def may_see_people(request: HttpRequest) -> bool:
    return request.user.has_perm(PERSONAL)


def may_see_payloads(request: HttpRequest) -> bool:
    """A payload holds everything S-360 sends of a person, so it takes both permissions."""
    return request.user.has_perm(PAYLOADS) and request.user.has_perm(PERSONAL)


def shown(request: HttpRequest, field: str, value: Value) -> str:
    """One canonical value as this person may see it."""
    return as_text(value if may_see_people(request) else mask_value(field, value))


def shown_of(request: HttpRequest, view: Mapping[str, Any], field: str) -> str:
    """The field of a view as this person may see it; a field never sent is empty text."""
    return shown(request, field, view[field]) if field in view else NEVER_SENT


def as_text(value: Value) -> str:
    """A canonical value in words; a known empty one says so."""
    if value is None or (isinstance(value, str | list) and not value):
        return EMPTY
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)

"""Turn a connection's stored settings into a typed, checked object; say which setting is wrong in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from crm.connectors.base import ConnectorUnavailable, Entity, Failure, SettingField
from sync.http.addresses import RefusedUrlError, parse_target

T = TypeVar("T", bound=msgspec.Struct)

MAPPED_FIELDS = "mapped_fields"
ALLOW_PRIVATE = "allow_private_addresses"


class CommonSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What every connector has."""

    base_url: str = ""
    allow_private_addresses: bool = False
    settle_seconds: float = 60.0
    overlap_seconds: float = 30.0
    skip_unchanged: bool = False
    mapped_fields: dict[str, list[str]] = {}

    def mapped(self, entity: Entity) -> list[str]:
        """The remote fields the mapping uses, as the services told us; empty when they did not."""
        return self.mapped_fields.get(entity.value, [])


COMMON_FIELDS = [
    SettingField(
        "base_url",
        "Address of the API",
        "url",
        required=True,
        help_text="https; may end in a path that every call begins with.",
    ),
    SettingField(
        ALLOW_PRIVATE,
        "Internal CRM",
        "boolean",
        default=False,
        help_text="Allows private addresses and plain http. Only for a CRM inside your own network.",
    ),
    SettingField(
        "skip_unchanged",
        "Read before writing",
        "boolean",
        default=False,
        help_text="Reads each record first and leaves it alone when nothing would change. Costs one read a batch.",
    ),
    SettingField(
        "settle_seconds",
        "Stay behind now (seconds)",
        "decimal",
        default=60.0,
        group="changes",
        help_text="Changes younger than this are left for the next poll: search indexes publish late.",
    ),
    SettingField(
        "overlap_seconds",
        "Read again (seconds)",
        "decimal",
        default=30.0,
        group="changes",
        help_text="How far a new poll goes back behind the end of the last one.",
    ),
]


def read_settings(kind: type[T], settings: Mapping[str, Any]) -> T:
    """The settings as `kind`; unknown names are left alone. Raises ConnectorUnavailable (misconfigured, "settings")."""
    given = {name: value for name, value in settings.items() if value is not None}
    try:
        read = msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise ConnectorUnavailable(settings_failure(f"a setting cannot be used: {error}")) from None
    base_url = getattr(read, "base_url", "")
    try:
        parse_target(base_url)
    except RefusedUrlError as error:
        raise ConnectorUnavailable(settings_failure(f"base_url: {error}", field="base_url")) from None
    return read


def settings_failure(message: str, field: str | None = None) -> Failure:
    """The failure for settings no call can be made with."""
    return Failure(kind="misconfigured", scope="connection", code="settings", message=message, field=field)


def required_secret(secrets: Mapping[str, str], name: str) -> str:
    """A secret that must be there. Raises ConnectorUnavailable naming it, never showing it."""
    secret = secrets.get(name, "")
    if not secret:
        raise ConnectorUnavailable(settings_failure(f"the secret {name} is missing", field=name))
    if not secret.isascii() or not secret.isprintable():
        text = f"the secret {name} holds a character a header cannot carry (a line break from copying?)"
        raise ConnectorUnavailable(settings_failure(text, field=name))
    return secret

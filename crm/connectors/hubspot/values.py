"""HubSpot's property values: every one is text, empty text clears."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from crm.connectors.base import Scalar


def to_property(value: Scalar) -> str:
    """A value as HubSpot takes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def same_properties(wanted: Mapping[str, str], found: Mapping[str, Scalar]) -> bool:
    """Whether a write of `wanted` would change nothing. HubSpot answers null for a property never set."""
    return all((found.get(name) or "") == value for name, value in wanted.items())


def read_time(value: object) -> datetime | None:
    """A time in either of HubSpot's spellings: ISO 8601, or milliseconds since 1970 as text."""
    if not isinstance(value, str) or not value:
        return None
    try:
        if value.isdigit():
            return datetime.fromtimestamp(int(value) / 1000, UTC)
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def to_millis(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return round(moment.timestamp() * 1000)

"""S-360's timestamps to UTC ("Formats", time): with an offset, with Z, or local to the organization without either."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_TIMESTAMP = re.compile(
    r"(?a)(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(\.\d{1,9})?\s?(Z|[+-]\d\d:?\d\d)?",
)
_DATE = re.compile(r"(?a)\d{4}-\d\d-\d\d")


def utc_time(text: str, zone: ZoneInfo) -> datetime:
    """The moment in UTC. ``zone`` is where a time without offset was written. Raises ValueError for anything else."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise ValueError("not a timestamp such as 2024-03-18T18:41:07.330+00:00")
    day, clock, fraction, offset = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{(fraction or '')[:7]}{offset or ''}")
        return (moment if offset else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"no such time in the calendar ({error})") from None


def utc_text(text: str, zone: ZoneInfo) -> str:
    """The moment as views hold it: ISO, UTC, milliseconds."""
    return utc_time(text, zone).isoformat(timespec="milliseconds")


def date_text(text: str) -> str:
    """A day as views hold it. A timestamp gives the day as it was written, without moving it between zones."""
    day = text[:10]
    if _DATE.fullmatch(day) is None or (len(text) > len(day) and _TIMESTAMP.fullmatch(text) is None):
        raise ValueError("not a date such as 1986-05-19")
    return date.fromisoformat(day).isoformat()

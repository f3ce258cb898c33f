"""Template filters of the console's screens."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import template

from sync import words
from sync.services.figures.durations import duration

register = template.Library()

register.filter("ago", words.ago)
register.filter("when", words.when)
register.filter("exact", words.exact)


@register.filter
def spell_duration(seconds: float | None) -> str:
    """Seconds as people say them; empty for None."""
    return "" if seconds is None else duration(seconds)


@register.filter
def clock(moment: datetime) -> str:
    """The time of day alone, for "as of"."""
    return words.exact(moment)[11:19]


@register.filter
def in_columns(row: Sequence[Any], section: Any) -> list[tuple[Any, bool]]:
    """Each cell with whether its column holds numbers."""
    return [(cell, title in section.numbers) for cell, title in zip(row, section.columns, strict=False)]


@register.filter
def thousands(value: int) -> str:
    return words.number(value)

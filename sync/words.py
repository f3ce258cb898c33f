"""Times, numbers and links as the screens say them; HTML is made with `format_html` only, so everything is escaped."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sync.services.figures.durations import duration

NOTHING = "-"
OLD_DAYS = 30  # from then on a date says more than a number of days


def ago(moment: datetime | None) -> str:
    """ "3 min ago"; a moment still to come is "in 3 min"."""
    if moment is None:
        return "never"
    seconds = (timezone.now() - moment).total_seconds()
    if seconds < -1:
        return f"in {duration(-seconds)}"
    return "just now" if seconds < 1 else f"{duration(seconds)} ago"


def exact(moment: datetime) -> str:
    """The moment in the site's zone, to the second, with the zone's name."""
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S %Z")


def when(moment: datetime | None) -> SafeString | str:
    """How long ago (the date, where that is long), with the exact time on hover."""
    if moment is None:
        return NOTHING
    is_old = timezone.now() - moment > timedelta(days=OLD_DAYS)
    shown = timezone.localtime(moment).strftime("%Y-%m-%d") if is_old else ago(moment)
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact(moment), shown)


def badge(text: str, tone: str = "quiet") -> SafeString:
    """A small label. Tones: good, busy, warn, bad, quiet."""
    return format_html('<span class="c-badge c-badge--{}">{}</span>', tone, text)


def link(url: str, text: Any, *, title: str = "") -> SafeString:
    if title:
        return format_html('<a class="c-link" href="{}" title="{}">{}</a>', url, title, text)
    return format_html('<a class="c-link" href="{}">{}</a>', url, text)


def page_url(app_and_model: str, pk: Any) -> str:
    """The admin page of one row: `page_url("sync.contact", 7)`."""
    return reverse(f"admin:{app_and_model.replace('.', '_')}_change", args=[pk])


def list_url(app_and_model: str, query: str = "") -> str:
    """The admin list of a model, with a query such as `state=parked`."""
    url = reverse(f"admin:{app_and_model.replace('.', '_')}_changelist")
    return f"{url}?{query}" if query else url


def link_to(row: Model | None, text: Any = None) -> SafeString | str:
    """A link to a row's own page; a dash where there is none."""
    if row is None:
        return NOTHING
    return link(page_url(row._meta.label_lower, row.pk), text if text is not None else str(row))  # noqa: SLF001


def number(value: int) -> str:
    return f"{value:,}"

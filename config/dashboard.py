"""The admin's home page: the figures of `sync.services.figures`, with links to the lists behind them.

The page is drawn once; after that the browser asks for `figures_fragment` every few seconds and replaces only the
figures.
"""

from typing import Any, Final

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sync.services.figures import collect_figures
from sync.services.figures.shapes import Alarm, Figures
from sync.words import list_url, page_url

REFRESH_SECONDS: Final = 5
# Where an alarm's `screen` leads: a list with its filter, or the page of its subject.
_LISTS: Final = {
    "deliveries": ("sync.delivery", "state=waiting"),
    "waiting": ("sync.outboxentry", "state=waiting&age=5m"),
    "uncertain": ("sync.outboxentry", "state=uncertain"),
    "causes": ("sync.cause", ""),
    "runs": ("sync.syncrun", ""),
}
_PAGES: Final = {"pace": "sync.pacebucket", "endpoint": "sync.webhookendpoint", "connection": "crm.connection"}


def dashboard_callback(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Called by the theme when it draws the admin's index."""
    return context | {"title": "Home", "refresh_seconds": REFRESH_SECONDS} | home_context()


@require_safe
@never_cache
def figures_fragment(request: HttpRequest) -> HttpResponse:
    """The figures alone, as HTML, for whoever may open the admin; 403 after the session has ended."""
    if not admin.site.has_permission(request):
        return HttpResponse(status=403)
    return TemplateResponse(request, "console/home/figures.html", home_context())


def home_context() -> dict[str, Any]:
    figures = collect_figures()
    return {
        "figures": figures,
        "alarms": [(alarm, alarm_url(alarm)) for alarm in figures.alarms],
        "verdict": verdict(figures),
        "stations": [(c, page_url("crm.connection", c.connection_id)) for c in figures.connections],
    }


def alarm_url(alarm: Alarm) -> str:
    """Where to look; empty where there is no page for it."""
    if alarm.screen in _LISTS:
        return list_url(*_LISTS[alarm.screen])
    if alarm.screen in _PAGES and alarm.subject_id is not None:
        return page_url(_PAGES[alarm.screen], alarm.subject_id)
    return ""


def verdict(figures: Figures) -> dict[str, str]:
    """The whole state in one line: tone and sentence."""
    urgent = sum(alarm.level == "urgent" for alarm in figures.alarms)
    others = len(figures.alarms) - urgent
    if urgent:
        return {"tone": "bad", "text": "Something needs you now" if urgent == 1 else f"{urgent} things need you now"}
    if others:
        return {
            "tone": "warn",
            "text": "Running, with one thing to look at"
            if others == 1
            else f"Running, with {others} things to look at",
        }
    return {"tone": "good", "text": "All is well"}

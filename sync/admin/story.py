"""A record's story as sentences, newest first. Each line links to the delivery, run, entry, attempt and cause it
tells of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from sync.admin.page import Section
from sync.admin.privacy import shown
from sync.engine.fields import spec_of
from sync.models import Attempt, DeliveryRecord, EventKind, OutboxEntry, RecordEvent, SyncRun
from sync.services.figures.durations import duration
from sync.words import badge, link, page_url, when

LINES_A_PAGE: Final = 50
BEFORE: Final = "before"  # the page continues below the event with this id

_TONES: Final[Mapping[str, str]] = {
    EventKind.PUSHED: "good",
    EventKind.WRITTEN_BACK: "good",
    EventKind.LINKED: "good",
    EventKind.PARKED: "bad",
    EventKind.CONFLICT: "bad",
    EventKind.UNCERTAIN: "warn",
    EventKind.HELD: "warn",
    EventKind.RETRY: "warn",
    EventKind.WAITS: "warn",
    EventKind.REQUEUED: "busy",
    EventKind.RECEIVED: "busy",
}
Detail = Mapping[str, Any]


def story_section(request: HttpRequest, events: "Any", here: str) -> Section:
    """One page of the story of `events` (a queryset of one record's events). `here`: the page's own address."""
    before = request.GET.get(BEFORE, "")
    chosen = events.order_by("-id")
    if before.isdecimal():
        chosen = chosen.filter(id__lt=int(before[:18]))
    found: Sequence[RecordEvent] = list(chosen[: LINES_A_PAGE + 1])
    page = found[:LINES_A_PAGE]
    known = _what_still_exists(page)
    return Section(
        "Story",
        lines=[_line(request, event, known) for event in page],
        empty="Nothing has happened to this record yet.",
        note="newest first",
        older_url=f"{here}?{BEFORE}={page[-1].pk}#story" if len(found) > LINES_A_PAGE else "",
        newer_url=f"{here}#story" if before else "",
        anchor="story",
    )


def _what_still_exists(events: Iterable[RecordEvent]) -> dict[str, dict[int, str]]:
    """Addresses of what the lines mention; retention may have removed it. One query a kind, however many lines."""
    listed = list(events)

    def ids(name: str) -> set[int]:
        return {value for event in listed if (value := getattr(event, name)) is not None}

    records = DeliveryRecord.objects.filter(pk__in=ids("delivery_record_id")).values_list("pk", "delivery_id")
    known: dict[str, dict[int, str]] = {
        "delivery_record_id": {pk: f"{page_url('sync.delivery', delivery)}#record-{pk}" for pk, delivery in records}
    }
    for name, model in (("run_id", SyncRun), ("entry_id", OutboxEntry), ("attempt_id", Attempt)):
        found = model.objects.filter(pk__in=ids(name)).values_list("pk", flat=True)
        known[name] = {pk: page_url(model._meta.label_lower, pk) for pk in found}  # noqa: SLF001
    known["cause_id"] = {pk: reverse("admin:sync_cause_change", args=[pk]) for pk in ids("cause_id")}
    return known


_LINKS: Final = (
    ("cause_id", "cause"),
    ("delivery_record_id", "delivery"),
    ("run_id", "run"),
    ("entry_id", "entry"),
    ("attempt_id", "attempt"),
)


def _line(request: HttpRequest, event: RecordEvent, known: Mapping[str, Mapping[int, str]]) -> SafeString:
    addresses = ((known[name].get(getattr(event, name)), text) for name, text in _LINKS)
    links = format_html_join(" ", "{}", ((link(url, text),) for url, text in addresses if url))
    return format_html(
        '<span class="c-story__when">{}</span>{} <span class="c-story__what">{}{}</span> '
        '<span class="c-story__links">{}</span>',
        when(event.at),
        badge(event.get_kind_display(), _TONES.get(event.kind, "quiet")),
        _sentence(request, event),
        format_html('<span class="c-muted"> by {}</span>', event.actor) if event.actor else "",
        links,
    )


def _sentence(request: HttpRequest, event: RecordEvent) -> Any:
    tell = _SENTENCES.get(event.kind)
    detail: Detail = event.detail or {}
    told = tell(request, detail) if tell else _reason(detail)
    warnings = detail.get("warnings")
    return format_html("{} (noted: {})", told, "; ".join(map(str, warnings))) if warnings else told


def _received(request: HttpRequest, detail: Detail) -> Any:
    if detail.get("new"):
        return "S-360 sent this record for the first time."
    changed = detail.get("changed") or {}
    if not changed:
        return "S-360 sent it; no value of ours changed."
    parts = (
        (spec_of(name).label, shown(request, name, pair[0]), shown(request, name, pair[1]))
        for name, pair in changed.items()
    )
    return format_html("S-360 changed {}.", format_html_join("; ", "{}: {} \u2192 {}", parts))


def _pushed(_: HttpRequest, detail: Detail) -> str:
    sent = _labels(detail.get("sent"))
    how = {"created": "Created there", "updated": "Updated there", "unchanged": "The CRM held it already"}
    done = how.get(str(detail.get("status")), "Accepted")
    remote = f" as {detail['remote_id']}" if detail.get("remote_id") else ""
    return f"{done}{remote}: {sent}." if sent else f"{done}{remote}."


def _nothing(_: HttpRequest, detail: Detail) -> str:
    return _message(detail) or "Looked at it: the CRM already holds everything it should."


def _retry(_: HttpRequest, detail: Detail) -> str:
    seconds = detail.get("seconds")
    again = (
        f" The next try comes in {duration(float(seconds))}."
        if seconds
        else " It goes on as soon as the CRM takes calls again."
    )
    return f"{_message(detail) or 'The CRM did not take it.'}{again}"


def _uncertain(_: HttpRequest, detail: Detail) -> str:
    said = _message(detail) or _reason(detail)
    return f"{said} The console waits, reads the CRM and then decides; nothing is sent twice.".strip()


def _parked(_: HttpRequest, detail: Detail) -> str:
    if "value" in detail:
        field, value, reason = str(detail.get("field", "")), detail["value"], detail.get("reason", "")
        return f"Not taken over: {spec_of(field).label} is {value}, {reason}."
    return _message(detail) or _reason(detail) or "It waits for a person."


def _held(_: HttpRequest, detail: Detail) -> str:
    fields = _labels(detail.get("fields"))
    return f"{_reason(detail)} Not applied yet: {fields}." if fields else _reason(detail)


def _linked(_: HttpRequest, detail: Detail) -> str:
    told = f"Linked to CRM record {detail.get('remote_id', '')}, which was there before."
    counts = f" {detail.get('agree', 0)} fields agreed, {detail.get('differ', 0)} differed."
    return " ".join((told + counts, str(detail.get("reason", "")))).strip()


def _anonymised(_: HttpRequest, detail: Detail) -> str:
    return "S-360 anonymised this contact; every personal value is gone here too and the CRM is told."


def _message(detail: Detail) -> str:
    message, code = str(detail.get("message", "")), str(detail.get("code", ""))
    if message and code and code not in message:
        return f"{message.rstrip('.')} ({code})."
    text = (message or code).strip()
    return text if not text or text[-1] in ".!?" else f"{text}."


def _reason(detail: Detail) -> str:
    return str(detail.get("reason", "") or _message(detail))


def _labels(names: Any) -> str:
    return ", ".join(spec_of(str(name)).label for name in names or ())


_SENTENCES: Final[Mapping[str, Callable[[HttpRequest, Detail], Any]]] = {
    EventKind.RECEIVED: _received,
    EventKind.UNCHANGED: lambda request, detail: "S-360 sent it again; nothing had changed.",
    EventKind.ECHO: lambda request, detail: "Our own change came back; nothing to do.",
    EventKind.STALE: lambda request, detail: f"An older delivery came late and was not applied. {_reason(detail)}",
    EventKind.HELD: _held,
    EventKind.PUSHED: _pushed,
    EventKind.NOTHING_TO_SEND: _nothing,
    EventKind.RETRY: _retry,
    EventKind.UNCERTAIN: _uncertain,
    EventKind.PARKED: _parked,
    EventKind.ANONYMISED: _anonymised,
    EventKind.LINKED: _linked,
}

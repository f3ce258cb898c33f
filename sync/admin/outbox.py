"""The outbox: everything owed to either side, and why it has not gone yet."""

from itertools import islice
from typing import Any, Final

from django.contrib import admin
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from sync.admin.base import PageAdmin
from sync.admin.entry_words import REQUEUE, cause_link, next_move, state_badge
from sync.admin.far_side import far_side_buttons
from sync.admin.filters import ChoiceFilter, EntryStateFilter, InstitutionFilter, age_filter, field_filter
from sync.admin.lists import wide_of
from sync.admin.page import Effect, Fact, Notice, Page, Section
from sync.admin.paging import CAP
from sync.admin.verbs import ListVerb, Request, Verb
from sync.engine.fields import spec_of
from sync.models import Cause, Entity, EntryState, Lane, OutboxEntry, Target
from sync.services.audit import note_action
from sync.services.figures.advice import advice_for, title_of
from sync.services.requeue import RequeueReport, requeue_entries
from sync.words import link_to, when

PIECE: Final = 5_000
SAMPLE: Final = 5
ENTRY: Final = ("entry", "entries")
REQUEUEABLE: Final = Q(state=EntryState.PARKED) | Q(state=EntryState.WAITING, waits_for="")


class CauseFilter(ChoiceFilter):
    """Any cause's id in the address; the box shows it only when one is chosen (a cause's page links here)."""

    title = "cause"
    parameter_name = "cause"

    def condition(self, value: str) -> Q:
        return Q(cause_id=int(value[:18]))

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        value = request.GET.get("cause", "")
        if not value.isdecimal():
            return []
        cause = Cause.objects.filter(pk=int(value[:18])).first()
        return [(value, title_of(cause) if cause else f"cause {value}")]


def said(report: RequeueReport, one: str, many: str) -> str:
    """The sentence after a re-queue."""
    done = f"{report.requeued:,} {one if report.requeued == 1 else many} re-queued"
    left = f"; {report.skipped:,} left alone, because they are no longer parked" if report.skipped else ""
    return f"{done}{left}. What is sent is what is true now."


def _effect_of_one(request: HttpRequest, entry: OutboxEntry) -> Effect:
    lines = [
        f"It was tried {entry.attempt_count} times; the count starts again.",
        "What is sent is what is true now, not what was sent before.",
    ]
    if entry.message:
        lines.insert(0, f"Last message: {entry.message}")
    return Effect(f"Send {record_of(entry)} to {entry.get_target_display()} again now?", lines)


def _requeue_one(asked: Request, entry: OutboxEntry) -> str:
    return said(requeue_entries([entry.pk], asked.actor, asked.reason, key=asked.key), *ENTRY)


def _effect_of_many(request: HttpRequest, chosen: "QuerySet[OutboxEntry]") -> Effect:
    movable = chosen.filter(REQUEUEABLE).order_by()
    count = movable[: CAP + 1].count()
    sample = list(movable.select_related("cause", "contact", "order")[:SAMPLE])
    lines = [
        f"{record_of(e)}: {(title_of(e.cause) if e.cause else e.message) or 'waits for its next try'}" for e in sample
    ]
    if count > SAMPLE:
        lines.append("and others like these")
    shown = f"more than {CAP:,}" if count > CAP else f"{count:,}"
    noun = "entry" if count == 1 else "entries"
    return Effect(f"Re-queue {shown} {noun}?", lines, count=min(count, CAP), is_floor=count > CAP)


def _requeue_many(asked: Request, chosen: "QuerySet[OutboxEntry]") -> str:
    """In pieces, on the server, from the stored filter: the audit row says which list was meant."""
    filters = asked.http.GET.urlencode()
    with transaction.atomic():
        note_action(
            asked.actor,
            "requeue_list",
            "outbox entries",
            reason=asked.reason,
            before={"filter": filters},
            key=asked.key,
        )
    ids = iter(list(chosen.filter(REQUEUEABLE).order_by().values_list("pk", flat=True)))
    requeued = skipped = 0
    while piece := list(islice(ids, PIECE)):
        report = requeue_entries(piece, asked.actor, asked.reason)
        requeued, skipped = requeued + report.requeued, skipped + report.skipped
    return said(RequeueReport(requeued, skipped), *ENTRY)


def record_of(entry: OutboxEntry) -> str:
    """`contact 0001234` or `order 10229`."""
    return f"{entry.get_entity_display().lower()} {entry.contact or entry.order}"


@admin.register(OutboxEntry)
class OutboxEntryAdmin(PageAdmin):
    list_display = (
        "entry",
        "record",
        "target",
        "state_shown",
        "next_shown",
        "lane",
        "tries",
        "cause_shown",
        "institution",
        "made",
    )
    list_filter = (
        EntryStateFilter,
        field_filter("target", "target", Target.choices),
        field_filter("entity", "entity", Entity.choices),
        field_filter("lane", "lane", Lane.choices),
        InstitutionFilter,
        age_filter("created_at"),
        CauseFilter,
    )
    list_select_related = ("institution", "contact", "order", "cause")
    list_display_links = ("entry",)
    ordering = ("-id",)
    sortable_by = ()
    list_before_template = "console/admin/outbox_tabs.html"
    verbs = (
        Verb(
            "requeue",
            "Re-queue",
            REQUEUE,
            _effect_of_one,
            _requeue_one,
            possible=lambda e: e.state == "parked" or (e.state == "waiting" and not e.waits_for),
            hint="Make it due now",
        ),
    )
    list_verbs = (ListVerb("requeue_selected", "Re-queue", REQUEUE, _effect_of_many, _requeue_many),)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[OutboxEntry]":
        related = ("institution", "contact", "order", "cause", "attempt")
        found: QuerySet[OutboxEntry] = super().get_queryset(request)
        return found.select_related(*related).defer(*wide_of("contact", "order"))

    @admin.display(description="Entry")
    def entry(self, entry: OutboxEntry) -> str:
        return str(entry.pk)

    @admin.display(description="Record")
    def record(self, entry: OutboxEntry) -> Any:
        return format_html(
            '<span class="c-nowrap">{} {}</span>', entry.get_entity_display(), link_to(entry.contact or entry.order)
        )

    @admin.display(description="State")
    def state_shown(self, entry: OutboxEntry) -> Any:
        return state_badge(entry)

    @admin.display(description="Next")
    def next_shown(self, entry: OutboxEntry) -> Any:
        return format_html('<span class="c-nowrap">{}</span>', next_move(entry))

    @admin.display(description="Tries")
    def tries(self, entry: OutboxEntry) -> int:
        return entry.attempt_count

    @admin.display(description="Cause")
    def cause_shown(self, entry: OutboxEntry) -> Any:
        return cause_link(entry.cause)

    @admin.display(description="Owed since")
    def made(self, entry: OutboxEntry) -> Any:
        return when(entry.created_at)

    def page(self, request: HttpRequest, row: OutboxEntry) -> Page:
        notices = []
        if row.cause is not None:
            notices.append(Notice("warn", format_html("{} {}", cause_link(row.cause), advice_for(row.cause))))
        return Page(
            heading=f"Outbox entry {row.pk}",
            state=state_badge(row),
            notices=notices,
            facts=[
                Fact("Record", self.record(row)),
                Fact("Owed to", row.get_target_display()),
                Fact("Next", next_move(row)),
                Fact("Lane", row.get_lane_display()),
                Fact("Tries", row.attempt_count),
                Fact("Failing since", when(row.first_failed_at)),
                Fact("Last message", row.message or "none"),
                Fact("Last attempt", link_to(row.attempt)),
                Fact("Institution", link_to(row.institution)),
                Fact("Owed since", when(row.created_at)),
            ],
            sections=[_intent(row)],
            buttons=far_side_buttons(request, row),
        )


def _intent(entry: OutboxEntry) -> Section:
    names = ", ".join(spec_of(name).label for name in entry.intent or {})
    return Section(
        "Fields of the last attempt",
        text=names,
        empty="It has not been sent yet. What to send is decided at the moment of sending.",
        note="" if names else "the record's own page shows what would be sent now",
    )

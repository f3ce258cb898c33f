"""Causes: why work is parked, how much of it, what to do, and the button that releases exactly that."""

from collections.abc import Iterable
from typing import Any, Final

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest

from sync.admin.base import BoundedList, PageAdmin
from sync.admin.entry_words import REQUEUE, next_move
from sync.admin.far_side import far_side_buttons
from sync.admin.filters import InstitutionFilter, choice_filter, field_filter
from sync.admin.lists import wide_of
from sync.admin.outbox import record_of, said
from sync.admin.page import Effect, Fact, Notice, Page, Section
from sync.admin.verbs import Request, Verb
from sync.models import Cause, DeliveryRecord, FailureKind, OutboxEntry, Target
from sync.services.figures.advice import advice_for, title_of
from sync.services.figures.causes import ParkedCounts, parked_counts
from sync.services.requeue import requeue_cause
from sync.words import badge, link, link_to, list_url, when

SHOWN: Final = 20
_ENTRIES: Final = Exists(OutboxEntry.objects.filter(cause=OuterRef("pk"), state="parked"))
_RECORDS: Final = Exists(DeliveryRecord.objects.filter(cause=OuterRef("pk"), state="parked"))
_SOMETHING: Final = Q(_ENTRIES) | Q(_RECORDS)
LoadFilter = choice_filter(
    "parked work",
    "parked",
    (("yes", "Something is parked"), ("no", "Nothing is parked any more")),
    lambda value: _SOMETHING if value == "yes" else ~_SOMETHING,
)


class CauseList(BoundedList):
    """Adds the counts of the page's causes: one statement a page, not one a row."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        _count(self.result_list)


def _count(causes: Iterable[Cause]) -> None:
    listed = list(causes)
    counts = parked_counts([cause.pk for cause in listed])
    for cause in listed:
        cause.parked = counts.get(cause.pk, ParkedCounts())  # type: ignore[attr-defined]


def counts_of(cause: Cause) -> ParkedCounts:
    """As counted for the list, or counted now."""
    found: ParkedCounts | None = getattr(cause, "parked", None)
    return found if found is not None else parked_counts([cause.pk]).get(cause.pk, ParkedCounts())


def _effect(request: HttpRequest, cause: Cause) -> Effect:
    counts = counts_of(cause)
    total = counts.total
    lines = [f"{counts.entries} outbox entries go back to work behind live changes; what is sent is what is true now."]
    if counts.records:
        lines.append(
            f"{counts.records} delivery records are read again from their stored body, under today's settings."
        )
    lines.append("Whatever fails for the same reason again comes back here.")
    return Effect(
        f"Re-queue everything parked under this cause: {total}?", lines, count=total.value, is_floor=total.is_floor
    )


def _lift(asked: Request, cause: Cause) -> str:
    return said(requeue_cause(cause, asked.actor, asked.reason, key=asked.key), "record", "records")


@admin.register(Cause)
class CauseAdmin(PageAdmin):
    list_display = ("what", "count", "message_shown", "target", "kind", "institution", "since", "last")
    list_filter = (
        LoadFilter,
        field_filter("target", "target", Target.choices),
        field_filter("kind", "kind", FailureKind.choices),
        InstitutionFilter,
    )
    list_select_related = ("institution",)
    list_display_links = ("what",)
    ordering = ("-last_seen_at", "-id")
    sortable_by = ()
    list_before_template = "console/admin/cause_tabs.html"
    verbs = (
        Verb(
            "requeue",
            "Re-queue all of this cause",
            REQUEUE,
            _effect,
            _lift,
            possible=lambda c: bool(counts_of(c).total),
        ),
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BoundedList]:
        return CauseList

    @admin.display(description="Cause")
    def what(self, cause: Cause) -> str:
        return title_of(cause)

    @admin.display(description="Parked")
    def count(self, cause: Cause) -> Any:
        total = counts_of(cause).total
        return badge(str(total), "bad" if total else "quiet")

    @admin.display(description="What was said")
    def message_shown(self, cause: Cause) -> str:
        return cause.message or "nothing more"

    @admin.display(description="First seen")
    def since(self, cause: Cause) -> Any:
        return when(cause.first_seen_at)

    @admin.display(description="Last seen")
    def last(self, cause: Cause) -> Any:
        return when(cause.last_seen_at)

    def page(self, request: HttpRequest, row: Cause) -> Page:
        _count([row])
        counts = counts_of(row)
        state = badge(f"{counts.total} parked", "bad") if counts.total else badge("nothing parked", "good")
        return Page(
            heading=title_of(row),
            state=state,
            notices=[Notice("warn" if counts.total else "good", advice_for(row))],
            facts=[
                Fact("What was said", row.message or "nothing more"),
                Fact("Side", row.get_target_display()),
                Fact("Kind", row.get_kind_display()),
                Fact("Code", row.code),
                Fact("Field", row.field or "none named"),
                Fact("Value", row.value_class or "none named"),
                Fact("Institution", link_to(row.institution)),
                Fact("First seen", when(row.first_seen_at)),
                Fact("Last seen", when(row.last_seen_at)),
                Fact("Last re-queued", when(row.lifted_at)),
            ],
            sections=[_entries(row, counts), _records(row, counts)],
            buttons=far_side_buttons(request, row),
        )


def _entries(cause: Cause, counts: ParkedCounts) -> Section:
    parked = OutboxEntry.objects.filter(cause=cause, state="parked").select_related("contact", "order")
    return Section(
        "Parked entries",
        columns=("Entry", "Record", "Next", "Tries", "Last message", "Since"),
        rows=[
            (
                link_to(e, e.pk),
                link_to(e.contact or e.order, record_of(e)),
                next_move(e),
                e.attempt_count,
                e.message,
                when(e.created_at),
            )
            for e in parked.defer(*wide_of("contact", "order")).order_by("id")[:SHOWN]
        ],
        empty="None.",
        note=_how_many(counts.entries.value, list_url("sync.outboxentry", f"state=parked&cause={cause.pk}")),
    )


def _records(cause: Cause, counts: ParkedCounts) -> Section:
    parked = (
        DeliveryRecord.objects.filter(cause=cause, state="parked").select_related("delivery").defer("delivery__body")
    )
    return Section(
        "Parked delivery records",
        columns=("Record", "Delivery", "Field", "Value", "Reason", "Came"),
        rows=[
            (
                link_to(r, r.external_id or f"place {r.ordinal + 1}"),
                link_to(r.delivery),
                r.problem_field,
                r.problem_value,
                r.problem,
                when(r.delivery.received_at),
            )
            for r in parked.order_by("id")[:SHOWN]
        ],
        empty="None.",
        note=_how_many(counts.records.value, list_url("sync.deliveryrecord", f"state=parked&cause={cause.pk}")),
    )


def _how_many(count: int, url: str) -> Any:
    return link(url, f"the oldest {SHOWN} of {count:,}; show all") if count > SHOWN else ""

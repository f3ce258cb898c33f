"""Attempts: every call made to the other side: what was meant, and what came back."""

from datetime import timedelta
from typing import Any, Final

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from sync.admin.base import PageAdmin
from sync.admin.entry_words import state_badge
from sync.admin.filters import InstitutionFilter, age_filter, field_filter
from sync.admin.lists import wide_of
from sync.admin.page import Fact, Page, Section
from sync.admin.paging import within_patience
from sync.models import Attempt, AttemptOutcome, Entity, OutboxEntry, Target
from sync.services.figures.durations import duration
from sync.words import badge, link_to, number, when

SHOWN_ENTRIES: Final = 200
SETTLED_WITHIN: Final = timedelta(seconds=30)
VERBS: Final = {"upsert": "write", "fetch": "read"}
TONES: Final = {
    AttemptOutcome.OPEN: "busy",
    AttemptOutcome.ACCEPTED: "good",
    AttemptOutcome.PARTIAL: "warn",
    AttemptOutcome.REFUSED: "bad",
    AttemptOutcome.FAILED: "bad",
    AttemptOutcome.UNKNOWN: "warn",
}


@admin.register(Attempt)
class AttemptAdmin(PageAdmin):
    list_display = (
        "attempt",
        "started",
        "took",
        "target",
        "entity",
        "what",
        "records",
        "refused",
        "result",
        "code",
        "said",
    )
    list_filter = (
        field_filter("outcome", "outcome", AttemptOutcome.choices),
        field_filter("target", "target", Target.choices),
        field_filter("entity", "entity", Entity.choices),
        InstitutionFilter,
        age_filter("started_at"),
    )
    list_display_links = ("attempt",)
    list_select_related = ("institution",)
    ordering = ("-id",)
    sortable_by = ()

    @admin.display(description="Attempt")
    def attempt(self, attempt: Attempt) -> str:
        return str(attempt.pk)

    @admin.display(description="Started")
    def started(self, attempt: Attempt) -> Any:
        return when(attempt.started_at)

    @admin.display(description="Took")
    def took(self, attempt: Attempt) -> str:
        if attempt.ended_at is None:
            return "no answer yet"
        return duration((attempt.ended_at - attempt.started_at).total_seconds())

    @admin.display(description="What")
    def what(self, attempt: Attempt) -> str:
        return VERBS.get(attempt.verb, attempt.verb)

    @admin.display(description="Records")
    def records(self, attempt: Attempt) -> str:
        return number(attempt.record_count)

    @admin.display(description="Not taken")
    def refused(self, attempt: Attempt) -> str:
        return number(attempt.failed_count)

    @admin.display(description="Outcome")
    def result(self, attempt: Attempt) -> Any:
        return badge(attempt.get_outcome_display(), TONES[AttemptOutcome(attempt.outcome)])

    @admin.display(description="What was said")
    def said(self, attempt: Attempt) -> str:
        return attempt.message

    def page(self, request: HttpRequest, row: Attempt) -> Page:
        return Page(
            heading=f"Attempt {row.pk}",
            state=self.result(row),
            facts=[
                Fact("To", row.get_target_display()),
                Fact("What", f"{self.what(row)} of {row.get_entity_display().lower()}s"),
                Fact("Records", number(row.record_count), f"{row.failed_count} not taken" if row.failed_count else ""),
                Fact("Started", when(row.started_at)),
                Fact("Took", self.took(row)),
                Fact("Code", row.code or "none"),
                Fact("What was said", row.message or "nothing more"),
                Fact("The other side's request id", row.request_id or "none given"),
                Fact("Institution", link_to(row.institution)),
            ],
            sections=[_entries(row)],
        )


def _entries(attempt: Attempt) -> Section:
    entries = _entries_of(attempt)
    return Section(
        "Entries whose last attempt this was",
        columns=("Entry", "Record", "State", "Message"),
        rows=[(link_to(e), link_to(e.contact or e.order), state_badge(e), e.message) for e in entries or ()],
        empty="None any more: each has been tried again since, or removed by retention."
        if entries is not None
        else "Finding them would take too long; open a record of this call instead, its story names the attempt.",
        note=f"the first {SHOWN_ENTRIES}" if entries and len(entries) == SHOWN_ENTRIES else "",
    )


def _entries_of(attempt: Attempt) -> list[OutboxEntry] | None:
    """No index leads from an attempt to its entries, as that would cost every send. Settled ones are found by time."""
    settled = Q(state="settled", settled_at__gte=attempt.started_at)
    if attempt.ended_at is not None:
        settled &= Q(settled_at__lte=attempt.ended_at + SETTLED_WITHIN)
    mine = OutboxEntry.objects.filter(settled | ~Q(state="settled"), attempt=attempt)
    chosen = mine.select_related("contact", "order").defer(*wide_of("contact", "order")).order_by("id")[:SHOWN_ENTRIES]
    return within_patience(lambda: list(chosen))

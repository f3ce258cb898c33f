"""Runs: one per S-360 execution, with the five counters of S-360's own log, which always add up."""

from typing import Any, Final

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from sync.admin.base import PageAdmin
from sync.admin.deliveries import DELIVERY_TONES
from sync.admin.filters import InstitutionFilter, choice_filter, field_filter
from sync.admin.page import Fact, Notice, Page, Section
from sync.models import Delivery, RunTrigger, Stream, SyncRun
from sync.services.figures.durations import duration
from sync.words import badge, link, link_to, list_url, number, when

SHOWN_DELIVERIES: Final = 100
TroubleFilter = choice_filter(
    "result",
    "result",
    (("trouble", "With errors or timeouts"), ("warnings", "With warnings"), ("clean", "All succeeded")),
    lambda value: {
        "trouble": Q(error_count__gt=0) | Q(timeout_count__gt=0),
        "warnings": Q(warning_count__gt=0),
        "clean": Q(error_count=0, timeout_count=0, warning_count=0),
    }[value],
)


@admin.register(SyncRun)
class SyncRunAdmin(PageAdmin):
    list_display = (
        "run",
        "started",
        "stream",
        "institution",
        "records",
        "succeeded",
        "warned",
        "failed",
        "timed_out",
        "open_",
        "trigger",
    )
    list_filter = (
        TroubleFilter,
        field_filter("stream", "stream", Stream.choices),
        field_filter("trigger", "trigger", RunTrigger.choices),
        InstitutionFilter,
    )
    list_select_related = ("institution",)
    list_display_links = ("run",)
    ordering = ("-id",)
    sortable_by = ()

    @admin.display(description="Run")
    def run(self, run: SyncRun) -> str:
        return str(run.pk)

    @admin.display(description="Started")
    def started(self, run: SyncRun) -> Any:
        return when(run.started_at)

    @admin.display(description="Records")
    def records(self, run: SyncRun) -> str:
        return number(run.record_count)

    @admin.display(description="Succeeded")
    def succeeded(self, run: SyncRun) -> str:
        return number(run.succeeded_count)

    @admin.display(description="With warnings")
    def warned(self, run: SyncRun) -> Any:
        return _loud(run.warning_count, "warn")

    @admin.display(description="With errors")
    def failed(self, run: SyncRun) -> Any:
        return _loud(run.error_count, "bad")

    @admin.display(description="With timeout")
    def timed_out(self, run: SyncRun) -> Any:
        return _loud(run.timeout_count, "bad")

    @admin.display(description="Not processed")
    def open_(self, run: SyncRun) -> Any:
        return _loud(run.not_processed_count, "busy")

    def page(self, request: HttpRequest, row: SyncRun) -> Page:
        spent = (row.last_delivery_at - row.started_at).total_seconds()
        parts = (row.succeeded_count, row.warning_count, row.error_count, row.timeout_count, row.not_processed_count)
        return Page(
            heading=f"Run {row.pk}",
            state=badge("still coming", "busy") if row.ended_at is None else badge("ended", "quiet"),
            notices=[]
            if sum(parts) == row.record_count
            else [Notice("bad", "The counters do not add up to the records received.")],
            facts=[
                Fact("Records", number(row.record_count), f"in {row.delivery_count} deliveries over {duration(spent)}"),
                Fact("Succeeded", number(row.succeeded_count)),
                Fact("With warnings", _loud(row.warning_count, "warn")),
                Fact("With errors", _loud(row.error_count, "bad")),
                Fact("With timeout", _loud(row.timeout_count, "bad")),
                Fact("Not processed", _loud(row.not_processed_count, "busy")),
                Fact("Stream", row.get_stream_display()),
                Fact("Trigger", row.get_trigger_display()),
                Fact("Institution", link_to(row.institution)),
                Fact("Started", when(row.started_at)),
                Fact("Ended", when(row.ended_at)),
            ],
            sections=[_deliveries(row)],
        )


def _loud(count: int, tone: str) -> Any:
    return badge(number(count), tone) if count else "0"


def _deliveries(run: SyncRun) -> Section:
    found: QuerySet[Delivery] = Delivery.objects.filter(run=run).defer("body", "digest").order_by("id")
    listed = list(found[: SHOWN_DELIVERIES + 1])
    more = link(list_url("sync.delivery"), f"the first {SHOWN_DELIVERIES}")
    return Section(
        "Deliveries",
        columns=("Delivery", "Came", "State", "Records", "Not readable", "Warning"),
        rows=[
            (
                link_to(d),
                when(d.received_at),
                badge(d.get_state_display(), DELIVERY_TONES[d.state]),
                number(d.record_count),
                _loud(d.rejected_count, "bad"),
                d.warning,
            )
            for d in listed[:SHOWN_DELIVERIES]
        ],
        empty="Its deliveries have been removed by retention.",
        note=more if len(listed) > SHOWN_DELIVERIES else "",
    )

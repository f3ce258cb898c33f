"""Delivery records: single records of deliveries, most of all those that were not taken over."""

from itertools import islice
from typing import Any, Final

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from sync.admin.base import PageAdmin
from sync.admin.deliveries import outcome_badge
from sync.admin.entry_words import REQUEUE, cause_link
from sync.admin.filters import InstitutionFilter, field_filter
from sync.admin.outbox import PIECE, SAMPLE, CauseFilter, said
from sync.admin.page import Effect, Fact, Notice, Page
from sync.admin.paging import CAP
from sync.admin.verbs import ListVerb, Request, Verb
from sync.models import DeliveryRecord, RecordOutcome, RecordState
from sync.services.audit import note_action
from sync.services.figures.advice import advice_for
from sync.services.requeue import dismiss_records, requeue_records
from sync.services.requeue_report import RequeueReport
from sync.words import badge, link_to, when

RECORD: Final = ("record", "records")
PARKED: Final = RecordState.PARKED


class RecordInstitutionFilter(InstitutionFilter):
    field = "delivery__institution_id"


def _name(record: DeliveryRecord) -> str:
    return record.external_id or f"the record at place {record.ordinal + 1}"


def _is_parked(record: DeliveryRecord) -> bool:
    return bool(record.state == PARKED)


def _requeue_effect(request: HttpRequest, record: DeliveryRecord) -> Effect:
    return Effect(
        f"Read {_name(record)} again?",
        [
            "It is read from its stored body, under today's settings.",
            "If something newer has come since, it changes nothing.",
        ],
    )


def _confirm_effect(request: HttpRequest, record: DeliveryRecord) -> Effect:
    lines = [
        "Do this only after you have looked it up in S-360.",
        "It is applied even though it looked doubtful or something newer has come since.",
    ]
    return Effect(f"Apply {_name(record)} as it stands?", lines, reason_required=True)


def _dismiss_effect(request: HttpRequest, record: DeliveryRecord) -> Effect:
    lines = ["It is never applied. S-360's next delivery of the same record is treated as usual."]
    return Effect(f"Dismiss {_name(record)}?", lines, reason_required=True)


def _many_effect(question: str, *, reason_required: bool = False) -> Any:
    def effect(request: HttpRequest, chosen: "QuerySet[DeliveryRecord]") -> Effect:
        parked = chosen.filter(state=PARKED).order_by()
        count = parked[: CAP + 1].count()
        lines = [f"{_name(r)}: {r.problem or r.get_outcome_display()}" for r in parked.order_by("id")[:SAMPLE]]
        if count > SAMPLE:
            lines.append("and others like these")
        shown = f"more than {CAP:,}" if count > CAP else f"{count:,}"
        many = f"{question} {shown} parked record{'' if count == 1 else 's'}?"
        return Effect(many, lines, count=min(count, CAP), is_floor=count > CAP, reason_required=reason_required)

    return effect


def _requeue_one(asked: Request, record: DeliveryRecord) -> str:
    return said(requeue_records([record.pk], asked.actor, asked.reason, key=asked.key), *RECORD)


def _confirm_one(asked: Request, record: DeliveryRecord) -> str:
    return said(requeue_records([record.pk], asked.actor, asked.reason, confirm=True, key=asked.key), *RECORD)


def _dismiss_one(asked: Request, record: DeliveryRecord) -> str:
    return _dismissed(dismiss_records([record.pk], asked.actor, asked.reason, key=asked.key))


def _dismissed(report: RequeueReport) -> str:
    left = f"; {report.skipped:,} left alone, because they are no longer parked" if report.skipped else ""
    return f"{report.requeued:,} record{'' if report.requeued == 1 else 's'} dismissed{left}."


def _many(verb: str, act: Any) -> Any:
    """On the server, piece by piece, from the stored filter; the audit row says which list was meant."""

    def run(asked: Request, chosen: "QuerySet[DeliveryRecord]") -> RequeueReport:
        filters = {"filter": asked.http.GET.urlencode()}
        with transaction.atomic():
            note_action(asked.actor, verb, "delivery records", reason=asked.reason, before=filters, key=asked.key)
        ids = iter(list(chosen.filter(state=PARKED).order_by().values_list("pk", flat=True)))
        done = skipped = 0
        while piece := list(islice(ids, PIECE)):
            report = act(piece, asked.actor, asked.reason)
            done, skipped = done + report.requeued, skipped + report.skipped
        return RequeueReport(done, skipped)

    return run


_requeue_all = _many("requeue_record_list", requeue_records)
_dismiss_all = _many("dismiss_record_list", dismiss_records)


@admin.register(DeliveryRecord)
class DeliveryRecordAdmin(PageAdmin):
    list_display = (
        "record",
        "came",
        "in_delivery",
        "outcome_shown",
        "problem_field",
        "problem_value",
        "why",
        "cause_shown",
    )
    list_filter = (
        field_filter("state", "state", RecordState.choices),
        field_filter("outcome", "outcome", RecordOutcome.choices),
        RecordInstitutionFilter,
        CauseFilter,
    )
    list_select_related = ("delivery", "cause")
    list_display_links = ("record",)
    ordering = ("-id",)
    sortable_by = ()
    list_before_template = "console/admin/state_tabs.html"
    verbs = (
        Verb("requeue", "Read again", REQUEUE, _requeue_effect, _requeue_one, possible=_is_parked),
        Verb("confirm", "Apply as it stands", REQUEUE, _confirm_effect, _confirm_one, possible=_is_parked),
        Verb("dismiss", "Dismiss", REQUEUE, _dismiss_effect, _dismiss_one, possible=_is_parked),
    )
    list_verbs = (
        ListVerb(
            "requeue_selected",
            "Read again",
            REQUEUE,
            _many_effect("Read again"),
            lambda a, q: said(_requeue_all(a, q), *RECORD),
        ),
        ListVerb(
            "dismiss_selected",
            "Dismiss",
            REQUEUE,
            _many_effect("Dismiss", reason_required=True),
            lambda a, q: _dismissed(_dismiss_all(a, q)),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[DeliveryRecord]":
        found: QuerySet[DeliveryRecord] = super().get_queryset(request)
        return found.select_related("delivery", "cause").defer("delivery__body", "delivery__digest")

    @admin.display(description="Number or id")
    def record(self, record: DeliveryRecord) -> str:
        return record.external_id or "could not be read"

    @admin.display(description="Came")
    def came(self, record: DeliveryRecord) -> Any:
        return when(record.delivery.received_at)

    @admin.display(description="Delivery")
    def in_delivery(self, record: DeliveryRecord) -> Any:
        return link_to(record.delivery)

    @admin.display(description="Outcome")
    def outcome_shown(self, record: DeliveryRecord) -> Any:
        return outcome_badge(record)

    @admin.display(description="Reason or warning")
    def why(self, record: DeliveryRecord) -> str:
        return record.problem or record.warning

    @admin.display(description="Cause")
    def cause_shown(self, record: DeliveryRecord) -> Any:
        return cause_link(record.cause)

    def page(self, request: HttpRequest, row: DeliveryRecord) -> Page:
        state = badge("Parked", "bad") if _is_parked(row) else outcome_badge(row)
        return Page(
            heading=f"Record {_name(row)}",
            state=state,
            notices=[Notice("warn", advice_for(row.cause))] if row.cause is not None and _is_parked(row) else [],
            facts=[
                Fact("Delivery", link_to(row.delivery), f"place {row.ordinal + 1} in its array"),
                Fact("Came", self.came(row)),
                Fact("Stream", row.delivery.get_stream_display()),
                Fact("Outcome", outcome_badge(row)),
                Fact("Field", row.problem_field or "none named"),
                Fact("Value", row.problem_value or "none named"),
                Fact("Reason", row.problem or "none"),
                Fact("Warning", row.warning or "none"),
                Fact("Cause", cause_link(row.cause)),
                Fact("Ended", when(row.settled_at)),
            ],
        )

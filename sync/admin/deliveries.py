"""Deliveries: every request S-360 made, what was in it, and how each record ended."""

from collections.abc import Iterable
from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from sync.admin.base import PageAdmin
from sync.admin.entry_words import cause_link
from sync.admin.filters import InstitutionFilter, age_filter, field_filter
from sync.admin.page import Fact, Notice, Page, Section
from sync.admin.privacy import may_see_payloads
from sync.models import Contact, Delivery, DeliveryRecord, DeliveryState, Entity, Order, RecordState, Stream
from sync.words import badge, link, link_to, number, page_url, when

SHOWN_RECORDS: Final = 500  # S-360 sends at most 50 in one request; other senders may send more
SHOWN_BODY: Final = 200_000
LONGEST_ID: Final = 19  # digits that surely fit 64 bits
DELIVERY_TONES: Final = {"waiting": "busy", "claimed": "busy", "settled": "good", "refused": "bad"}
RECORD_TONES: Final = {
    "applied": "good",
    "unchanged": "quiet",
    "echo": "quiet",
    "stale": "quiet",
    "dismissed": "quiet",
    "rejected": "bad",
    "failed": "bad",
    "held": "warn",
}


@admin.register(Delivery)
class DeliveryAdmin(PageAdmin):
    list_display = (
        "delivery",
        "came",
        "stream",
        "institution",
        "state_shown",
        "records",
        "rejected",
        "size",
        "run_shown",
        "remark",
    )
    list_filter = (
        field_filter("state", "state", DeliveryState.choices),
        field_filter("stream", "stream", Stream.choices),
        InstitutionFilter,
        age_filter("received_at"),
    )
    list_select_related = ("institution", "endpoint__institution", "run")
    list_display_links = ("delivery",)
    ordering = ("-id",)
    sortable_by = ()
    list_before_template = "console/admin/state_tabs.html"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Delivery]":
        found: QuerySet[Delivery] = super().get_queryset(request)
        return found.select_related("institution", "endpoint__institution", "run").defer("body", "digest")

    @admin.display(description="Delivery")
    def delivery(self, delivery: Delivery) -> str:
        return str(delivery.pk)

    @admin.display(description="Came")
    def came(self, delivery: Delivery) -> Any:
        return when(delivery.received_at)

    @admin.display(description="State")
    def state_shown(self, delivery: Delivery) -> Any:
        return badge(delivery.get_state_display(), DELIVERY_TONES[delivery.state])

    @admin.display(description="Records")
    def records(self, delivery: Delivery) -> str:
        return number(delivery.record_count)

    @admin.display(description="Not readable")
    def rejected(self, delivery: Delivery) -> Any:
        return badge(number(delivery.rejected_count), "bad") if delivery.rejected_count else "0"

    @admin.display(description="Size")
    def size(self, delivery: Delivery) -> str:
        return f"{delivery.body_size / 1024:,.1f} kB"

    @admin.display(description="Run")
    def run_shown(self, delivery: Delivery) -> Any:
        return link_to(delivery.run)

    @admin.display(description="Remark")
    def remark(self, delivery: Delivery) -> str:
        return delivery.refusal or delivery.warning

    def page(self, request: HttpRequest, row: Delivery) -> Page:
        return Page(
            heading=f"Delivery {row.pk}",
            state=self.state_shown(row),
            notices=_notices(row),
            facts=[
                Fact("Came", when(row.received_at)),
                Fact("From", row.remote_address or "address not known"),
                Fact("Webhook URL", link_to(row.endpoint)),
                Fact("Run", link_to(row.run)),
                Fact(
                    "Records",
                    number(row.record_count),
                    f"{row.rejected_count} not readable at the door" if row.rejected_count else "",
                ),
                Fact("Size", self.size(row)),
                Fact("Applied", when(row.settled_at)),
                Fact("Fingerprint", format_html("<code>{}</code>", bytes(row.digest).hex()[:16])),
            ],
            sections=[_records(row), _body(request, row)],
        )


def _notices(row: Delivery) -> list[Notice]:
    notices = []
    if row.state == DeliveryState.REFUSED:
        text = f"Refused with HTTP {row.refusal_status}: {row.refusal} S-360 tries such a delivery up to twelve times."
        notices.append(Notice("bad", text))
    if row.warning:
        notices.append(Notice("warn", row.warning))
    if row.crash_count:
        notices.append(
            Notice("warn", f"A worker died on it {row.crash_count} times; its records are now taken one by one.")
        )
    return notices


def outcome_badge(record: DeliveryRecord) -> Any:
    """How the record ended, or where it stands."""
    if record.state == RecordState.WAITING:
        return badge("Waiting", "busy")
    return badge(record.get_outcome_display(), RECORD_TONES.get(record.outcome, "quiet"))


def _records(delivery: Delivery) -> Section:
    records = (
        DeliveryRecord.objects.filter(delivery=delivery)
        .select_related("cause")
        .order_by("ordinal")[: SHOWN_RECORDS + 1]
    )
    listed = list(records)
    known = _known(delivery, [r.external_id for r in listed if r.external_id])
    return Section(
        "Records",
        columns=("Place", "Number or id", "Outcome", "Field", "Value", "Reason or warning", "Cause", ""),
        rows=[
            (
                format_html('<span id="record-{}">{}</span>', r.pk, r.ordinal + 1),
                known.get(r.external_id) or r.external_id or "could not be read",
                outcome_badge(r),
                r.problem_field,
                r.problem_value,
                r.problem or r.warning,
                cause_link(r.cause),
                link_to(r, "open"),
            )
            for r in listed[:SHOWN_RECORDS]
        ],
        empty="None were read from this body.",
        note=f"the first {SHOWN_RECORDS}" if len(listed) > SHOWN_RECORDS else "",
        anchor="records",
    )


def _known(delivery: Delivery, external_ids: list[str]) -> dict[str, Any]:
    """Number or id -> link to our contact or order; one query."""
    if Stream(delivery.stream).entity == Entity.CONTACT:
        contacts = Contact.objects.filter(institution=delivery.institution_id, contact_number__in=external_ids)
        found: Iterable[tuple[Any, int]] = contacts.values_list("contact_number", "pk")
        model = "sync.contact"
    else:
        ids = [int(i) for i in external_ids if i.isascii() and i.isdecimal() and len(i) < LONGEST_ID]
        found = Order.objects.filter(institution=delivery.institution_id, order_id__in=ids).values_list(
            "order_id", "pk"
        )
        model = "sync.order"
    return {str(external_id): link(page_url(model, pk), external_id) for external_id, pk in found}


def _body(request: HttpRequest, delivery: Delivery) -> Section:
    if not may_see_payloads(request):
        return Section("Body as it came", empty="Your role does not include seeing payloads.", anchor="body")
    body = bytes(delivery.body)
    note = f"the first {SHOWN_BODY:,} bytes" if len(body) > SHOWN_BODY else ""
    text = body[:SHOWN_BODY].decode("utf-8", errors="replace")
    return Section(
        "Body as it came", text=text, empty="The body has been removed by retention.", note=note, anchor="body"
    )

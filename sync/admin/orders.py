"""Orders: one S-360 transaction each, with its lines, its contact, and the way to the CRM."""

from decimal import Decimal
from typing import Any, Final

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from sync.admin.base import PageAdmin
from sync.admin.contacts import money
from sync.admin.far_side import far_side_of
from sync.admin.filters import InstitutionFilter, choice_filter
from sync.admin.lists import WIDE, institution_ids, is_list, wide_of
from sync.admin.page import Fact, Notice, Page, Section
from sync.admin.record_pages import (
    bindings_section,
    entries_section,
    open_entries,
    payload_section,
    record_notices,
    requeue_buttons,
    seen,
)
from sync.admin.sides import plan_of, sides_section
from sync.admin.story import story_section
from sync.engine.explanation import summary
from sync.models import Contact, Entity, Order, OrderLine, OutboxEntry, RecordEvent
from sync.words import badge, link_to, number, when

SHOWN_LINES: Final = 200
LARGEST_ID: Final = 2**63

_PARKED: Final = Exists(OutboxEntry.objects.filter(order=OuterRef("pk"), state="parked"))
_HELD: Final = Exists(OutboxEntry.objects.filter(order=OuterRef("pk"), state="waiting", waits_for="contact"))
ParkedFilter = choice_filter("parked work", "parked", (("yes", "Has parked work"),), lambda _: Q(_PARKED))
ContactFilter = choice_filter(
    "contact",
    "contact",
    (("anonymous", "Anonymous sale"), ("unknown", "Contact not known yet"), ("held", "Waits for its contact")),
    lambda value: {
        "anonymous": Q(contact=None, contact_number=""),
        "unknown": Q(contact=None) & ~Q(contact_number=""),
        "held": Q(_HELD),
    }[value],
)
InCrmFilter = choice_filter(
    "in the CRM",
    "in_crm",
    (("yes", "In the CRM"), ("no", "Not in the CRM yet")),
    lambda value: Q(is_in_crm=value == "yes"),
)


@admin.register(Order)
class OrderAdmin(PageAdmin):
    list_display = ("order", "of_contact", "institution", "order_state", "order_type", "total", "placed", "in_crm")
    list_filter = (InstitutionFilter, ContactFilter, InCrmFilter, ParkedFilter)
    list_select_related = ("institution", "contact")
    list_display_links = ("order",)
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("order_id",)
    search_help_text = "Order id, or the number of its contact"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Order]":
        found: QuerySet[Order] = super().get_queryset(request).select_related("institution", "contact")
        return found.defer(*wide_of("contact"), *(WIDE if is_list(request) else ()))

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Order]", search_term: str
    ) -> tuple["QuerySet[Order]", bool]:
        """By order id or by the purchaser's whole number."""
        term = search_term.strip()
        return (queryset.filter(matching(term)) if term else queryset), False

    @admin.display(description="Order")
    def order(self, order: Order) -> str:
        return str(order.order_id)

    @admin.display(description="Contact")
    def of_contact(self, order: Order) -> Any:
        if order.contact is not None:
            return link_to(order.contact)
        return f"{order.contact_number} (not known yet)" if order.contact_number else "anonymous"

    @admin.display(description="Amount")
    def total(self, order: Order) -> str:
        return money(order)

    @admin.display(description="Placed")
    def placed(self, order: Order) -> Any:
        return when(order.placed_at)

    @admin.display(description="In the CRM")
    def in_crm(self, order: Order) -> Any:
        return badge("yes", "good") if order.is_in_crm else badge("not yet", "quiet")

    def page(self, request: HttpRequest, row: Order) -> Page:
        entries = open_entries(order=row)
        far_side = far_side_of(Entity.ORDER, row)
        decided = plan_of(row, Entity.ORDER, far_side, entries)
        here = reverse("admin:sync_order_change", args=[row.pk])
        return Page(
            heading=f"Order {row}",
            state=badge(row.order_state or "no state", "quiet"),
            notices=[*record_notices(row, entries), *_contact_notice(row)],
            facts=[
                Fact("Amount", money(row) or "none sent", "" if row.is_revenue else "does not count as revenue"),
                Fact("Contact", self.of_contact(row)),
                Fact("Type", row.order_type or "none sent"),
                Fact("Placed", when(row.placed_at)),
                Fact("Institution", link_to(row.institution)),
                Fact("CRM", far_side.connection if far_side else "not paired yet"),
                Fact("Would be sent now", summary(decided)),
                Fact("S-360 last sent it", seen(row.s360_seen_at)),
            ],
            sections=[
                self._lines(row),
                sides_section(request, row, decided, far_side),
                entries_section(entries),
                bindings_section(far_side),
                story_section(request, RecordEvent.objects.filter(order_id=row.pk), here),
                payload_section(request, row),
            ],
            buttons=requeue_buttons(request, entries),
        )

    def _lines(self, row: Order) -> Section:
        lines = list(OrderLine.objects.filter(order=row).order_by("operation_id")[: SHOWN_LINES + 1])
        rows: list[Any] = [
            (
                x.operation_id,
                x.kind,
                x.product,
                x.performance,
                x.tariff,
                _quantity(x.quantity),
                _price(x.unit_price),
                _price(x.total_amount),
            )
            for x in lines[:SHOWN_LINES]
        ]
        if rows and len(lines) <= SHOWN_LINES:
            quantity, amount = sum(x.quantity or 0 for x in lines), sum((x.total_amount or Decimal(0)) for x in lines)
            rows.append(("Total", "", "", "", "", number(quantity), "", _price(Decimal(amount))))
        return Section(
            "Lines",
            columns=("Operation", "Kind", "Product", "Performance", "Tariff", "Quantity", "Unit price", "Amount"),
            rows=rows,
            numbers=("Quantity", "Unit price", "Amount"),
            empty="S-360 sent no lines for this order.",
            note=f"amounts in {row.currency}" if row.currency else "",
            anchor="lines",
        )


def matching(term: str) -> Q:
    """The condition of a search, each branch answered by an index; hence the contact's id is looked up first."""
    contacts = list(
        Contact.objects.filter(institution__in=institution_ids(), contact_number=term).values_list("pk", flat=True)
    )
    found = Q(contact__in=contacts) | Q(institution__in=institution_ids(), contact=None, contact_number=term)
    if term.isascii() and term.isdecimal() and int(term) < LARGEST_ID:
        found |= Q(institution__in=institution_ids(), order_id=int(term))
    return found


def _contact_notice(order: Order) -> list[Notice]:
    if order.contact_id is None and order.contact_number:
        text = (
            f"Its contact {order.contact_number} is not known here yet. The order waits and frees itself when it comes."
        )
        return [Notice("warn", text)]
    return []


def _price(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:,.2f}"


def _quantity(quantity: int | None) -> str:
    return "" if quantity is None else number(quantity)

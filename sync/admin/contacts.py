"""Contacts: find one, see both sides' values, why nothing or something is sent, and the whole story."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from sync.admin.base import PageAdmin
from sync.admin.far_side import FarSide, far_side_buttons, far_side_of
from sync.admin.filters import InstitutionFilter, choice_filter, field_filter
from sync.admin.lists import WIDE, institution_ids, is_list
from sync.admin.page import Fact, Notice, Page, Section
from sync.admin.privacy import may_see_people, shown
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
from sync.models import Contact, ContactAlias, Entity, Lifecycle, Order, OutboxEntry, RecordEvent
from sync.words import badge, link_to, when

SHOWN_ORDERS: Final = 20
SHOWN_ALIASES: Final = 20
SHORTEST_NAME: Final = 2
LIFECYCLE_TONES: Final = {Lifecycle.ACTIVE: "good", Lifecycle.ANONYMISED: "quiet", Lifecycle.ERASED: "quiet"}

_PARKED: Final = Exists(OutboxEntry.objects.filter(contact=OuterRef("pk"), state="parked"))
FrozenFilter = choice_filter(
    "frozen", "frozen", (("yes", "Frozen"), ("no", "Not frozen")), lambda value: Q(frozen_at__isnull=value == "no")
)
InCrmFilter = choice_filter(
    "in the CRM",
    "in_crm",
    (("yes", "In the CRM"), ("no", "Not in the CRM yet")),
    lambda value: Q(is_in_crm=value == "yes"),
)
ParkedFilter = choice_filter("parked work", "parked", (("yes", "Has parked work"),), lambda _: Q(_PARKED))


@admin.register(Contact)
class ContactAdmin(PageAdmin):
    list_display = ("number", "institution", "state", "in_crm", "last_seen")
    list_filter = (
        InstitutionFilter,
        field_filter("lifecycle", "lifecycle", Lifecycle.choices),
        FrozenFilter,
        InCrmFilter,
        ParkedFilter,
    )
    list_select_related = ("institution",)
    list_display_links = ("number",)
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("contact_number",)  # asks for the search box; `get_search_results` decides what it does
    search_help_text = "Number or its beginning, whole e-mail address, or beginning of the name"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Contact]":
        found: QuerySet[Contact] = super().get_queryset(request)
        return found.defer(*(WIDE if is_list(request) else ()))

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Contact]", search_term: str
    ) -> tuple["QuerySet[Contact]", bool]:
        """By number, whole e-mail, or beginning of the name; the last two only for those who may see them."""
        term = search_term.strip()
        return (queryset.filter(matching(term, with_people=may_see_people(request))) if term else queryset), False

    @admin.display(description="Number")
    def number(self, contact: Contact) -> str:
        return contact.contact_number or "no number yet"

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """What the two personal columns show depends on who looks, so they are made for the request."""
        name = _personal_column("Name", lambda c: shown(request, "last_name", c.display_name) if c.display_name else "")
        mail = _personal_column("E-mail", lambda c: shown(request, "email", c.email) if c.email else "")
        number, *others = self.list_display
        return [number, name, mail, *others]

    @admin.display(description="State")
    def state(self, contact: Contact) -> Any:
        if contact.frozen_at is not None:
            return badge("Frozen", "bad")
        return badge(contact.get_lifecycle_display(), LIFECYCLE_TONES.get(Lifecycle(contact.lifecycle), "warn"))

    @admin.display(description="In the CRM")
    def in_crm(self, contact: Contact) -> Any:
        return badge("yes", "good") if contact.is_in_crm else badge("not yet", "quiet")

    @admin.display(description="Last word from S-360")
    def last_seen(self, contact: Contact) -> Any:
        return when(contact.s360_seen_at)

    def page(self, request: HttpRequest, row: Contact) -> Page:
        entries = open_entries(contact=row)
        far_side = far_side_of(Entity.CONTACT, row)
        decided = plan_of(row, Entity.CONTACT, far_side, entries)
        here = reverse("admin:sync_contact_change", args=[row.pk])
        events = RecordEvent.objects.filter(contact_id=row.pk)
        return Page(
            heading=f"Contact {row}",
            state=self.state(row),
            notices=[*record_notices(row, entries), *_merged_notice(row)],
            facts=self._facts(request, row, summary(decided), far_side),
            sections=[
                sides_section(request, row, decided, far_side),
                entries_section(entries),
                bindings_section(far_side),
                self._orders(row),
                story_section(request, events, here),
                payload_section(request, row),
            ],
            buttons=[*requeue_buttons(request, entries), *far_side_buttons(request, row)],
        )

    def _facts(self, request: HttpRequest, row: Contact, would_send: str, far_side: FarSide | None) -> list[Fact]:
        aliases = ContactAlias.objects.filter(contact=row).values_list("contact_number", flat=True)[:SHOWN_ALIASES]
        facts = [
            Fact("Name", shown(request, "last_name", row.display_name) if row.display_name else "none sent"),
            Fact("E-mail", shown(request, "email", row.email) if row.email else "none sent"),
            Fact("Institution", link_to(row.institution)),
            Fact("CRM", far_side.connection if far_side else "not paired yet"),
            Fact("Would be sent now", would_send),
            Fact("S-360 last sent it", seen(row.s360_seen_at)),
            Fact("CRM last known", seen(row.crm_seen_at)),
        ]
        numbers = ", ".join(aliases)
        return (
            [*facts, Fact("Absorbed numbers", numbers, "old orders and files with these numbers lead here")]
            if numbers
            else facts
        )

    def _orders(self, row: Contact) -> Section:
        orders = list(Order.objects.filter(contact=row).defer(*WIDE).order_by("-id")[: SHOWN_ORDERS + 1])
        return Section(
            "Orders",
            columns=("Order", "Placed", "State", "Type", "Amount", "In the CRM"),
            numbers=("Amount",),
            rows=[
                (
                    link_to(o),
                    when(o.placed_at),
                    o.order_state,
                    o.order_type,
                    money(o),
                    "yes" if o.is_in_crm else "not yet",
                )
                for o in orders[:SHOWN_ORDERS]
            ],
            empty="No order of this contact has come.",
            note=f"the newest {SHOWN_ORDERS}" if len(orders) > SHOWN_ORDERS else "",
            anchor="orders",
        )


def matching(term: str, *, with_people: bool) -> Q:
    """The condition of a search. Each branch is answered by an index: exact, by range, or by prefix."""
    by_number = Q(institution__in=institution_ids()) & (Q(contact_number=term) | _numbers_beginning(term))
    if not with_people:
        return by_number
    if "@" in term:
        return Q(email__in={term, term.lower()}) & ~Q(email="")
    if len(term) >= SHORTEST_NAME and not term.isdecimal():
        return by_number | Q(display_name__startswith=term) | Q(display_name__startswith=term.title())
    return by_number


def _numbers_beginning(term: str) -> Q:
    """Numbers with this beginning, as a range the unique index can walk: digits sort alike under every collation."""
    if not (term.isascii() and term.isdecimal()):
        return Q(pk__in=[])
    following = str(int(term) + 1).zfill(len(term))
    until = Q(contact_number__lt=following) if len(following) == len(term) else Q()
    return Q(contact_number__gte=term, contact_number__startswith=term) & until


def money(order: Order) -> str:
    """The amount as people read it; empty when S-360 sent none."""
    return "" if order.amount is None else f"{order.amount:,.2f} {order.currency}".strip()


def _merged_notice(contact: Contact) -> list[Notice]:
    if contact.merged_into_id is None:
        return []
    return [
        Notice("warn", link_to(contact.merged_into, f"Merged into {contact.merged_into}: what S-360 sends goes there."))
    ]


def _personal_column(title: str, show: Callable[[Contact], str]) -> Callable[[Contact], str]:
    return admin.display(description=title)(show)

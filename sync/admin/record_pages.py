"""Sections that the pages of a contact and of an order share."""

import json
from collections.abc import Sequence
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from sync.admin.entry_words import REQUEUE, cause_link, next_move, state_badge
from sync.admin.far_side import FarSide
from sync.admin.page import Button, Notice, Section
from sync.admin.privacy import may_see_payloads
from sync.models import IN_FLIGHT_STATES, OPEN_STATES, OutboxEntry
from sync.services.figures.advice import advice_for
from sync.words import link_to, when

SHOWN_ENTRIES: Final = 10


def open_entries(**record: Any) -> list[OutboxEntry]:
    """What is owed for one record: at most one open and one in flight per target."""
    states = (*OPEN_STATES, *IN_FLIGHT_STATES)
    return list(
        OutboxEntry.objects.filter(state__in=states, **record).select_related("cause", "attempt").order_by("-id")[:8]
    )


def entries_section(entries: Sequence[OutboxEntry]) -> Section:
    return Section(
        "Owed right now",
        columns=("Entry", "To", "State", "Next", "Tries", "Cause", "Last message"),
        rows=[
            (
                link_to(entry, f"Entry {entry.pk}"),
                entry.get_target_display(),
                state_badge(entry),
                next_move(entry),
                entry.attempt_count,
                cause_link(entry.cause),
                entry.message,
            )
            for entry in entries
        ],
        empty="Nothing is owed to either side.",
        anchor="owed",
    )


def bindings_section(far_side: FarSide | None) -> Section:
    return Section(
        "Known in the CRM as",
        columns=("Connection", "Id there", "Since"),
        rows=far_side.bindings if far_side else (),
        empty="The CRM has not given it an id yet.",
        anchor="bindings",
    )


def payload_section(request: HttpRequest, record: Any) -> Section:
    """S-360's latest payload, for those who may see it."""
    if not may_see_payloads(request):
        return Section(
            "Latest payload from S-360", empty="Your role does not include seeing payloads.", anchor="payload"
        )
    text = json.dumps(record.raw, indent=2, ensure_ascii=False, sort_keys=True) if record.raw else ""
    return Section("Latest payload from S-360", text=text, empty="S-360 has not sent this record.", anchor="payload")


def record_notices(record: Any, entries: Sequence[OutboxEntry]) -> list[Notice]:
    """Why this record needs attention, if it does."""
    notices = []
    if record.frozen_at is not None:
        reason = record.frozen_reason or "It crossed the bridge too often in a short time."
        notices.append(Notice("bad", f"Frozen: nothing is sent in either direction. {reason}"))
    notices += [
        Notice("warn", format_html("Parked: {} {}", cause_link(entry.cause), advice_for(entry.cause)))
        for entry in entries
        if entry.state == "parked" and entry.cause is not None
    ]
    return notices


def requeue_buttons(request: HttpRequest, entries: Sequence[OutboxEntry]) -> list[Button]:
    """The way to re-queue what is parked, from the record itself."""
    if not request.user.has_perm(REQUEUE):
        return []
    parked = (entry for entry in entries if entry.state == "parked")
    return [Button("Re-queue", reverse("admin:sync_outboxentry_do", args=[entry.pk, "requeue"])) for entry in parked]


def seen(moment: Any) -> Any:
    return when(moment) if moment else "never"

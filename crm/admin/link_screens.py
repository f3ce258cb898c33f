"""Linking contacts to records the CRM already has: a button on the contact, its entry and its cause; both sides shown
before anything is written."""

from types import SimpleNamespace
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from crm.admin.far_side import far_side_of_record
from crm.services.link_records import (
    Candidate,
    LinkRefusedError,
    candidate_for,
    link_contact,
    link_free_candidates,
    named_record,
    sort_candidates,
)
from crm.services.link_records.bulk import LINKED_AT_ONCE, BulkReport, Sorted, reasons_of
from crm.services.link_records.candidate import named_records
from sync.admin.base import ConsoleAdmin
from sync.admin.far_side import register_buttons
from sync.admin.page import Button, Effect, Section
from sync.admin.sides import sides_section
from sync.admin.verbs import ConfirmForm, Request, VerbRefusedError
from sync.engine.explanation import summary
from sync.models import Cause, Contact, Entity, OutboxEntry, Target

LINK: Final = "crm.link_records"
LINK_ALL: Final = "Link those that certainly match"
HINT: Final = "Compare both sides and write the S-360 number on the CRM's record"
LOOKED_AT: Final = 20  # parked entries of a cause looked at before its button is offered
ONE: Final = ("sync.view_contact", LINK)
ALL: Final = ("sync.view_cause", LINK)


class LinkScreens(ConsoleAdmin):
    """The two confirmations; a binding is what they make, so they live at its screen."""

    def get_urls(self) -> list[URLPattern]:
        contact, cause = (self.admin_site.admin_view(view) for view in (self.link_contact_view, self.link_cause_view))
        return [
            path("link/contact/<int:contact_id>/", contact, name="crm_binding_link"),
            path("link/cause/<int:cause_id>/", cause, name="crm_binding_link_cause"),
            *super().get_urls(),
        ]

    def link_contact_view(self, request: HttpRequest, contact_id: int) -> HttpResponse:
        """GET reads the CRM and shows both sides. POST links to the record that was shown."""
        _demand(request, *ONE)
        contact = get_object_or_404(Contact, pk=contact_id)
        back = reverse("admin:sync_contact_change", args=[contact_id])
        if request.method == "POST":
            effect, record = Effect(""), request.POST.get("record", "")
            asked = _asked(request, effect)
            if asked is not None and record:
                self._act(request, lambda: _link_one(asked, contact, record))
                return HttpResponseRedirect(back)
        candidate = self._candidate(request, contact)
        if candidate is None:
            return HttpResponseRedirect(back)
        label, effect = f"Link to CRM record {candidate.remote_id}", _effect_of_one(candidate)
        hidden = [("record", candidate.remote_id)]
        page = self._confirmation(
            request, label, effect, ConfirmForm(effect), back=back, original=contact, hidden=hidden
        )
        return _with_section(page, _both_sides(request, candidate))

    def _candidate(self, request: HttpRequest, contact: Contact) -> Candidate | None:
        """None, with a message that says why, where there is nothing to confirm."""
        try:
            candidate = candidate_for(contact, request.GET.get("record") or None)
        except LinkRefusedError as refused:
            messages.error(request, str(refused))
            return None
        if candidate is None:
            messages.error(request, "The CRM's last refusal named no record to link to.")
        elif candidate.obstacle:
            messages.error(request, candidate.obstacle)
            return None
        return candidate

    def link_cause_view(self, request: HttpRequest, cause_id: int) -> HttpResponse:
        """GET compares what is parked and counts. POST compares again and links what certainly matches."""
        _demand(request, *ALL)
        cause = get_object_or_404(Cause, pk=cause_id)
        back = reverse("admin:sync_cause_change", args=[cause_id])
        if request.method == "POST":
            asked = _asked(request, Effect(""))
            if asked is not None:
                self._act(request, lambda: _link_all(asked, cause))
                return HttpResponseRedirect(back)
        try:
            found = sort_candidates(cause)
        except LinkRefusedError as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(back)
        if not found.certain:
            messages.info(request, " ".join(["None of them certainly matches.", *_left_lines(found.left)]))
            return HttpResponseRedirect(back)
        effect = _effect_of_all(found)
        page = self._confirmation(request, LINK_ALL, effect, ConfirmForm(effect), back=back, original=cause)
        return _with_section(page, _left_section(found))


def _with_section(page: TemplateResponse, section: Section) -> TemplateResponse:
    """The confirmation with a table below it."""
    page.context_data = {**(page.context_data or {}), "sections": [section]}
    return page


def _demand(request: HttpRequest, *permissions: str) -> None:
    if not request.user.has_perms(permissions):
        raise PermissionDenied


def _asked(request: HttpRequest, effect: Effect) -> Request | None:
    form = ConfirmForm(effect, request.POST)
    return Request(request, form.cleaned_data["reason"], form.cleaned_data["key"]) if form.is_valid() else None


def _effect_of_one(candidate: Candidate) -> Effect:
    lines = [
        f"{len(candidate.agreeing)} fields agree, {len(candidate.differing)} differ; both sides are shown below.",
        f"The number {candidate.key} is written on the CRM's record. It carries none now."
        if not candidate.carries
        else f"The CRM's record carries the number {candidate.carries} already.",
        f"Sent afterwards: {summary(candidate.plan)}.",
        "Orders that wait for this contact go afterwards too. The link is not undone by a button.",
    ]
    return Effect(f"Is contact {candidate.contact} the same person as CRM record {candidate.remote_id}?", lines)


def _both_sides(request: HttpRequest, candidate: Candidate) -> Section:
    """As on the contact's page, with what the CRM's record says now."""
    contact = candidate.contact
    record = SimpleNamespace(s360_view=contact.s360_view, crm_view=candidate.view, agreed={})
    return sides_section(request, record, candidate.plan, far_side_of_record(Entity.CONTACT, contact))


def _link_one(asked: Request, contact: Contact, record: str) -> str:
    try:
        report = link_contact(contact.pk, record, asked.actor, asked.reason, asked.key)
    except LinkRefusedError as refused:
        raise VerbRefusedError(str(refused)) from refused
    freed = f" {report.freed} waiting orders go too." if report.freed else ""
    return f"Contact {contact} is CRM record {report.remote_id} from now on.{freed}"


def _effect_of_all(found: Sorted) -> Effect:
    lines = [
        "In each, e-mail address and last name agree, first names do not differ, and the CRM's record is free.",
        *_left_lines(found.left),
    ]
    if len(found.certain) > LINKED_AT_ONCE:
        lines.append(f"{LINKED_AT_ONCE} are linked at once; come back for the others.")
    if found.rest:
        lines.append(f"{found.rest:,} more are parked here and were not compared yet.")
    count = min(len(found.certain), LINKED_AT_ONCE)
    return Effect(f"Link {count:,} {'contact' if count == 1 else 'contacts'} to their CRM records?", lines, count=count)


def _left_lines(left: Any) -> list[str]:
    return [f"{count:,} left for a person: {reason}." for reason, count in reasons_of(left)]


def _left_section(found: Sorted) -> Section:
    rows = [("to be linked", str(c.contact), c.remote_id, "") for c in found.certain[:LINKED_AT_ONCE]]
    rows += [("left", each.number, each.remote_id, each.reason) for each in found.left[:LINKED_AT_ONCE]]
    return Section("Compared just now", columns=("", "Contact", "CRM record", "Why"), rows=rows)


def _link_all(asked: Request, cause: Cause) -> str:
    try:
        report = link_free_candidates(cause, asked.actor, asked.reason, key=asked.key)
    except LinkRefusedError as refused:
        raise VerbRefusedError(str(refused)) from refused
    return said(report)


def said(report: BulkReport) -> str:
    """The sentence after linking in bulk."""
    rest = f" {report.rest:,} were not reached: link again." if report.rest else ""
    done = f"{report.linked:,} {'contact' if report.linked == 1 else 'contacts'} linked."
    return " ".join([done, *_left_lines(report.left)]) + rest


def _contact_button(request: HttpRequest, contact: Contact) -> list[Button]:
    if not request.user.has_perms(ONE):
        return []
    record = named_record(contact.pk)
    url = reverse("admin:crm_binding_link", args=[contact.pk])
    return [Button(f"Link to CRM record {record}", url, HINT)] if record else []


def _entry_button(request: HttpRequest, entry: OutboxEntry) -> list[Button]:
    is_parked = entry.state == "parked" and entry.target == Target.CRM
    return _contact_button(request, entry.contact) if is_parked and entry.contact is not None else []


def _cause_button(request: HttpRequest, cause: Cause) -> list[Button]:
    if cause.target != Target.CRM or not request.user.has_perms(ALL):
        return []
    parked = OutboxEntry.objects.filter(cause=cause, state="parked", contact__isnull=False).order_by("id")
    if not named_records(list(parked.values_list("contact_id", flat=True)[:LOOKED_AT])):
        return []
    return [Button(LINK_ALL, reverse("admin:crm_binding_link_cause", args=[cause.pk]), HINT)]


register_buttons(Contact, _contact_button)
register_buttons(OutboxEntry, _entry_button)
register_buttons(Cause, _cause_button)

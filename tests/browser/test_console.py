"""The console in a real browser: sign in, read the home page, open a contact, put parked work back."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import expect

from sync.models import EntryState, Heartbeat, OutboxEntry
from tests.factories import (
    CauseFactory,
    ConnectionFactory,
    ContactFactory,
    FieldMappingFactory,
    OutboxEntryFactory,
    PairingFactory,
    RecordEventFactory,
    WebhookEndpointFactory,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # pytest-base-url, which the playwright plugin brings, defines its fixture in a way pytest 10 will refuse
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]

PASSWORD = "an invented pass phrase"


@pytest.fixture
def console(live_server, page):
    """A signed-in browser on the home page of a small, working bridge. Errors and dialogs of any page fail the test."""
    User.objects.create_superuser("noor", password=PASSWORD)
    Heartbeat.objects.create(name="beat")
    Heartbeat.objects.create(name="worker:host:1")
    endpoint = WebhookEndpointFactory(
        institution__code="OPERAHALL", last_delivery_at=timezone.now() - timedelta(minutes=2)
    )
    pairing = PairingFactory(institution=endpoint.institution, connection=ConnectionFactory(name="our-crm"))
    FieldMappingFactory(connection=pairing.connection, field="email", remote_name="email")
    trouble = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
    page.institution = endpoint.institution
    page.goto(f"{live_server.url}/admin/")
    page.fill("[name=username]", "noor")
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    yield page
    assert trouble == []


def test_signing_in_leads_to_the_home_page(console):
    expect(console.get_by_role("heading", name="All is well")).to_be_visible()
    expect(console.get_by_label("The two lanes")).to_contain_text("our-crm")
    expect(console.get_by_label("The two lanes")).to_contain_text("2 min ago")


def test_figures_refresh_without_losing_the_page(console):
    console.evaluate("window.stayed = true")
    parked = console.locator(".c-tile", has_text=re.compile("parked"))
    expect(parked).to_contain_text("0")

    OutboxEntryFactory(parked=True, contact=ContactFactory(institution=console.institution))

    expect(parked).to_contain_text("1", timeout=12_000)
    assert console.evaluate("window.stayed") is True


def test_session_that_ends_is_told_instead_of_showing_old_figures_as_new(console):
    console.context.clear_cookies()

    expect(console.locator("#console-stale")).to_contain_text("You have been signed out", timeout=12_000)


def test_contact_page_shows_both_sides_and_the_story(console, live_server):
    contact = ContactFactory(institution=console.institution, contact_number="0001234", with_crm=True)
    RecordEventFactory(contact=contact, kind="received", detail={"new": True})

    console.goto(f"{live_server.url}/admin/sync/contact/")
    console.locator("#result_list").get_by_role("link", name="0001234").click()

    expect(console.locator("#values")).to_contain_text("In agreement")
    expect(console.locator("#story")).to_contain_text("S-360 sent this record for the first time.")


def test_parked_entry_is_requeued_and_gone(console):
    cause = CauseFactory(institution=console.institution, code="value_not_mapped", field="title", value_class="LADIES")
    entry = OutboxEntryFactory(parked=True, cause=cause, contact=ContactFactory(institution=console.institution))
    console.reload()

    console.get_by_label("Parked by cause").get_by_role("link", name="Open").click()
    console.get_by_role("link", name="Re-queue all of this cause").click()
    console.get_by_label("Why?").fill("added to the value map")
    console.get_by_role("button", name="Re-queue all of this cause").click()

    expect(console.get_by_text("1 record re-queued.")).to_be_visible()
    expect(console.get_by_text("nothing parked", exact=True)).to_be_visible()
    entry.refresh_from_db()
    assert entry.state == EntryState.WAITING


def test_all_that_match_a_filter_are_requeued_from_the_list(console, live_server):
    OutboxEntryFactory.create_batch(52, parked=True)
    console.goto(f"{live_server.url}/admin/sync/outboxentry/?state=parked")

    console.locator("#action-toggle").check()
    console.get_by_role("link", name="Select all that match").click()
    console.locator("select[name=action]").select_option("requeue_selected")
    console.get_by_role("button", name="Run").click()
    expect(console.get_by_role("heading", name="Re-queue 52 entries?")).to_be_visible()
    console.get_by_role("button", name="Re-queue").click()

    expect(console.get_by_text("52 entries re-queued.")).to_be_visible()
    assert not OutboxEntry.objects.filter(state=EntryState.PARKED).exists()


def test_hostile_names_stay_text(console, live_server):
    hostile = "<img src=x onerror=alert(1)>"
    contact = ContactFactory(institution=console.institution, display_name=hostile, s360_view={"last_name": hostile})

    for path in ("/admin/sync/contact/", f"/admin/sync/contact/{contact.pk}/change/"):
        console.goto(live_server.url + path)
        expect(console.get_by_text(hostile).first).to_be_visible()

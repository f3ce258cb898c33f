"""The home page: both lanes with live figures, what needs a person, and the fragment that keeps it fresh."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from sync.models import Heartbeat
from tests.admin_support import signed_in
from tests.factories import (
    ApiAccessFactory,
    CauseFactory,
    ConnectionFactory,
    ContactFactory,
    DeliveryFactory,
    OutboxEntryFactory,
    PairingFactory,
    SyncRunFactory,
    WebhookEndpointFactory,
)

pytestmark = pytest.mark.django_db

HOME = "/admin/"
FIGURES = "/admin/figures/"


@pytest.fixture
def alive():
    Heartbeat.objects.create(name="beat")
    Heartbeat.objects.create(name="worker:host:1")


@pytest.fixture
def bridge(alive):
    endpoint = WebhookEndpointFactory(
        institution__code="OPERAHALL", last_delivery_at=timezone.now() - timedelta(minutes=2)
    )
    connection = ConnectionFactory(name="our-crm")
    PairingFactory(institution=endpoint.institution, connection=connection)
    return endpoint, connection


def words(answer):
    return " ".join(answer.content.decode().split())


def test_fresh_console_explains_the_first_steps(alive):
    text = words(signed_in().get(HOME))

    assert "Let us set up the bridge" in text
    for name in ("sync_institution", "sync_webhookendpoint", "crm_connection", "crm_pairing"):
        assert reverse(f"admin:{name}_add") in text


def test_quiet_bridge_is_well(bridge):
    text = words(signed_in().get(HOME))

    assert "All is well" in text
    assert "Working" in text
    assert "Nothing is parked." in text
    assert "not switched on yet" in text
    assert "Write-back to S-360 comes with the next version." in text


def test_home_shows_stream_lane_budget_cause_and_run(bridge):
    endpoint, _ = bridge
    ApiAccessFactory(institution=endpoint.institution)
    SyncRunFactory(endpoint=endpoint, record_count=500, succeeded_count=499, error_count=1)
    cause = CauseFactory(institution=endpoint.institution, code="value_not_mapped", field="title", value_class="LADIES")
    OutboxEntryFactory(parked=True, cause=cause, contact=ContactFactory(institution=endpoint.institution))
    DeliveryFactory(endpoint=endpoint, payload=[{}] * 7)

    text = words(signed_in().get(HOME))

    assert "Running, with one thing to look at" in text
    assert "2 min ago" in text
    assert "<b>7</b> records/min" in text
    assert "<b>0</b> of 118 calls this minute" in text
    assert "Value missing in the field mapping (Title: LADIES)" in text
    assert reverse("admin:sync_cause_change", args=[cause.pk]) in text
    assert "/admin/sync/outboxentry/?state=parked&amp;target=crm" in text
    assert "499" in text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"state": "breaker_open", "state_reason": "503: HTTP 503"}, "The console probes it and goes on by itself"),
        ({"state": "needs_credentials"}, "Enter new credentials on its page"),
        ({"state": "over_limit"}, "The CRM asked us to slow down"),
        ({"state": "paused"}, "go when you resume it"),
        ({"is_enabled": False}, "Switch it on on its page"),
    ],
)
def test_connection_that_does_not_send_says_why_and_what_to_do(bridge, change, sentence):
    _, connection = bridge
    for name, value in change.items():
        setattr(connection, name, value)
    connection.save()

    text = words(signed_in().get(HOME))

    assert sentence in text
    assert reverse("admin:crm_connection_change", args=[connection.pk]) in text


def test_refused_deliveries_are_the_first_thing_said(bridge):
    endpoint, _ = bridge
    endpoint.refused_in_a_row, endpoint.last_refused_at = 3, timezone.now()
    endpoint.last_refusal = "not_json: no JSON"
    endpoint.save()

    text = words(signed_in().get(HOME))

    assert "Something needs you now" in text
    assert "3 in a row" in text
    assert "S-360 gives up the first records in" in text


def test_fragment_holds_the_figures_alone(bridge):
    answer = signed_in().get(FIGURES)

    assert answer.status_code == 200
    assert "All is well" in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert "no-cache" in answer["Cache-Control"]


@pytest.mark.parametrize("user", [None, {"is_staff": False}, {"is_active": False}])
def test_fragment_is_closed_to_whoever_may_not_open_the_admin(client, user):
    answer = client.get(FIGURES) if user is None else signed_in(**user).get(FIGURES)

    assert answer.status_code == 403
    assert answer.content == b""


def test_fragment_takes_no_posts(bridge):
    assert signed_in().post(FIGURES).status_code == 405

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from sync.models import Heartbeat
from sync.services import health
from sync.services.figures import far_side
from tests.factories import OutboxEntryFactory
from tests.sync.services.test_figures import connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def alive(monkeypatch):
    monkeypatch.setattr(far_side, "_suppliers", {})
    Heartbeat.objects.create(name="beat")
    Heartbeat.objects.create(name="worker:host:1")


def failing(readiness):
    return {check.name: check.detail for check in readiness.checks if not check.is_ok}


def test_console_with_all_its_parts_is_ready(alive):
    assert failing(health.readiness()) == {}


def test_silent_beat_and_worker_are_named():
    Heartbeat.objects.create(name="worker:host:1", at=timezone.now() - timedelta(seconds=95))

    assert failing(health.readiness()) == {
        "beat": "no sign of life yet",
        "worker": "last sign of life 95 s ago",
    }


def test_unreachable_broker_is_named_without_its_address(alive, settings):
    settings.REDIS_URL = "redis://user:hunter2@127.0.0.1:1/0"

    found = failing(health.readiness())

    assert list(found) == ["broker"]
    assert "hunter2" not in found["broker"]
    assert "127.0.0.1" not in found["broker"]


def test_unreachable_database_is_reported_and_not_raised(alive, monkeypatch):
    def refuse(*args):
        raise DatabaseError("server closed the connection")

    monkeypatch.setattr(health, "rows", refuse)

    assert failing(health.readiness()) == {"database": "The database does not answer (DatabaseError)."}


def test_entry_due_for_more_than_five_minutes_makes_it_not_ready(alive):
    OutboxEntryFactory(due_at=timezone.now() - timedelta(minutes=6))

    assert failing(health.readiness()) == {"oldest due entry": "due for 6 min"}


def test_entry_behind_a_stopped_connection_does_not(alive):
    entry = OutboxEntryFactory(due_at=timezone.now() - timedelta(minutes=6))
    far_side.register_connections("crm", lambda: [connection(institution_ids=(entry.institution_id,))])

    assert failing(health.readiness()) == {}

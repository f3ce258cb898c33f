"""Rows end with their retention, in small batches; what is still being worked on stays."""

from datetime import timedelta

import pytest
from django.db.models import F

from sync.models import Attempt, Delivery, DeliveryRecord, OperatorAction, OutboxEntry, RecordEvent, SyncRun
from sync.services.requeue import requeue_records
from sync.services.retention import remove_old_rows
from tests.factories.deliveries import DeliveryFactory, DeliveryRecordFactory
from tests.flows.world import a_world, contact_record

pytestmark = pytest.mark.django_db(transaction=True)


def age(model, column: str, days: int) -> None:
    model.objects.update(**{column: F(column) - timedelta(days=days)})


def test_bodies_and_their_records_end_after_thirty_days():
    DeliveryRecordFactory()
    age(Delivery, "received_at", 31)
    recent = DeliveryRecordFactory()
    remove_old_rows()

    assert list(Delivery.objects.values_list("pk", flat=True)) == [recent.delivery_id]
    assert list(DeliveryRecord.objects.values_list("pk", flat=True)) == [recent.pk]


def test_a_parked_record_outlives_its_body_and_can_no_longer_be_read_again():
    record = DeliveryRecordFactory(parked=True)
    age(Delivery, "received_at", 31)
    remove_old_rows()

    assert bytes(Delivery.objects.get().body) == b""
    assert DeliveryRecord.objects.get().state == "parked"
    assert requeue_records([record.pk], "operator", "too late").requeued == 0


def test_waiting_deliveries_are_never_touched():
    DeliveryFactory(state="waiting")
    age(Delivery, "received_at", 400)
    remove_old_rows()

    assert len(Delivery.objects.get().body) > 0


def test_everything_old_ends_and_everything_new_stays(world_of_one_send):
    for model, column in (
        (OutboxEntry, "settled_at"),
        (Attempt, "started_at"),
        (RecordEvent, "at"),
        (SyncRun, "started_at"),
    ):
        assert model.objects.exists()
        remove_old_rows()
        assert model.objects.exists()
        age(model, column, 400)
    age(Delivery, "received_at", 400)
    OperatorAction.objects.create(actor="somebody", verb="requeue", subject="entry 1")
    age(OperatorAction, "at", 400)
    remove_old_rows()

    assert [m.objects.count() for m in (Delivery, OutboxEntry, Attempt, RecordEvent, SyncRun, OperatorAction)] == [
        0
    ] * 6


@pytest.fixture
def world_of_one_send():
    with a_world() as world:
        world.deliver(contact_record())
        world.work()
        yield world

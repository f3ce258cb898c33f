"""What S-360 delivers, and what becomes of it (failure model B): through the door, decided by state."""

from datetime import timedelta

import orjson
import pytest
from django.utils import timezone

from sync.models import Contact, Delivery, DeliveryRecord, OutboxEntry, RecordEvent, SyncRun, WebhookEndpoint
from sync.services.requeue import requeue_records
from tests.flows.world import contact_record, order_record


def outcomes() -> list[str]:
    return list(DeliveryRecord.objects.order_by("id").values_list("outcome", flat=True))


def test_a_value_that_goes_and_comes_back_is_three_changes(world):
    for name in ("Vandenberg", "Peeters", "Vandenberg"):
        world.deliver(contact_record(individualLastname=name))
        world.work()

    assert outcomes() == ["applied", "applied", "applied"]
    row = world.crm.contact_by_number("0048213")
    assert [value for value, *_ in reversed(world.crm.history(row["id"], "lastname"))] == [
        "Vandenberg",
        "Peeters",
        "Vandenberg",
    ]


def test_one_bad_record_of_fifty_is_parked_with_field_value_and_reason_and_its_neighbours_go_on(world):
    records = [contact_record(f"{n:07d}") for n in range(50)]
    records[17]["individualContact"]["birthDate"] = "31.02.1990"
    world.deliver(*records)
    world.work()

    parked = DeliveryRecord.objects.get(state="parked")
    assert (parked.external_id, parked.problem_field) == ("0000017", "individualContact.birthDate")
    assert parked.problem_value
    assert "31" not in parked.problem_value
    assert parked.cause is not None
    assert Contact.objects.count() == 49
    assert len(world.crm.contacts()) == 49


def test_the_five_counters_of_a_run_add_up(world):
    records = [contact_record(f"{n:07d}") for n in range(8)]
    records[1]["individualContact"]["birthDate"] = "never"
    records[2]["state"] = "SOMETHING_NEW"
    records[3]["contactNumber"] = 12345
    world.deliver(*records)
    world.work()

    run = SyncRun.objects.get()
    assert (run.record_count, run.succeeded_count, run.warning_count, run.error_count, run.timeout_count) == (
        8,
        5,
        1,
        2,
        0,
    )
    assert run.not_processed_count == 0


def test_the_deliveries_of_one_execution_are_one_run(world):
    for piece in range(10):
        world.deliver(*[contact_record(f"{piece * 50 + n:07d}") for n in range(50)])
    world.deliver(contact_record("9999999"))
    world.work()

    runs = SyncRun.objects.order_by("id")
    assert [(r.delivery_count, r.record_count, r.succeeded_count) for r in runs] == [(10, 500, 500), (1, 1, 1)]


def test_the_same_number_twice_in_one_array_ends_with_the_last(world):
    world.deliver(contact_record(individualLastname="First"), contact_record(individualLastname="Second"))
    world.work()

    assert world.crm.contact_by_number("0048213")["lastname"] == "Second"
    assert world.crm.ledger.writes_for("0048213") == (1, 0, 0)
    assert world.story(world.contact("0048213")) == ["received", "received", "pushed"]


def test_a_missing_block_clears_nothing(world):
    world.deliver(contact_record())
    world.work()
    bare = contact_record()
    del bare["addresses"]
    world.deliver(bare)
    world.work()

    assert world.contact("0048213").s360_view["town"] == "Gent"
    assert world.crm.contact_by_number("0048213")["city"] == "Gent"


def test_a_delivery_overtaken_by_a_newer_one_is_stale(world):
    """Two workers: the older delivery is applied last, because its worker died and its lease had to end."""
    world.deliver(contact_record(individualLastname="Older"))
    world.deliver(contact_record(individualLastname="Newer"))
    older = Delivery.objects.earliest("id")
    Delivery.objects.filter(pk=older.pk).update(state="claimed", lease_until=timezone.now() + timedelta(hours=1))
    world.work()
    Delivery.objects.filter(pk=older.pk).update(state="waiting")
    world.work()

    assert outcomes() == ["stale", "applied"]
    assert world.crm.contact_by_number("0048213")["lastname"] == "Newer"


def test_a_captured_body_replayed_long_after_is_held_until_somebody_vouches_for_it(world):
    world.deliver(contact_record(individualLastname="Old"))
    world.work()
    world.deliver(contact_record(individualLastname="New"))
    world.work()
    Delivery.objects.update(received_at=timezone.now() - timedelta(days=60))
    world.deliver(contact_record(individualLastname="Old"))
    world.work()

    assert outcomes() == ["applied", "applied", "held"]
    assert world.contact("0048213").s360_view["last_name"] == "New"
    held = DeliveryRecord.objects.get(outcome="held")
    assert held.cause is not None
    assert held.cause.code == "old_replay"
    requeue_records([held.pk], "operator", "it is true again", confirm=True)
    world.work()
    assert world.contact("0048213").s360_view["last_name"] == "Old"


def test_a_replay_within_the_retry_span_is_an_ordinary_delivery(world):
    for name in ("Old", "New", "Old"):
        world.deliver(contact_record(individualLastname=name))
        world.work()

    assert world.contact("0048213").s360_view["last_name"] == "Old"


def test_a_watched_field_changes_only_after_a_confirmation(world):
    WebhookEndpoint.objects.update(confirm_fields=["email"])
    world.deliver(contact_record())
    world.work()
    world.deliver(contact_record(email="somebody.else@example.org"))
    world.work()

    assert outcomes() == ["applied", "held"]
    assert world.crm.contact_by_number("0048213")["email"] == "noor.0048213@example.org"


def test_an_anonymised_contact_loses_its_person_on_both_sides(world):
    world.deliver(contact_record())
    world.work()
    gone = {
        "contactNumber": "0048213",
        "type": "INDIVIDUAL",
        "state": "ACCOUNT_DELETED",
        "individualContact": {"individualFirstname": "XXXXXXXX", "individualLastname": "XXXXXXXX"},
    }
    world.deliver(gone)
    world.work()

    contact = world.contact("0048213")
    assert contact.lifecycle == "anonymised"
    assert contact.email == ""
    assert contact.s360_view["email"] is None
    held = world.crm.contact_by_number("0048213")
    assert held["lastname"] == "XXXXXXXX"
    assert not held.get("email")
    assert not held.get("mobilephone")
    assert "anonymised" in world.story(contact)


def test_an_anonymised_contact_leaves_no_value_of_before_in_story_and_ledger(world):
    world.deliver(contact_record())
    world.deliver(contact_record(individualLastname="Marriedname"))
    world.work()
    gone = contact_record(individualFirstname="XXXXXXXX", individualLastname="XXXXXXXX", email=None)
    gone["state"] = "ACCOUNT_DELETED"
    world.deliver(gone)
    world.work()

    rows = [str(row) for model in (RecordEvent, OutboxEntry, Contact) for row in model.objects.values_list()]
    assert [row for row in rows if "Marriedname" in row or "noor." in row] == []


def test_a_rejected_record_is_applied_once_the_settings_are_right(world):
    world.deliver(contact_record("AB-17"))
    world.work()
    record = DeliveryRecord.objects.get()
    assert record.state == "parked"
    world.institution.settings = {"contact_number_pattern": "[0-9A-Z-]{1,20}"}
    world.institution.save()
    requeue_records([record.pk], "operator", "numbers with letters are right here")
    world.work()

    assert world.crm.contact_by_number("AB-17")["lastname"] == "Vandenberg"
    run = SyncRun.objects.get()
    assert (run.succeeded_count, run.error_count) == (1, 0)


@pytest.mark.parametrize("shape", ["wrapped", "bare", "single", "listed"])
def test_an_order_is_understood_in_every_root_shape(world, shape):
    wrapped = order_record(contact=None)
    inner = wrapped["orderDetailsData"]
    body = {"wrapped": [wrapped], "bare": [inner], "single": wrapped, "listed": {"orderDetailsDatas": [inner]}}[shape]
    assert world.post(world.paths["orders"], orjson.dumps(body)).status_code == 200
    world.work()

    order = world.order(10000912204)
    assert (str(order.amount), order.currency, order.is_revenue) == ("91.000", "EUR", True)
    assert order.lines.get().product == "Winter gala"


def test_the_lines_of_an_order_are_replaced_by_operation(world):
    world.deliver(order_record(contact=None), stream="orders")
    changed = order_record(contact=None, saleAmount=45500)
    changed["orderDetailsData"]["operationDatas"] = [
        {"operationId": 7, "kind": "SINGLE_ENTRY", "quantity": 1, "product": "Matinee", "totalAmount": 45500}
    ]
    world.deliver(changed, stream="orders")
    world.work()

    order = world.order(10000912204)
    assert [(line.operation_id, line.product) for line in order.lines.all()] == [(7, "Matinee")]
    assert len(world.crm.orders()) == 1


def test_an_abandoned_order_is_kept_and_not_sent(world):
    world.deliver(order_record(contact=None, orderState="ABANDONNED"), stream="orders")
    world.work()

    assert world.crm.orders() == []
    order = world.order(10000912204)
    assert not order.is_revenue
    assert OutboxEntry.objects.get(order=order).outcome == "suppressed"


def test_an_anonymous_order_goes_to_the_crm_without_a_contact(world):
    world.deliver(order_record(contact=None), stream="orders")
    world.work()

    assert len(world.crm.orders()) == 1


def test_records_wait_under_a_cause_while_the_settings_cannot_be_used(world):
    world.institution.settings = {"json_amount_divisor": "many"}
    world.institution.save()
    world.deliver(contact_record())
    world.work()
    record = DeliveryRecord.objects.get()
    assert (record.state, record.problem_field) == ("parked", "settings")
    assert "json_amount_divisor" in record.problem
    world.institution.settings = {}
    world.institution.save()
    requeue_records([record.pk], "operator", "the setting was a typing error")
    world.work()

    assert world.crm.ledger.creates_for("0048213") == 1

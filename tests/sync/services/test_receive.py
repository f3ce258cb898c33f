"""The service behind the door, without HTTP."""

import pytest

from sync.models import Delivery, DeliveryState, Stream
from sync.s360.strict import DoorRefusal
from sync.services.endpoint_directory import EndpointCard, find_endpoint
from sync.services.endpoints import create_endpoint
from sync.services.receive import Receipt, receive_delivery, sort_records
from tests.factories.institutions import InstitutionFactory
from tests.sync.s360.samples import CONTACT, contact, raw

pytestmark = pytest.mark.django_db


@pytest.fixture
def card() -> EndpointCard:
    issued = create_endpoint(InstitutionFactory(code="MYVENUE"), Stream.CONTACTS)
    found = find_endpoint(
        institution_code="MYVENUE", stream="contacts", public_id=issued.endpoint.public_id, secret=issued.secret
    )
    assert found is not None
    return found


def test_receipt_adds_up(card: EndpointCard) -> None:
    receipt = receive_delivery(card, raw([CONTACT, {}, 5, CONTACT]), address="2001:db8::1")
    assert receipt == Receipt(Delivery.objects.get().pk, received=4, rejected=2)
    assert receipt.accepted == 2
    assert Delivery.objects.get().remote_address == "2001:db8::1"


def test_refused_body_leaves_nothing_behind(card: EndpointCard) -> None:
    with pytest.raises(DoorRefusal):
        receive_delivery(card, b"<html>")
    assert Delivery.objects.count() == 0


def test_sorting_is_told_by_place_and_needs_no_database(card: EndpointCard) -> None:
    found = sort_records(card, raw([CONTACT, contact(contactNumber=None), CONTACT]))
    assert found.external_ids == ["0048213", "", "0048213"]
    assert list(found.problems) == [1]
    assert found.warning == ""


def test_batch_beyond_what_was_agreed_is_warned_of(card: EndpointCard) -> None:
    assert sort_records(card, raw([CONTACT] * 51)).warning == "51 records in one array, 50 were expected"


def test_five_hundred_rejected_records_are_one_delivery(card: EndpointCard) -> None:
    receipt = receive_delivery(card, raw([{"contactNumber": n} for n in range(500)]))
    assert (receipt.received, receipt.rejected) == (500, 500)
    delivery = Delivery.objects.get()
    assert delivery.state == DeliveryState.WAITING
    assert delivery.records.filter(state="parked", cause__code="record_rejected").count() == 500

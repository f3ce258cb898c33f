"""A record the door parked because no database can store it stays harmless when an operator puts it back to work."""

import pytest

from sync.models import Contact, DeliveryRecord, Stream
from sync.services.endpoint_directory import find_endpoint
from sync.services.endpoints import create_endpoint
from sync.services.intake.apply import apply_due
from sync.services.receive import receive_delivery
from sync.services.requeue_records import requeue_records
from tests.factories.institutions import InstitutionFactory
from tests.sync.s360.samples import CONTACT, raw

SPOILED = [
    rb'{"contactNumber": "0000007", "remark": "\u0000"}',
    rb'{"contactNumber": "0000007", "remark": "\ud800"}',
    b'{"contactNumber": "0000007", "remark": 1e400}',
    b'{"contactNumber": "0000007", "remark": 99999999999999999999}',
    b'{"contactNumber": "0000007", "role": "A", "role": "B"}',
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("spoiled", SPOILED)
def test_requeued_record_is_parked_again_for_the_same_reason_and_costs_its_neighbours_nothing(spoiled: bytes) -> None:
    issued = create_endpoint(InstitutionFactory(code="HALL"), Stream.CONTACTS)
    card = find_endpoint(
        institution_code="HALL", stream="contacts", public_id=issued.endpoint.public_id, secret=issued.secret
    )
    assert card is not None
    receive_delivery(card, b"[" + raw(CONTACT) + b"," + spoiled + b"]")
    apply_due("worker")
    before = DeliveryRecord.objects.get(state="parked")
    requeue_records([before.pk], "an operator", "trying again")
    apply_due("worker")
    after = DeliveryRecord.objects.get(pk=before.pk)
    assert (after.state, after.outcome, after.cause_id) == ("parked", "rejected", before.cause_id)
    assert [contact.contact_number for contact in Contact.objects.all()] == ["0048213"]

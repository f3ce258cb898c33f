"""The factories themselves: each default and trait is a row the database accepts."""

import pytest

from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", factories.__all__)
def test_each_factory_makes_a_valid_row(name):
    assert getattr(factories, name)().pk is not None


def test_agreed_contact_holds_a_pair_per_field():
    contact = factories.ContactFactory(with_crm=True)

    assert contact.agreed["title"] == ["MRS", "MRS"]
    assert contact.is_in_crm


def test_parked_work_belongs_to_a_cause_of_its_own_institution():
    entry = factories.OutboxEntryFactory(parked=True)
    record = factories.DeliveryRecordFactory(parked=True)

    assert entry.cause.institution == entry.contact.institution
    assert record.cause.institution == record.delivery.institution


def test_entries_and_bindings_can_belong_to_an_order():
    order = factories.OrderFactory()

    assert factories.OutboxEntryFactory(entity="order", contact=None, order=order).institution == order.institution
    assert factories.BindingFactory(entity="order", contact=None, order=order).order == order

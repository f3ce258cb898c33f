from decimal import Decimal

import factory
from django.utils import timezone

from sync.models import Order, OrderLine
from tests.factories.contacts import ContactFactory


class OrderFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Order

    contact = factory.SubFactory(ContactFactory)
    institution = factory.SelfAttribute("contact.institution")
    contact_number = factory.SelfAttribute("contact.contact_number")
    order_id = factory.Sequence(lambda n: 10_229_000_000 + n)
    order_state = "OK"
    order_type = "SALE"
    amount = Decimal("91.000")
    currency = "EUR"
    is_revenue = True
    placed_at = factory.LazyFunction(timezone.now)
    s360_seen_at = factory.LazyFunction(timezone.now)
    s360_view = factory.LazyAttribute(
        lambda o: {
            "order_state": o.order_state,
            "order_type": o.order_type,
            "amount": str(o.amount.quantize(Decimal("0.01"))) if o.amount is not None else None,
            "currency": o.currency,
            "is_revenue": o.is_revenue,
            "contact_number": o.contact_number,
            "channel": "Internet",
            "quantity": "2",
            "products": "Spring concert",
        }
    )
    raw = factory.LazyAttribute(lambda o: {"orderId": o.order_id, "state": o.order_state})


class OrderLineFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OrderLine

    order = factory.SubFactory(OrderFactory)
    operation_id = factory.Sequence(lambda n: 20_229_000_000 + n)
    kind = "SALE"
    product = "Spring concert"
    product_code = "SPRING"
    performance = "Opening night"
    tariff = "Full price"
    quantity = 2
    unit_price = Decimal("45.500")
    total_amount = Decimal("91.000")

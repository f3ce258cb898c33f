import hashlib
import json

import factory

from sync.models import Delivery, DeliveryRecord, DeliveryState, RecordOutcome, RecordState, SyncRun
from tests.factories.causes import CauseFactory
from tests.factories.endpoints import WebhookEndpointFactory


class SyncRunFactory(factory.django.DjangoModelFactory):
    """A run of one delivery whose counters add up."""

    class Meta:
        model = SyncRun

    endpoint = factory.SubFactory(WebhookEndpointFactory)
    institution = factory.SelfAttribute("endpoint.institution")
    stream = factory.SelfAttribute("endpoint.stream")
    delivery_count = 1
    record_count = 3
    succeeded_count = 3


class DeliveryFactory(factory.django.DjangoModelFactory):
    """A settled delivery. `payload` is what its body says; pass `state="waiting"` for one not applied yet."""

    class Meta:
        model = Delivery

    class Params:
        payload = factory.LazyFunction(lambda: [{"contactNumber": "0000001", "lastname": "Lovelord"}])

    endpoint = factory.SubFactory(WebhookEndpointFactory)
    institution = factory.SelfAttribute("endpoint.institution")
    stream = factory.SelfAttribute("endpoint.stream")
    state = DeliveryState.SETTLED
    body = factory.LazyAttribute(lambda o: json.dumps(o.payload).encode())
    body_size = factory.LazyAttribute(lambda o: len(o.body))
    digest = factory.LazyAttribute(lambda o: hashlib.sha256(o.body).digest())
    record_count = factory.LazyAttribute(lambda o: len(o.payload) if isinstance(o.payload, list) else 1)
    remote_address = "192.0.2.10"


class DeliveryRecordFactory(factory.django.DjangoModelFactory):
    """A record applied; `parked=True`: rejected, with the field, the value and the reason."""

    class Meta:
        model = DeliveryRecord

    class Params:
        parked = factory.Trait(
            state=RecordState.PARKED,
            outcome=RecordOutcome.REJECTED,
            problem_field="birthDate",
            problem_value="31.02.1990",
            problem="birthDate: 31.02.1990 is no date",
            cause=factory.SubFactory(
                CauseFactory, institution=factory.SelfAttribute("..delivery.institution"), target="s360"
            ),
        )

    delivery = factory.SubFactory(DeliveryFactory)
    ordinal = factory.Sequence(lambda n: n)
    external_id = factory.Sequence(lambda n: f"{n + 1:07d}")
    state = RecordState.SETTLED
    outcome = RecordOutcome.APPLIED

import factory
from django.utils import timezone

from sync.models import Attempt, AttemptOutcome, Entity, EntryState, EventKind, OutboxEntry, RecordEvent, Target
from tests.factories.causes import CauseFactory
from tests.factories.contacts import ContactFactory


class AttemptFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Attempt

    target = Target.CRM
    entity = Entity.CONTACT
    record_count = 1
    ended_at = factory.LazyFunction(timezone.now)
    outcome = AttemptOutcome.ACCEPTED


class OutboxEntryFactory(factory.django.DjangoModelFactory):
    """A contact's entry that waits, due now. `parked=True` puts it under a cause; `settled=True` ends it as done.

    For an order: `OutboxEntryFactory(entity="order", contact=None, order=order)`.
    """

    class Meta:
        model = OutboxEntry

    class Params:
        parked = factory.Trait(
            state=EntryState.PARKED,
            cause=factory.SubFactory(CauseFactory, institution=factory.SelfAttribute("..institution")),
            message="XX is not one of the allowed countries",
            attempt_count=1,
        )
        settled = factory.Trait(state=EntryState.SETTLED, outcome="done", settled_at=factory.LazyFunction(timezone.now))

    contact = factory.SubFactory(ContactFactory)
    institution = factory.LazyAttribute(lambda o: (o.contact or o.order).institution)
    entity = Entity.CONTACT
    order = None
    target = Target.CRM
    state = EntryState.WAITING


class RecordEventFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RecordEvent
        exclude = ["contact"]

    contact = factory.SubFactory(ContactFactory)
    contact_id = factory.LazyAttribute(lambda o: o.contact.id if o.contact else None)
    institution_id = factory.LazyAttribute(lambda o: o.contact.institution_id)
    kind = EventKind.RECEIVED

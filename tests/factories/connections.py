import factory

from crm.models import Binding, Connection, FieldMapping, Pairing
from sync.models import Entity
from tests.factories.contacts import ContactFactory
from tests.factories.institutions import InstitutionFactory


class ConnectionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Connection

    name = factory.Sequence(lambda n: f"crm-{n}")
    connector = "generic_rest"
    settings = factory.LazyFunction(lambda: {"base_url": "https://crm.example.org"})


class PairingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Pairing

    institution = factory.SubFactory(InstitutionFactory)
    connection = factory.SubFactory(ConnectionFactory)


class FieldMappingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = FieldMapping

    connection = factory.SubFactory(ConnectionFactory)
    entity = Entity.CONTACT
    field = factory.Sequence(lambda n: f"consent.CODE{n}")
    remote_name = factory.Sequence(lambda n: f"remote_{n}")


class BindingFactory(factory.django.DjangoModelFactory):
    """For an order: `BindingFactory(entity="order", contact=None, order=order)`."""

    class Meta:
        model = Binding

    connection = factory.SubFactory(ConnectionFactory)
    entity = Entity.CONTACT
    contact = factory.SubFactory(ContactFactory)
    order = None
    remote_id = factory.Sequence(lambda n: str(500_000 + n))

import factory
from django.utils import timezone

from sync.models import Contact, ContactAlias
from tests.factories.institutions import InstitutionFactory


class ContactFactory(factory.django.DjangoModelFactory):
    """A contact S-360 has sent and the CRM does not know yet. `with_crm=True`: both sides hold the same and have
    agreed."""

    class Meta:
        model = Contact

    class Params:
        first_name = factory.Sequence(lambda n: f"Ada{n}")
        last_name = factory.Sequence(lambda n: f"Lovelord{n}")
        with_crm = factory.Trait(
            is_in_crm=True,
            crm_view=factory.LazyAttribute(lambda o: dict(o.s360_view)),
            agreed=factory.LazyAttribute(lambda o: {field: [value, value] for field, value in o.s360_view.items()}),
            crm_seen_at=factory.LazyFunction(timezone.now),
        )

    institution = factory.SubFactory(InstitutionFactory)
    contact_number = factory.Sequence(lambda n: f"{n + 1:07d}")
    email = factory.LazyAttribute(lambda o: f"{o.first_name}.{o.last_name}@example.org".lower())
    display_name = factory.LazyAttribute(lambda o: f"{o.last_name} {o.first_name}")
    s360_view = factory.LazyAttribute(
        lambda o: {
            "title": "MRS",
            "first_name": o.first_name,
            "last_name": o.last_name,
            "email": o.email,
            "mobile_phone": "+32470112233",
            "language": "fr",
            "town": "Brussels",
            "address_country": "BE",
            "contact_type": "INDIVIDUAL",
            "consent.NEWSLETTER": "yes",
        }
    )
    raw = factory.LazyAttribute(
        lambda o: {
            "contactNumber": o.contact_number,
            "lastname": o.last_name,
            "firstname": o.first_name,
            "email": o.email,
        }
    )
    s360_seen_at = factory.LazyFunction(timezone.now)


class ContactAliasFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ContactAlias

    contact = factory.SubFactory(ContactFactory)
    institution = factory.SelfAttribute("contact.institution")
    contact_number = factory.Sequence(lambda n: f"9{n:06d}")

import factory

from sync.models import Cause, FailureKind, Target
from tests.factories.institutions import InstitutionFactory


class CauseFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Cause

    institution = factory.SubFactory(InstitutionFactory)
    target = Target.CRM
    kind = FailureKind.PERMANENT
    code = factory.Sequence(lambda n: f"INVALID_OPTION_{n}")
    field = "address_country"
    value_class = "XX"
    message = "XX is not one of the allowed countries"

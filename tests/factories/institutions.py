import factory

from sync.models import ApiAccess, FieldPolicy, Institution


class InstitutionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Institution

    code = factory.Sequence(lambda n: f"HALL{n}")
    name = factory.Sequence(lambda n: f"Concert hall {n}")


class ApiAccessFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ApiAccess

    institution = factory.SubFactory(InstitutionFactory)
    base_url = "https://hall.ws.example.org"
    virtual_operator = "CONSOLE"
    partner = "CRM"
    secret = "an invented secret"


class FieldPolicyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = FieldPolicy

    institution = factory.SubFactory(InstitutionFactory)
    field = "last_name"

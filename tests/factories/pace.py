from datetime import timedelta

import factory
from django.utils import timezone

from sync.models import Allowance, PaceBucket, PaceLayer
from tests.factories.institutions import ApiAccessFactory


class PaceBucketFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PaceBucket

    institution = factory.LazyFunction(lambda: ApiAccessFactory().institution)
    layer = PaceLayer.INSTITUTION
    key = factory.LazyAttribute(lambda bucket: str(bucket.institution.pk))


class AllowanceFactory(factory.django.DjangoModelFactory):
    """Asked for, not approved yet."""

    class Meta:
        model = Allowance

    institution = factory.LazyFunction(lambda: ApiAccessFactory().institution)
    starts_at = factory.LazyFunction(timezone.now)
    ends_at = factory.LazyAttribute(lambda allowance: allowance.starts_at + timedelta(hours=1))
    calls_per_minute = 300
    ticket = "SX-1"
    asked_by = "ada"

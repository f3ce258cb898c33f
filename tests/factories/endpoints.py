"""Endpoints whose secret is known: the digest is the one `sync.services.endpoints` would have stored."""

import factory

from sync.models import Stream, WebhookEndpoint
from tests.factories.institutions import InstitutionFactory


class WebhookEndpointFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = WebhookEndpoint

    institution = factory.SubFactory(InstitutionFactory)
    stream = Stream.CONTACTS
    secret_digest = "0" * 64  # matches no secret; the door's own tests create endpoints through the service

"""A door of its own for each test: one endpoint made through the service, and a way to post to it."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from sync.models import Stream, WebhookEndpoint
from sync.services.endpoints import IssuedSecret, create_endpoint
from tests.factories.institutions import InstitutionFactory


@dataclass
class Door:
    """One endpoint as S-360 sees it: its URL, and how it answers."""

    issued: IssuedSecret
    client: Client = field(default_factory=Client)

    @property
    def endpoint(self) -> WebhookEndpoint:
        return WebhookEndpoint.objects.get(pk=self.issued.endpoint.pk)

    @property
    def path(self) -> str:
        return self.issued.path

    def post(
        self, body: Any, *, path: str = "", content_type: str = "application/json", **headers: Any
    ) -> HttpResponse:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        # The test client would re-encode the body to the charset of its content type, and never sends half a body.
        wire = {"wsgi.input": io.BytesIO(raw), "CONTENT_LENGTH": str(len(raw)), "CONTENT_TYPE": content_type}
        return self.client.generic("POST", path or self.path, **(wire | headers))


@pytest.fixture
def open_door(db: None) -> Callable[..., Door]:
    def make(stream: Stream = Stream.CONTACTS, **kwargs: Any) -> Door:
        institution = kwargs.pop("institution", None) or InstitutionFactory()
        return Door(create_endpoint(institution, stream, **kwargs))

    return make


@pytest.fixture
def door(open_door: Callable[..., Door]) -> Door:
    return open_door()

"""The configuration `make run` brings up by itself: one practice institution, two URLs, the practice CRM.

It is made of the same parts as a configuration file, so the first screen shows what an integrator will set up later. It
is made once; afterwards only addresses and secrets follow the practice servers, and what an operator changed stays.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from crm.connectors.registry import get_connector_class
from crm.models import Connection
from crm.services.configure.apply import apply_plan
from crm.services.configure.build import build_plan
from crm.services.configure.configuration import (
    ApiConfig,
    Configuration,
    ConnectionConfig,
    FieldConfig,
    InstitutionConfig,
    Listing,
    Options,
    PairingConfig,
)
from crm.services.configure.read_connection import preset_mapping
from sync.models import Institution, Stream, WebhookEndpoint
from sync.practice.api_auth import Credentials
from sync.services.endpoint_directory import forget_endpoints
from sync.services.endpoint_secrets import digest_of, matches
from sync.services.endpoints import create_endpoint, hook_path

INSTITUTION: Final = "PRACTICE"
CONNECTION: Final = "practice-crm"
ACTOR: Final = "make run"
_SECRET_NAMES: Final = {"hubspot": "access_token", "generic_rest": "token"}
# Names of the practice CRM's own properties for what each site calls differently.
_SITE_FIELDS: Final = {
    "consent.NEWSLETTER": "consent_newsletter",
    "consent.PARTNERS": "consent_partners",
    "consent.SMS": "consent_sms",
    "criterion.INTEREST": "criterion_interests",
}


@dataclass(frozen=True, slots=True)
class PracticeSetup:
    """Where the practice S-360 has to post. The URLs hold secrets: hand them to its process, not to a log."""

    contacts_url: str = field(repr=False)
    orders_url: str = field(repr=False)
    institution: str = INSTITUTION
    connection: str = CONNECTION


def is_practice_wanted() -> bool:
    """The practice servers run while no institution of a real S-360 is configured."""
    return not Institution.objects.exclude(code=INSTITUTION).exists()


def ensure_practice_configuration(
    *, base_url: str, crm_url: str, crm_token: str, connector: str = "hubspot"
) -> PracticeSetup:
    """Make the practice configuration, or point it at servers that have moved. Safe to repeat: the URLs stay the same.

    `base_url`: this console as the practice S-360 reaches it. `connector`: "hubspot" or "generic_rest"; the practice
    CRM speaks both, but a connection that exists keeps the one it was made with. Raises ConfigurationError.
    """
    with transaction.atomic():
        apply_plan(build_plan(_configuration(crm_url, crm_token, connector)), actor=ACTOR)
        institution = Institution.objects.get(code=INSTITUTION)
        contacts = _ensure_url(institution, Stream.CONTACTS)
        orders = _ensure_url(institution, Stream.ORDERS)
    forget_endpoints()
    start = base_url.rstrip("/")
    return PracticeSetup(f"{start}{contacts}", f"{start}{orders}")


def _configuration(crm_url: str, crm_token: str, connector: str) -> Configuration:
    stored = Connection.objects.filter(name=CONNECTION).first()
    kind = stored.connector if stored else connector
    connection = ConnectionConfig(
        name=CONNECTION,
        connector=kind,
        settings=Options({"base_url": crm_url.rstrip("/"), "allow_private_addresses": True}),
        secrets={_SECRET_NAMES[kind]: crm_token},
        mapping=Listing() if stored else Listing(_mapping(kind)),
    )
    known = Institution.objects.filter(code=INSTITUTION).exists()
    institution = InstitutionConfig(
        code=INSTITUTION,
        values={} if known else _institution_values(),
        api=None if known else _api_access(),
        pairing=None if known else PairingConfig(CONNECTION),
    )
    return Configuration(Listing((institution,)), Listing((connection,)), name="practice")


def _api_access() -> ApiConfig:
    """The practice S-360's own virtual operator; nothing calls it before write-back is switched on."""
    credentials = Credentials()
    return ApiConfig(
        {
            "base_url": settings.PRACTICE_S360_URL,
            "virtual_operator": credentials.operator,
            "partner": credentials.partner,
            "secret": credentials.secret,
        }
    )


def _institution_values() -> Mapping[str, Any]:
    return {"name": "Practice venue", "timezone": "Europe/Brussels", "webhook_interval_minutes": 1}


def _mapping(connector: str) -> tuple[FieldConfig, ...]:
    site = [FieldConfig("contact", name, {"remote_name": remote}) for name, remote in _SITE_FIELDS.items()]
    # The suggestion's families (`consent.*`) name properties an integrator creates; the practice CRM has its own.
    named = [field for field in preset_mapping(get_connector_class(connector)) if not field.field.endswith("*")]
    return (*named, *site)


def _ensure_url(institution: Institution, stream: Stream) -> str:
    """The path of the stream's URL. Its secret follows from SECRET_KEY, so a restart finds it without storing it."""
    secret = _secret(stream)
    endpoint = WebhookEndpoint.objects.filter(institution=institution, label=stream.value).first()
    if endpoint is None:
        return create_endpoint(institution, stream, label=stream.value, secret=secret).path
    if not matches(secret, endpoint.secret_digest):  # rotated by an operator, or SECRET_KEY is another one
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(secret_digest=digest_of(secret))
    return hook_path(endpoint, secret)


def _secret(stream: Stream) -> str:
    digest = hmac.new(
        settings.SECRET_KEY.encode(), f"practice webhook {stream.value}".encode(), hashlib.sha256
    ).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")

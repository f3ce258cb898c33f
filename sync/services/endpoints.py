"""Opens, closes and re-keys the URLs that S-360 posts to. Each secret is returned once and never again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from sync.models import EndpointAuthMode, Institution, Stream, WebhookEndpoint
from sync.services.endpoint_directory import forget_endpoints
from sync.services.endpoint_secrets import digest_of, new_secret

OVERLAP: Final = timedelta(hours=24)  # the old URL goes on working while somebody changes it in S-360's back office


class EndpointError(ValueError):
    """What was asked of an endpoint cannot be done; the message says why and what to do instead."""


@dataclass(frozen=True, slots=True)
class IssuedSecret:
    """An endpoint with the secret just made for it. ``path`` is the URL below the console's own address."""

    endpoint: WebhookEndpoint
    secret: str

    @property
    def path(self) -> str:
        return hook_path(self.endpoint, self.secret)

    def __repr__(self) -> str:
        return f"IssuedSecret({self.endpoint.public_id})"


def hook_path(endpoint: WebhookEndpoint, secret: str) -> str:
    """``/hooks/<institution>/<stream>/<endpoint>/<secret>/``: one receiving URL per stream, as the vendor expects."""
    return f"/hooks/{endpoint.institution.code.lower()}/{endpoint.stream}/{endpoint.public_id}/{secret}/"


def create_endpoint(
    institution: Institution,
    stream: Stream | str,
    *,
    label: str = "",
    expected_batch_size: int = 50,
    allowed_networks: Sequence[str] = (),
    column_map: Mapping[str, str] | None = None,
    secret: str | None = None,
) -> IssuedSecret:
    """A new URL for one stream. Pass ``secret`` only to restore a known one (at least 27 characters, 160 bits)."""
    issued = secret or new_secret()
    refuse_weak_secret(issued)
    endpoint = WebhookEndpoint.objects.create(
        institution=institution,
        stream=Stream(stream),
        label=label,
        expected_batch_size=expected_batch_size,
        allowed_networks=list(allowed_networks),
        column_map=dict(column_map or {}),
        secret_digest=digest_of(issued),
    )
    forget_endpoints()
    return IssuedSecret(endpoint, issued)


def rotate_secret(endpoint_id: int, *, overlap: timedelta = OVERLAP) -> IssuedSecret:
    """A new secret; the one before stays valid for ``overlap``. Not repeat-safe: each call makes another secret.

    A second rotation within the overlap ends the oldest one at once: at most two secrets are valid.
    """
    issued = new_secret()
    with transaction.atomic():
        WebhookEndpoint.objects.filter(pk=endpoint_id).update(
            previous_secret_digest=F("secret_digest"),
            previous_secret_expires_at=Now() + overlap,
            secret_digest=digest_of(issued),
        )
        endpoint = WebhookEndpoint.objects.select_related("institution").get(pk=endpoint_id)
        transaction.on_commit(forget_endpoints)
    forget_endpoints()
    return IssuedSecret(endpoint, issued)


def end_previous_secret(endpoint_id: int) -> None:
    """Close the overlap now, for a secret that became known. Safe to repeat."""
    WebhookEndpoint.objects.filter(pk=endpoint_id).update(previous_secret_digest="", previous_secret_expires_at=None)
    forget_endpoints()


def set_second_credential(endpoint_id: int, mode: EndpointAuthMode | str, *, name: str = "", secret: str = "") -> None:
    """What S-360 must prove beside the URL: a Basic password (``name`` = user), a header's value (``name`` = header)
    or a bearer token. Only a digest is stored. Raises EndpointError. Safe to repeat.
    """
    mode = EndpointAuthMode(mode)
    if mode != EndpointAuthMode.NONE and not secret:
        raise EndpointError(f"{mode.label} needs a secret; choose “{EndpointAuthMode.NONE.label}” to do without")
    if mode in (EndpointAuthMode.BASIC, EndpointAuthMode.HEADER) and not name:
        raise EndpointError(f"{mode.label} needs a {'user' if mode == EndpointAuthMode.BASIC else 'header'} name")
    stored: dict[str, Any] = {"auth_mode": mode, "auth_name": name, "auth_digest": digest_of(secret) if secret else ""}
    WebhookEndpoint.objects.filter(pk=endpoint_id).update(**stored)
    forget_endpoints()


def refuse_weak_secret(secret: str) -> None:
    """Raises EndpointError for a secret that could not carry 160 bits or would not survive a URL."""
    if len(secret) < 27 or not all(c.isascii() and (c.isalnum() or c in "-_") for c in secret):  # noqa: PLR2004
        raise EndpointError("a URL secret needs at least 27 of the characters A-Z a-z 0-9 - _ (160 bits)")

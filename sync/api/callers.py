"""Who is posting? The URL's secret, the address, then the second credential an endpoint may ask for."""

import base64
import binascii
import hmac

from django.http import HttpRequest

from sync.models import EndpointAuthMode
from sync.services.endpoint_directory import EndpointCard, parsed_address
from sync.services.endpoint_secrets import matches

CHALLENGES = {
    EndpointAuthMode.BASIC: 'Basic realm="hooks", charset="UTF-8"',
    EndpointAuthMode.BEARER: 'Bearer realm="hooks"',
    EndpointAuthMode.HEADER: 'Header realm="hooks"',
}


def remote_address(request: HttpRequest) -> str | None:
    """The address as the server in front reports it, None when it is no address (a Unix socket)."""
    parsed = parsed_address(request.META.get("REMOTE_ADDR"))
    return None if parsed is None else str(parsed)


def has_second_credential(request: HttpRequest, card: EndpointCard) -> bool:
    """Does the request carry what the endpoint asks for beside its URL? An endpoint that asks nothing is satisfied."""
    mode = EndpointAuthMode(card.auth_mode)
    if mode == EndpointAuthMode.NONE:
        return True
    if mode == EndpointAuthMode.BASIC:
        return _is_basic(request, card)
    if mode == EndpointAuthMode.HEADER:
        return matches(request.headers.get(card.auth_name, ""), card.auth_digest)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return matches(token.strip(), card.auth_digest) and scheme.lower() == "bearer"


def _is_basic(request: HttpRequest, card: EndpointCard) -> bool:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        decoded = ""
    user, _, password = decoded.partition(":")
    is_user = hmac.compare_digest(user.encode(), card.auth_name.encode())
    return matches(password, card.auth_digest) and is_user and scheme.lower() == "basic"

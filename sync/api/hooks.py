"""The webhook door. It answers exactly 200, and only after commit: S-360 forgets a record after twelve refusals.

404 for a URL nobody gave out, 401 for a wrong second credential, 400/413/415 for a body that cannot be stored as a
whole, 503 when the database is away. One bad record never makes it anything but 200.
"""

import time
from collections.abc import Callable
from typing import Any, Final, cast

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import get_resolver
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sync.api.bodies import declared_length, read_body, refuse_other_media
from sync.api.callers import CHALLENGES, has_second_credential, remote_address
from sync.models import EndpointAuthMode
from sync.s360.strict import DoorRefusal
from sync.services.endpoint_directory import EndpointCard, find_endpoint
from sync.services.receive import StoreUnavailableError, receive_delivery
from sync.services.refusals import KEPT_BYTES, keep_refused, note_wrong_credential

log = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS: Final = 30


class UnknownHookError(Exception):
    """Nobody was given this URL, or not at this address."""


class WrongCredentialError(Exception):
    """The URL is right, what must come beside it is not."""

    def __init__(self, mode: str) -> None:
        super().__init__(mode)
        self.mode = EndpointAuthMode(mode)


class AlwaysJson(BaseContentNegotiation):
    """S-360 ignores the answer's body, so its Accept header must not be able to cost an array."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class HookView(APIView):
    """One URL per endpoint: ``/hooks/<institution>/<stream>/<endpoint>/<secret>/``."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    parser_classes = ()
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = AlwaysJson
    schema = None
    http_method_names = ["post"]

    wire: HttpRequest
    card: EndpointCard
    address: str | None

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {}  # an Allow header would tell a hidden path from one that does not exist

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        self.wire = request  # the body is read from the wire itself: DRF's request would parse it
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Before anything else, and before the method is looked at: is this caller known?"""
        self.address = remote_address(self.wire)
        card = _caller(**kwargs)
        if card is None:
            raise UnknownHookError
        if not card.admits_address(self.address):
            log.warning("hook_from_unknown_address", endpoint=card.public_id, address=self.address)
            raise UnknownHookError
        if not has_second_credential(self.wire, card):
            note_wrong_credential(card, self.address)
            raise WrongCredentialError(card.auth_mode)
        self.card = card

    def post(self, request: Request, **_url: str) -> Response:
        started, body, length = time.monotonic(), b"", 0
        try:
            length = declared_length(self.wire)
            refuse_other_media(self.wire, require_json=self.card.settings.webhook_require_json_content_type)
            body = self._read(self.wire, length)
            receipt = receive_delivery(self.card, body, address=self.address)
        except DoorRefusal as refusal:
            kept = body or _beginning(self.wire, length)
            keep_refused(self.card, refusal, kept, size=length, address=self.address)
            raise
        _tell_if_slow(self.card, time.monotonic() - started)
        return Response(
            {"received": receipt.received, "accepted": receipt.accepted, "rejected": receipt.rejected}, status=200
        )

    def _read(self, request: HttpRequest, length: int) -> bytes:
        limit = min(self.card.settings.webhook_max_body_bytes, settings.HOOK_BODY_LIMIT_BYTES)
        if length > limit:
            raise DoorRefusal(413, "body_too_large", f"the body has {length} bytes, the limit is {limit}")
        return read_body(request, length=length)

    def handle_exception(self, exc: Exception) -> Response:
        answer = _answer(self.wire, exc)
        if answer is None:
            log.error("hook_failed", reason=type(exc).__name__, exc_info=exc)
            answer = Response({"error": "internal"}, status=500)
        # Django would log the path of every refusal, and the path holds the secret.
        vars(answer)["_has_been_logged"] = True
        return answer


def _tell_if_slow(card: EndpointCard, seconds: float) -> None:
    """S-360 gives up on a slow answer at a moment nobody documents, and then counts it as a refusal."""
    if seconds * 1000 > card.settings.webhook_response_budget_ms:
        log.warning("hook_slow", endpoint=card.public_id, seconds=round(seconds, 3))


def _caller(institution: str, stream: str, endpoint: str, secret: str) -> EndpointCard | None:
    try:
        return find_endpoint(institution_code=institution, stream=stream, public_id=endpoint, secret=secret)
    except (DatabaseError, InterfaceError) as error:
        raise StoreUnavailableError(type(error).__name__) from error


def _answer(request: HttpRequest, error: Exception) -> Response | None:
    if isinstance(error, UnknownHookError):
        return cast(Response, not_found(request))  # DRF hands a plain response through as it is
    if isinstance(error, WrongCredentialError):
        challenge = {"WWW-Authenticate": CHALLENGES[error.mode]}
        return Response({"error": "credential_wrong"}, status=401, headers=challenge)
    if isinstance(error, DoorRefusal):
        return Response({"error": error.code, "detail": error.reason}, status=error.status)
    if isinstance(error, StoreUnavailableError):
        log.error("delivery_not_stored", reason=str(error))
        later = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return Response({"error": "store_unavailable"}, status=503, headers=later)
    if isinstance(error, MethodNotAllowed):
        return Response({"error": "method_not_allowed"}, status=405, headers={"Allow": "POST"})
    return None


def not_found(request: HttpRequest) -> HttpResponseBase:
    """The very page an unknown path gets: nothing tells a guessed endpoint from a path that never existed."""
    handler: Callable[..., HttpResponseBase] = get_resolver().resolve_error_handler(404)
    return handler(request, exception=Http404())


def _beginning(request: HttpRequest, length: int) -> bytes:
    """What a refused body begins with, for the operator who has to find out where it came from."""
    try:
        return bytes(request.read(min(length, KEPT_BYTES)))
    except (OSError, ValueError):
        return b""

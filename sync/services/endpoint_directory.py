"""All endpoints of the console, read together and kept for a few seconds: who may post, and how to read what comes.

Unknown and known endpoints cost the same: a lookup in this directory and two comparisons. No request makes a database
query to find out that it is not welcome.
"""

import ipaddress
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from django.db import DatabaseError, InterfaceError
from django.db.models import ExpressionWrapper, F, QuerySet
from django.db.models import fields as model_fields
from django.db.models.functions import Now
from django.db.models.signals import post_delete, post_save

from sync.models import Institution, WebhookEndpoint
from sync.s360.envelope import Stream
from sync.s360.export_rows import ColumnMapError
from sync.s360.identities import guarded_places, identity_reader
from sync.s360.settings import S360Settings, S360SettingsError
from sync.services.endpoint_secrets import matches
from sync.services.institution_rules import settings_of

log = structlog.get_logger(__name__)

FRESH_SECONDS: Final = 3.0  # a rotation in another process is known here after this long
SECOND_LOOK_SECONDS: Final = 0.25  # before anyone is turned away the directory is at most this old

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class EndpointCard:
    """What the door needs to know of one endpoint. ``previous_secret_until`` is on the directory's own clock."""

    id: int
    public_id: str
    institution_id: int
    institution_code: str
    stream: Stream
    is_enabled: bool
    secret_digest: str
    previous_secret_digest: str
    previous_secret_until: float
    auth_mode: str
    auth_name: str
    auth_digest: str
    allowed_networks: tuple[Network, ...] | None
    expected_batch_size: int
    refused_in_a_row: int
    settings: S360Settings
    external_id_of: Callable[[Any], str]
    guarded_places: frozenset[str]

    def __repr__(self) -> str:
        return f"EndpointCard({self.public_id})"

    def admits_address(self, address: str | None) -> bool:
        """True without an allow-list; an address nobody could read is outside every list."""
        if self.allowed_networks is None:
            return True
        parsed = parsed_address(address)
        return parsed is not None and any(parsed in network for network in self.allowed_networks)


class EndpointDirectory:
    """Reads all endpoints at most every few seconds. ``clock`` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._cards: dict[str, EndpointCard] | None = None
        self._read_at = 0.0

    def forget(self) -> None:
        """The next request reads the endpoints again."""
        self._cards = None

    def find(self, *, institution_code: str, stream: str, public_id: str, secret: str) -> EndpointCard | None:
        """See ``find_endpoint``."""
        for age in (FRESH_SECONDS, SECOND_LOOK_SECONDS):
            card = self._admitted(self._not_older_than(age).get(public_id), secret)
            if card is not None:
                is_here = card.institution_code.lower() == institution_code.lower() and card.stream == stream
                return card if is_here and card.is_enabled else None
        return None

    def _admitted(self, card: EndpointCard | None, secret: str) -> EndpointCard | None:
        """Two comparisons for every caller, whether or not there is anything to compare with."""
        current, previous, until = (
            (card.secret_digest, card.previous_secret_digest, card.previous_secret_until) if card else ("", "", 0.0)
        )
        is_current = matches(secret, current)
        is_previous = matches(secret, previous) and self._clock() < until
        return card if is_current or is_previous else None

    def _not_older_than(self, seconds: float) -> dict[str, EndpointCard]:
        known = self._cards
        if known is not None and self._clock() - self._read_at < seconds:
            return known
        with self._lock:
            known = self._cards
            if known is None or self._clock() - self._read_at >= seconds:
                known = self._read(known)
        return known

    def _read(self, known: dict[str, EndpointCard] | None) -> dict[str, EndpointCard]:
        """While the database is away the last reading serves: nothing can be stored then anyway."""
        started = self._clock()
        try:
            read = {row.public_id: _card(row, now=started) for row in _rows()}
        except (DatabaseError, InterfaceError):
            if known is None:
                raise
            return known
        self._cards, self._read_at = read, started
        return read


_directory = EndpointDirectory()


def find_endpoint(*, institution_code: str, stream: str, public_id: str, secret: str) -> EndpointCard | None:
    """The endpoint whose URL this is, or None. Raises DatabaseError when endpoints could never be read.

    A caller that would be turned away is looked at once more against a directory read just now: the secret may have
    been made a second ago by another process.
    """
    return _directory.find(institution_code=institution_code, stream=stream, public_id=public_id, secret=secret)


def forget_endpoints(**_signal: Any) -> None:
    """A change made in this process holds from the next request on."""
    _directory.forget()


post_save.connect(forget_endpoints, sender=WebhookEndpoint, dispatch_uid="endpoint_directory_saved")
post_delete.connect(forget_endpoints, sender=WebhookEndpoint, dispatch_uid="endpoint_directory_deleted")
post_save.connect(forget_endpoints, sender=Institution, dispatch_uid="endpoint_directory_institution")


def _rows() -> QuerySet[WebhookEndpoint]:
    # The overlap ends on the database's clock: asked as a duration, so a wrong clock here cannot prolong it.
    left = ExpressionWrapper(F("previous_secret_expires_at") - Now(), output_field=model_fields.DurationField())
    return WebhookEndpoint.objects.select_related("institution").annotate(overlap_left=left)


def _card(row: Any, *, now: float) -> EndpointCard:
    settings = usable_settings(row.institution)
    stream = Stream(row.stream)
    column_map = usable_column_map(row, stream, settings)
    left = row.overlap_left.total_seconds() if row.overlap_left is not None else 0.0
    return EndpointCard(
        id=row.pk,
        public_id=row.public_id,
        institution_id=row.institution_id,
        institution_code=row.institution.code,
        stream=stream,
        is_enabled=row.is_enabled and row.institution.is_enabled,
        secret_digest=row.secret_digest,
        previous_secret_digest=row.previous_secret_digest,
        previous_secret_until=now + left,
        auth_mode=row.auth_mode,
        auth_name=row.auth_name,
        auth_digest=row.auth_digest,
        allowed_networks=networks_of(row.allowed_networks),
        expected_batch_size=row.expected_batch_size,
        refused_in_a_row=row.refused_in_a_row,
        settings=settings,
        external_id_of=identity_reader(stream, settings, column_map),
        guarded_places=guarded_places(stream, settings, column_map),
    )


def usable_settings(institution: Institution) -> S360Settings:
    """The stored settings without those that cannot be used: a typo must not close the door on S-360."""
    try:
        return settings_of(institution)
    except S360SettingsError as error:
        wrong = {problem.name for problem in error.problems}
        log.warning("institution_settings_ignored", institution=institution.code, settings=sorted(wrong))
        given = {"organization_timezone": institution.timezone} | institution.settings
        return S360Settings.from_mapping({name: value for name, value in given.items() if name not in wrong})


def usable_column_map(row: WebhookEndpoint, stream: Stream, settings: S360Settings) -> dict[str, str]:
    """The endpoint's column map, or the default one when it cannot be used."""
    try:
        identity_reader(stream, settings, row.column_map)
    except (ColumnMapError, AttributeError, TypeError):
        log.warning("column_map_ignored", endpoint=row.public_id)
        return {}
    return dict(row.column_map)


def networks_of(given: Any) -> tuple[Network, ...] | None:
    """None = anywhere. A list in which nothing can be read admits nobody: it fails closed."""
    if not given:
        return None
    networks = []
    for text in given if isinstance(given, list) else [given]:
        try:
            networks.append(ipaddress.ip_network(text, strict=False))
        except ValueError:
            log.warning("network_ignored", network=str(text)[:50])
    return tuple(networks)


def parsed_address(address: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address as networks compare it: without zone, and IPv4 when it is one in IPv6 clothes."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed

"""Builds the connector of a connection, with the hosts it may reach and the fields it should read."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from crm.connectors.base import ConnectorUnavailable, CrmConnector, Failure
from crm.connectors.registry import get_connector_class
from crm.connectors.settings import ALLOW_PRIVATE
from crm.models import Connection
from crm.services.mapping import load_mapping
from sync.http.addresses import AddressPolicy, RefusedUrlError
from sync.http.client import shared_client
from sync.models import Entity


def open_connector(connection: Connection, reading: Mapping[str, Sequence[str]] | None = None) -> CrmConnector:
    """Ready to call; its HTTP connections are kept for the next time. Raises ConnectorUnavailable (misconfigured).

    `reading`: entity -> remote names that reads ask for, instead of the mapping's single fields.
    """
    try:
        connector_class = get_connector_class(connection.connector)
        given = connection.settings | {"mapped_fields": mapped_fields(connection) | dict(reading or {})}
        return connector_class(
            given,
            connection.secrets,
            shared_client(address_policy(connector_class, connection.settings), far_side="the CRM"),
        )
    except (LookupError, RefusedUrlError) as error:
        raise ConnectorUnavailable(Failure("misconfigured", "connection", "settings", str(error))) from error


def mapped_fields(connection: Connection) -> dict[str, list[str]]:
    return {str(entity): list(load_mapping(connection.pk, entity).remote_names) for entity in Entity}


def address_policy(connector_class: type[CrmConnector], given: Mapping[str, Any]) -> AddressPolicy:
    """The hosts of the connection's own URLs, where the installation's allow-list (if any) has them. Raises
    RefusedUrlError."""
    names = [field.name for field in connector_class.settings_schema() if field.kind == "url"]
    defaults = {field.name: field.default for field in connector_class.settings_schema()}
    urls = [url for name in names if (url := given.get(name) or defaults[name])]
    # Both must say so: the installation that such addresses may be reached at all, the connection that its CRM is one.
    is_internal = settings.ALLOW_PRIVATE_HOSTS and bool(given.get(ALLOW_PRIVATE))
    policy = AddressPolicy.for_urls(urls, allow_private=is_internal)
    allowed = frozenset(settings.OUTGOING_ALLOWED_HOSTS)
    strangers = policy.hosts - allowed if allowed else frozenset()
    if strangers:
        raise RefusedUrlError(f"{', '.join(sorted(strangers))} is not in OUTGOING_ALLOWED_HOSTS")
    return policy

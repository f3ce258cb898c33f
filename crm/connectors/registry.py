"""Which CRMs the console ships with. Adding one is a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm.connectors.base import ConnectorUnavailable, CrmConnector
from crm.connectors.generic_rest.connector import GenericRestConnector
from crm.connectors.hubspot.connector import HubSpotConnector
from crm.connectors.settings import ALLOW_PRIVATE, settings_failure
from sync.http.addresses import AddressPolicy, RefusedUrlError
from sync.http.client import HttpClient, shared_client

_CONNECTORS: dict[str, type[CrmConnector]] = {cls.code: cls for cls in (HubSpotConnector, GenericRestConnector)}


def get_connector_class(code: str) -> type[CrmConnector]:
    """The class behind a connection's stored code. Raises LookupError naming the codes that exist."""
    try:
        return _CONNECTORS[code]
    except KeyError:
        raise LookupError(f"no connector {code!r}; known: {', '.join(sorted(_CONNECTORS))}") from None


def connector_choices() -> list[tuple[str, str]]:
    """(code, label) of every connector, for forms, by label."""
    return sorted(((code, cls.label) for code, cls in _CONNECTORS.items()), key=lambda choice: choice[1])


def address_policy(code: str, settings: Mapping[str, Any]) -> AddressPolicy:
    """The hosts this connection may talk to: those of its settings, nothing an answer names.

    Raises ConnectorUnavailable (misconfigured, "settings") for an address that cannot be used.
    """
    fields = [field for field in get_connector_class(code).settings_schema() if field.kind == "url"]
    urls = [str(url) for field in fields if (url := settings.get(field.name) or field.default)]
    try:
        return AddressPolicy.for_urls(urls, allow_private=settings.get(ALLOW_PRIVATE) is True)
    except RefusedUrlError as error:
        raise ConnectorUnavailable(settings_failure(f"an address in the settings cannot be used: {error}")) from None


def build_connector(
    code: str, settings: Mapping[str, Any], secrets: Mapping[str, str], http: HttpClient | None = None
) -> CrmConnector:
    """A connector over this process's kept connections to the same hosts. Cheap: may be built for every batch.

    Raises LookupError for an unknown code, ConnectorUnavailable for settings or secrets nothing can be done with.
    """
    client = http or shared_client(address_policy(code, settings), far_side="the CRM")
    return get_connector_class(code)(settings, secrets, client)

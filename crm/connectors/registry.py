"""Which CRMs the console ships with. Adding one is a line here."""

from __future__ import annotations

from crm.connectors.base import CrmConnector
from crm.connectors.generic_rest.connector import GenericRestConnector
from crm.connectors.hubspot.connector import HubSpotConnector

_CONNECTORS: dict[str, type[CrmConnector]] = {
    cls.code: cls for cls in (HubSpotConnector, GenericRestConnector)
}


def get_connector_class(code: str) -> type[CrmConnector]:
    """The class behind a connection's stored code. Raises LookupError naming the codes that exist."""
    try:
        return _CONNECTORS[code]
    except KeyError:
        raise LookupError(f"no connector {code!r}; known: {', '.join(sorted(_CONNECTORS))}") from None


def connector_choices() -> list[tuple[str, str]]:
    """(code, label) of every connector, for forms, by label."""
    return sorted(((code, cls.label) for code, cls in _CONNECTORS.items()), key=lambda choice: choice[1])

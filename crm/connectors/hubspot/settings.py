"""What can differ from one HubSpot account to the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm.connectors.base import Entity, SettingField
from crm.connectors.settings import COMMON_FIELDS, CommonSettings, read_settings

TOKEN = "access_token"  # noqa: S105 - the name of the secret, not the secret
DEFAULT_BASE_URL = "https://api.hubapi.com"


class HubSpotSettings(CommonSettings, frozen=True, kw_only=True):
    """Defaults are HubSpot's documented figures; an account may have others."""

    base_url: str = DEFAULT_BASE_URL
    api_version: str = "2026-03"
    contact_key: str = "s360_contact_number"
    order_key: str = "s360_order_id"
    order_object: str = "orders"
    batch_size: int = 100
    history_batch_size: int = 50  # batch read takes fewer records when it also returns value history
    app_id: str = ""
    modified_property: str = "lastmodifieddate"

    def key_of(self, entity: Entity) -> str:
        """The unique property that carries the S-360 identifier."""
        return self.contact_key if entity == Entity.CONTACT else self.order_key

    def object_of(self, entity: Entity) -> str:
        """The object's name in paths: orders may be deals (0-3) or a custom object."""
        return "contacts" if entity == Entity.CONTACT else self.order_object

    def objects_path(self, entity: Entity, rest: str = "") -> str:
        """Path of a call on an object's records."""
        return f"/crm/objects/{self.api_version}/{self.object_of(entity)}" + (f"/{rest}" if rest else "")

    def properties_path(self, entity: Entity, name: str = "") -> str:
        """Path of a call on an object's properties, or on one of them."""
        return f"/crm/properties/{self.api_version}/{self.object_of(entity)}" + (f"/{name}" if name else "")


def hubspot_settings(settings: Mapping[str, Any]) -> HubSpotSettings:
    """The stored settings, checked. Raises ConnectorUnavailable."""
    return read_settings(HubSpotSettings, settings)


def settings_schema() -> list[SettingField]:
    """For forms and for checking a configuration file."""
    base, *common = COMMON_FIELDS
    return [
        SettingField(base.name, base.label, base.kind, default=DEFAULT_BASE_URL, required=True),
        SettingField(TOKEN, "Access token of the private app", "secret", required=True),
        SettingField("api_version", "API version", default="2026-03", help_text="The date in the paths."),
        SettingField(
            "contact_key",
            "Contact property with the S-360 number",
            default="s360_contact_number",
            help_text="Must be created with hasUniqueValue; uniqueness cannot be changed afterwards.",
        ),
        SettingField("order_key", "Order property with the S-360 order id", default="s360_order_id"),
        SettingField(
            "order_object",
            "Object that holds orders",
            default="orders",
            help_text="orders, 0-3 for deals, or the type id of a custom object.",
        ),
        SettingField("batch_size", "Records a call", "integer", default=100),
        SettingField("history_batch_size", "Records a call with value history", "integer", default=50, group="changes"),
        SettingField(
            "app_id",
            "Id of our application",
            group="changes",
            help_text="As HubSpot names it in a value's history (sourceId): tells the console's own writes apart.",
        ),
        SettingField("modified_property", "Time of last change", default="lastmodifieddate", group="changes"),
        *common,
    ]

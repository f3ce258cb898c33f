"""The health check of a HubSpot connection: reads only, and every wrong name found before it costs a write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from crm.connectors.base import ConnectorUnavailable, Entity, HealthItem, HealthReport, RemoteField
from crm.connectors.health import budget_item, clock_item, mapped_items
from crm.connectors.hubspot.answers import json_object, whole_failure
from crm.connectors.hubspot.settings import HubSpotSettings
from crm.connectors.session import ApiSession
from crm.connectors.untrusted import as_id, as_object, as_objects
from sync.http.client import HttpAnswer

DAILY, DAILY_LEFT = "x-hubspot-ratelimit-daily", "x-hubspot-ratelimit-daily-remaining"


class Inspector:
    """Reads the account's own description of itself."""

    def __init__(
        self, session: ApiSession, settings: HubSpotSettings, secrets: Sequence[str], now: Callable[[], float]
    ) -> None:
        self._session = session
        self._settings = settings
        self._secrets = secrets
        self._now = now

    def describe(self, entity: Entity) -> list[RemoteField]:
        """See CrmConnector.describe."""
        return self._fields(self._read(self._settings.properties_path(entity)))

    def check(self) -> HealthReport:
        """See CrmConnector.check. What nothing can be said about after a failure is left out."""
        return HealthReport(tuple(self._items()))

    def _items(self) -> Iterator[HealthItem]:
        try:
            answer = self._read(self._settings.properties_path(Entity.CONTACT))
        except ConnectorUnavailable as error:
            yield HealthItem("reachable", "fail", self._explain(error))
            return
        yield HealthItem("reachable", "pass", "HubSpot answers and accepts the access token")
        yield clock_item(answer.headers.get("date"), self._now())
        yield budget_item(answer.headers.get(DAILY_LEFT), answer.headers.get(DAILY))
        yield from self._entity(Entity.CONTACT, lambda: answer)
        yield from self._entity(Entity.ORDER, lambda: self._read(self._settings.properties_path(Entity.ORDER)))

    def _entity(self, entity: Entity, read: Callable[[], HttpAnswer]) -> Iterator[HealthItem]:
        try:
            fields = {field.name: field for field in self._fields(read())}
            self._read(self._settings.objects_path(entity) + "?limit=1")
        except ConnectorUnavailable as error:
            yield HealthItem(f"{entity.value}: permission", "fail", self._explain(error))
            return
        yield HealthItem(f"{entity.value}: permission", "pass", "records and properties can be read")
        yield self._key(entity, fields)
        yield from mapped_items(entity, self._settings.mapped(entity), fields)

    def _key(self, entity: Entity, fields: Mapping[str, RemoteField]) -> HealthItem:
        name = self._settings.key_of(entity)
        title = f"{entity.value}: key {name}"
        field = fields.get(name)
        if field is None:
            return HealthItem(title, "fail", f"HubSpot has no property {name}: create it with hasUniqueValue true")
        if not field.unique:
            text = f"{name} is not unique, and cannot be made so: create another property with hasUniqueValue true"
            return HealthItem(title, "fail", text)
        if not field.writable:
            return HealthItem(title, "fail", f"{name} is read only")
        return HealthItem(title, "pass", "exists, unique and writable")

    def _fields(self, answer: HttpAnswer) -> list[RemoteField]:
        results = as_objects(json_object(answer, writes=False).get("results"))
        return [_field(name, item) for item in results if (name := as_id(item.get("name")))]

    def _read(self, path: str) -> HttpAnswer:
        answer = self._session.call("GET", path, writes=False)
        if not answer.ok:
            raise ConnectorUnavailable(whole_failure(answer, writes=False, secrets=self._secrets))
        return answer

    def _explain(self, error: ConnectorUnavailable) -> str:
        failure = error.failure
        if failure.code == str(HTTPStatus.NOT_FOUND.value):
            return f"HubSpot no longer offers API version {self._settings.api_version}, or has no such object"
        return f"{failure.code}: {failure.message}"


def _field(name: str, item: Mapping[str, Any]) -> RemoteField:
    options = (as_id(option.get("value")) for option in as_objects(item.get("options")))
    return RemoteField(
        name=name,
        label=as_id(item.get("label")) or name,
        type=as_id(item.get("type")) or "",
        writable=as_object(item.get("modificationMetadata")).get("readOnlyValue") is not True,
        unique=item.get("hasUniqueValue") is True,
        options=tuple(option for option in options if option),
    )

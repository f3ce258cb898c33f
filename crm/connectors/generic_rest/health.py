"""The health check of a generic connection: reads only. The CRM cannot describe itself, so a few records have to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from crm.connectors.base import ConnectorUnavailable, Entity, HealthItem, HealthReport, RemoteField
from crm.connectors.generic_rest.calls import Caller, Said
from crm.connectors.generic_rest.dotted import at_path, objects_at, text_at
from crm.connectors.health import budget_item, clock_item

# A key no S-360 number can be: the look-up must answer with an empty list.
NO_SUCH_KEY = "s360-console-check"
SAMPLE = 50  # a plain CRM often leaves empty members out, so several records are laid over one another


class Inspector:
    """Looks at the lists the settings name."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._settings = caller.settings

    def check(self) -> HealthReport:
        """See CrmConnector.check."""
        return HealthReport(tuple(self._items()))

    def describe(self, entity: Entity) -> list[RemoteField]:
        """The fields of the first records of the list: all a plain API shows of itself. Empty when there are none."""
        return [RemoteField(name, name, type(value).__name__) for name, value in self._sample(entity).items()]

    def _items(self) -> Iterator[HealthItem]:
        try:
            said = self._find(Entity.CONTACT)
        except ConnectorUnavailable as error:
            yield HealthItem("reachable", "fail", f"{error.failure.code}: {error.failure.message}")
            return
        yield HealthItem("reachable", "pass", "the CRM answers and accepts the credentials")
        yield clock_item(said.headers.get("date"), time.time())
        yield budget_item(said.headers.get(self._settings.remaining_header.lower()), None)
        for entity in (Entity.CONTACT, Entity.ORDER):
            try:
                yield from self._entity(entity)
            except ConnectorUnavailable as error:
                yield HealthItem(f"{entity.value}: look-up", "fail", f"{error.failure.code}: {error.failure.message}")

    def _entity(self, entity: Entity) -> Iterator[HealthItem]:
        found = at_path(self._find(entity).body, self._settings.find_list)
        if not isinstance(found, list):
            text = f"the answer has no list at find_list = {self._settings.find_list!r}"
            yield HealthItem(f"{entity.value}: look-up", "fail", text)
            return
        if any(text_at(item, self._settings.record_key) == NO_SUCH_KEY for item in found):
            yield HealthItem(f"{entity.value}: look-up", "warn", f"a record carries the key {NO_SUCH_KEY}")
        else:
            yield HealthItem(f"{entity.value}: look-up", "pass", "answers with a list")
        yield from self._names(entity)

    def _names(self, entity: Entity) -> Iterator[HealthItem]:
        sample = self._sample(entity)
        if not sample:
            text = "the CRM shows no record yet: field names cannot be checked"
            yield HealthItem(f"{entity.value}: mapped fields", "warn", text)
            return
        if text_at(sample, self._settings.record_id) is None:
            text = f"records have no id at record_id = {self._settings.record_id!r}"
            yield HealthItem(f"{entity.value}: id", "fail", text)
        mapped = self._settings.mapped(entity)
        holder = at_path(sample, self._settings.record_fields)
        missing = [name for name in mapped if not _has(holder, name)]
        for name in missing:
            # It may be a field that is empty everywhere, so this cannot be more than a warning.
            text = f"no record looked at has {name}: check the spelling, plain CRMs ignore names they do not know"
            yield HealthItem(f"{entity.value}: {name}", "warn", text)
        if not missing:
            yield HealthItem(f"{entity.value}: mapped fields", "pass", f"{len(mapped)} mapped fields exist")

    def _find(self, entity: Entity) -> Said:
        path = self._caller.path(self._settings.find_path, entity, key=NO_SUCH_KEY)
        return self._get(path, self._settings.find_path, self._settings.find_method)

    def _sample(self, entity: Entity) -> dict[str, Any]:
        path = self._caller.path("{collection}", entity)
        limit = f"{self._settings.paging_limit}={SAMPLE}" if self._settings.paging_limit else ""
        said = self._get(path + ("&" if "?" in path else "?") + limit, "{collection}")
        merged: dict[str, Any] = {}
        for item in objects_at(said.body, self._settings.find_list)[:SAMPLE]:
            merged |= item
        return merged

    def _get(self, path: str, route: str, method: str = "GET") -> Said:
        said = self._caller.call(method, path, writes=False, route=route)
        if said.failure is not None:
            raise ConnectorUnavailable(said.failure)
        return said


def _has(holder: Any, name: str) -> bool:
    *way, last = name.split(".")
    inner = at_path(holder, ".".join(way))
    return isinstance(inner, dict) and last in inner

"""Reads by id and by key. Every hit of a look-up is compared again: many APIs match substrings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from crm.connectors.base import ConnectorUnavailable, Entity, Ref, RemoteRecord
from crm.connectors.generic_rest.calls import Caller
from crm.connectors.generic_rest.dotted import at_path, objects_at
from crm.connectors.generic_rest.records import remote_record


class Reader:
    """Reads single records for one connection."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._settings = caller.settings

    def find(self, entity: Entity, key: str) -> list[RemoteRecord]:
        """Every record that carries exactly this key. Raises ConnectorUnavailable."""
        path = self._caller.path(self._settings.find_path, entity, key=key)
        said = self._caller.call(self._settings.find_method, path, writes=False, route=self._settings.find_path)
        if said.failure is not None:
            raise ConnectorUnavailable(said.failure)
        hits = (remote_record(self._settings, entity, item) for item in objects_at(said.body, self._settings.find_list))
        return [hit for hit in hits if hit is not None and hit.key == key]

    def by_id(self, entity: Entity, remote_id: str) -> RemoteRecord | None:
        """The record, None when the CRM answers 404 or 410. Raises ConnectorUnavailable."""
        path = self._caller.path(self._settings.read_path, entity, remote_id=remote_id)
        said = self._caller.call("GET", path, writes=False, route=self._settings.read_path)
        if said.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            return None
        if said.failure is not None:
            raise ConnectorUnavailable(said.failure)
        item = at_path(said.body, self._settings.read_record)
        return remote_record(self._settings, entity, item) if isinstance(item, dict) else None

    def fetch(self, entity: Entity, refs: Sequence[Ref]) -> dict[Ref, RemoteRecord | None]:
        """See CrmConnector.fetch. One call a reference; of several records with one key, the first the CRM names."""
        return {ref: self._one(entity, ref) for ref in refs}

    def _one(self, entity: Entity, ref: Ref) -> RemoteRecord | None:
        if ref.remote_id:
            return self.by_id(entity, ref.remote_id)
        return next(iter(self.find(entity, ref.key or "")), None)


def same_record(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether a write of `wanted` would change nothing."""
    return all(_same(value, found.get(name)) for name, value in wanted.items())


def _same(wanted: Any, found: Any) -> bool:
    """APIs differ in how they spell empty, numbers and truth."""
    if wanted is None or wanted == "":
        return found is None or found == ""
    if isinstance(wanted, bool) or isinstance(found, bool):
        return str(wanted).lower() == str(found).lower()
    return str(wanted) == str(found)

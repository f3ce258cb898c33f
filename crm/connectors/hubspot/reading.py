"""Batch read: by the key property or by HubSpot's id, in calls of at most the batch size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crm.connectors.base import ConnectorUnavailable, Entity, Ref, RemoteRecord
from crm.connectors.hubspot.answers import BatchAnswer, read_batch, record_failure
from crm.connectors.hubspot.presets import default_mapping
from crm.connectors.hubspot.settings import HubSpotSettings
from crm.connectors.hubspot.values import read_time
from crm.connectors.session import ApiSession
from crm.connectors.untrusted import as_id, as_object


def property_names(settings: HubSpotSettings, entity: Entity) -> list[str]:
    """The properties reads ask for: the mapped ones, or the suggested ones while nothing is mapped, and the key."""
    names = settings.mapped(entity) or [preset.remote for preset in default_mapping(entity) if "{" not in preset.remote]
    return list(dict.fromkeys([*names, settings.key_of(entity)]))


def fetch(
    session: ApiSession, settings: HubSpotSettings, secrets: Sequence[str], entity: Entity, refs: Sequence[Ref]
) -> dict[Ref, RemoteRecord | None]:
    """See CrmConnector.fetch. A reference with both an id and a key is read by its id."""
    names = property_names(settings, entity)
    ids = [ref.remote_id for ref in refs if ref.remote_id]
    keys = [ref.key for ref in refs if ref.key and not ref.remote_id]
    by_id = read_by(session, settings, secrets, entity, ids, names, by_key=False)
    by_key = read_by(session, settings, secrets, entity, keys, names, by_key=True)
    return {ref: by_id.get(ref.remote_id) if ref.remote_id else by_key.get(ref.key or "") for ref in refs}


def read_by(
    session: ApiSession,
    settings: HubSpotSettings,
    secrets: Sequence[str],
    entity: Entity,
    values: Sequence[str],
    names: Sequence[str],
    *,
    by_key: bool,
) -> dict[str, RemoteRecord]:
    """Records found, by the value they were asked for with. What HubSpot does not know is left out."""
    found: dict[str, RemoteRecord] = {}
    key_property = settings.key_of(entity)
    for part in in_parts(list(dict.fromkeys(values)), settings.batch_size):
        payload: dict[str, Any] = {"inputs": [{"id": value} for value in part], "properties": list(names)}
        if by_key:
            payload["idProperty"] = key_property
        answer = session.call("POST", settings.objects_path(entity, "batch/read"), payload, writes=False)
        batch = read_batch(answer, writes=False, secrets=secrets)
        _refuse_unless_missing(batch, secrets)
        for item in batch.results:
            record = remote_record(item, key_property)
            asked = record.key if by_key else record.remote_id
            if asked in part:
                found[str(asked)] = record
    return found


def _refuse_unless_missing(batch: BatchAnswer, secrets: Sequence[str]) -> None:
    """A 207 names the ids it does not know. Any other error must not be taken for "this record does not exist"."""
    for error in batch.errors:
        if error.get("category") != "OBJECT_NOT_FOUND":
            raise ConnectorUnavailable(record_failure(error, secrets))


def remote_record(item: Mapping[str, Any], key_property: str) -> RemoteRecord:
    """One object of an answer in the connector's terms."""
    found = as_object(item.get("properties"))
    fields = {name: value for name, value in found.items() if value is None or isinstance(value, str)}
    version = as_id(item.get("updatedAt"))
    return RemoteRecord(
        remote_id=as_id(item.get("id")) or "",
        key=fields.get(key_property) or None,
        fields=fields,
        version=version,
        changed_at=read_time(version),
    )


def in_parts(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """The values in pieces of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]

"""Batch upsert: one call, one result per record, matched by trace id; then the links of orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from crm.connectors.base import (
    ConnectorUnavailable,
    Entity,
    Failure,
    OutboundRecord,
    RecordResult,
    RecordStatus,
)
from crm.connectors.hubspot.answers import BatchAnswer, read_batch, record_failure, trace_ids, whole_failure
from crm.connectors.hubspot.linking import with_links
from crm.connectors.hubspot.reading import read_by
from crm.connectors.hubspot.settings import HubSpotSettings
from crm.connectors.hubspot.values import same_properties, to_property
from crm.connectors.session import ApiSession
from crm.connectors.untrusted import as_id, as_object


class Writer:
    """Writes batches for one connection."""

    def __init__(self, session: ApiSession, settings: HubSpotSettings, secrets: Sequence[str]) -> None:
        self._session = session
        self._settings = settings
        self._secrets = secrets

    def upsert(self, entity: Entity, records: Sequence[OutboundRecord]) -> list[RecordResult]:
        """See CrmConnector.upsert."""
        wanted = {record.key: self._properties(entity, record) for record in records}
        results = self._unchanged(entity, records, wanted)
        to_send = [record for record in records if record.key not in results]
        if to_send:
            results |= self._send(entity, to_send, wanted)
        ordered = [results[record.key] for record in records]
        return with_links(self._session, self._settings, self._secrets, records, ordered)

    def write_key(self, entity: Entity, remote_id: str, key: str) -> Failure | None:
        """Put our key on a record HubSpot already has. Returns why not; raises ConnectorUnavailable without an answer.

        `PATCH /crm/objects/{version}/{type}/{id}` changes the properties it names and leaves the others alone.
        """
        path = self._settings.objects_path(entity, quote(remote_id, safe=""))
        answer = self._session.call("PATCH", path, {"properties": {self._settings.key_of(entity): key}}, writes=True)
        if answer.ok:
            return None
        failure = whole_failure(answer, writes=True, secrets=self._secrets)
        if failure.scope == "connection":
            raise ConnectorUnavailable(failure)
        return replace(failure, scope="record")

    def _properties(self, entity: Entity, record: OutboundRecord) -> dict[str, str]:
        properties = {name: to_property(value) for name, value in record.fields.items()}
        properties[self._settings.key_of(entity)] = record.key
        return properties

    def _unchanged(
        self, entity: Entity, records: Sequence[OutboundRecord], wanted: Mapping[str, Mapping[str, str]]
    ) -> dict[str, RecordResult]:
        """Records that need no write: a known one without fields, or, where asked for, one that would not change."""
        done = {
            record.key: RecordResult(record.key, "unchanged", record.remote_id)
            for record in records
            if record.remote_id and not record.fields
        }
        if not self._settings.skip_unchanged:
            return done
        names = sorted({name for properties in wanted.values() for name in properties})
        asked = [record.key for record in records if record.key not in done]
        for key, found in read_by(
            self._session, self._settings, self._secrets, entity, asked, names, by_key=True
        ).items():
            if same_properties(wanted[key], found.fields):
                done[key] = RecordResult(key, "unchanged", found.remote_id, found.version)
        return done

    def _send(
        self, entity: Entity, records: Sequence[OutboundRecord], wanted: Mapping[str, Mapping[str, str]]
    ) -> dict[str, RecordResult]:
        traces = distinct_traces(records)
        key_property = self._settings.key_of(entity)
        inputs = [
            {"id": key, "idProperty": key_property, "objectWriteTraceId": trace, "properties": wanted[key]}
            for trace, key in traces.items()
        ]
        path = self._settings.objects_path(entity, "batch/upsert")
        answer = self._session.call("POST", path, {"inputs": inputs}, writes=True)
        if not answer.ok:
            failure = whole_failure(answer, writes=True, secrets=self._secrets)
            return _refused(records, failure)
        batch = read_batch(answer, writes=True, secrets=self._secrets)
        return {
            record.key: result for record, result in zip(records, self._match(batch, traces, key_property), strict=True)
        }

    def _match(self, batch: BatchAnswer, traces: Mapping[str, str], key_property: str) -> list[RecordResult]:
        found: dict[str, RecordResult] = {}
        for item in batch.results:
            key = _key_of(item, traces, key_property)
            if key is not None:
                found[key] = _written(key, item)
        for error in batch.errors:
            for trace in trace_ids(error):
                if trace in traces:
                    found[traces[trace]] = RecordResult(
                        traces[trace], "failed", failure=record_failure(error, self._secrets)
                    )
        return [found.get(key) or RecordResult(key, "failed", failure=_unmentioned()) for key in traces.values()]


def distinct_traces(records: Sequence[OutboundRecord]) -> dict[str, str]:
    """Trace id -> key. HubSpot tells records apart only when each input has its own, so a shared one is extended."""
    given = [record.trace_id for record in records]
    shared = len(set(given)) < len(given) or "" in given
    return {f"{r.trace_id}:{r.key}" if shared else r.trace_id: r.key for r in records}


def _refused(records: Sequence[OutboundRecord], failure: Failure) -> dict[str, RecordResult]:
    """A refused call: about every record at once, unless the batch was one record."""
    if failure.kind != "permanent":
        raise ConnectorUnavailable(failure)
    if len(records) == 1:
        failure = replace(failure, scope="record")
    else:
        # Which record it is about is not known yet; halving will tell.
        failure = replace(failure, scope="batch", conflicting_remote_id=None)
    return {record.key: RecordResult(record.key, "failed", failure=failure) for record in records}


def _key_of(item: Mapping[str, Any], traces: Mapping[str, str], key_property: str) -> str | None:
    trace = item.get("objectWriteTraceId")
    if isinstance(trace, str) and trace in traces:
        return traces[trace]
    key = as_object(item.get("properties")).get(key_property)
    return key if isinstance(key, str) and key in traces.values() else None


def _written(key: str, item: Mapping[str, Any]) -> RecordResult:
    remote_id = as_id(item.get("id"))
    if remote_id is None:
        return RecordResult(key, "failed", failure=_unmentioned())
    status: RecordStatus = "created" if item.get("new") is True else "updated"
    return RecordResult(key, status, remote_id, as_id(item.get("updatedAt")))


def _unmentioned() -> Failure:
    return Failure(
        kind="transient",
        scope="record",
        code="not_in_answer",
        message="HubSpot's answer says nothing about this record",
        outcome_unknown=True,
    )

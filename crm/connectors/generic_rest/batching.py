"""A whole batch in one call, for CRMs that have such an endpoint. Results are matched by key, never by place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from crm.connectors.base import ConnectorUnavailable, Entity, Failure, OutboundRecord, RecordResult, RecordStatus
from crm.connectors.generic_rest.calls import Caller
from crm.connectors.generic_rest.dotted import at_path, objects_at, put_at_path, text_at
from crm.connectors.generic_rest.records import record_body


class BatchWriter:
    """Writes batches for one connection."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._settings = caller.settings

    def upsert(self, entity: Entity, records: Sequence[OutboundRecord]) -> list[RecordResult]:
        """See CrmConnector.upsert."""
        results = {r.key: _unchanged(r) for r in records if r.remote_id and not r.fields and not r.links}
        to_send: list[OutboundRecord] = []
        for record in records:
            if any(link.remote_id is None for link in record.links):
                results[record.key] = RecordResult(record.key, "failed", failure=_contact_unknown())
            elif record.key not in results:
                to_send.append(record)
        if to_send:
            results |= self._send(entity, to_send)
        return [results[record.key] for record in records]

    def _send(self, entity: Entity, records: Sequence[OutboundRecord]) -> dict[str, RecordResult]:
        payload: dict[str, Any] = {}
        put_at_path(payload, self._settings.batch_member, [record_body(self._settings, record) for record in records])
        path = self._caller.path(self._settings.batch_path, entity)
        said = self._caller.call(
            self._settings.batch_method, path, payload, writes=True, route=self._settings.batch_path
        )
        if said.failure is not None:
            return _refused(records, said.failure)
        found = {}
        for item in objects_at(said.body, self._settings.batch_results):
            key = text_at(item, self._settings.batch_key)
            if key is not None:
                found[key] = self._result(key, item)
        missing = _no_answer("the CRM's answer says nothing about this record")
        return {r.key: found.get(r.key) or RecordResult(r.key, "failed", failure=missing) for r in records}

    def _result(self, key: str, item: dict[str, Any]) -> RecordResult:
        if at_path(item, self._settings.batch_ok) is not True:
            return RecordResult(key, "failed", failure=self._caller.refused_item(item))
        remote_id = text_at(item, self._settings.batch_id)
        if remote_id is None:
            return RecordResult(key, "failed", failure=_no_answer("the CRM's answer gives no id for this record"))
        status: RecordStatus = "created" if at_path(item, self._settings.batch_created) is True else "updated"
        return RecordResult(key, status, remote_id)


def _unchanged(record: OutboundRecord) -> RecordResult:
    return RecordResult(record.key, "unchanged", record.remote_id)


def _refused(records: Sequence[OutboundRecord], failure: Failure) -> dict[str, RecordResult]:
    """A refused call is about every record, and halving tells about which; unless the batch was one record."""
    if failure.kind != "permanent":
        raise ConnectorUnavailable(failure)
    failure = replace(failure, scope="record" if len(records) == 1 else "batch")
    return {record.key: RecordResult(record.key, "failed", failure=failure) for record in records}


def _no_answer(text: str) -> Failure:
    return Failure(kind="transient", scope="record", code="not_in_answer", message=text, outcome_unknown=True)


def _contact_unknown() -> Failure:
    text = "the contact of this order has no id in the CRM yet"
    return Failure(kind="transient", scope="record", code="contact_not_in_crm", message=text)

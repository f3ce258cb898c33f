"""Write one record at a time: look up by key, then create or update. A create that fails is looked up once more.

Repeating is harmless: a record that exists is found and updated. The second look-up is there because a create may fail
for having succeeded: a lost race shows as 409 or 500, a lost answer as a timeout.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from crm.connectors.base import ConnectorUnavailable, Entity, Failure, OutboundRecord, RecordResult, RemoteRecord
from crm.connectors.generic_rest.calls import Caller, Said
from crm.connectors.generic_rest.dotted import at_path, text_at
from crm.connectors.generic_rest.reading import Reader, same_record
from crm.connectors.generic_rest.records import idempotency_key, record_body, wrapped

# No record is begun after this: with calls of at most 30 s the whole stays within the time a send may take.
BEGIN_SECONDS = 30.0


class SingleWriter:
    """Writes records one by one for one connection."""

    def __init__(self, caller: Caller, reader: Reader) -> None:
        self._caller = caller
        self._reader = reader
        self._settings = caller.settings

    def upsert(self, entity: Entity, records: Sequence[OutboundRecord]) -> list[RecordResult]:
        """See CrmConnector.upsert. What stops the connection ends the list; records not begun say so."""
        started = time.monotonic()
        results: list[RecordResult] = []
        stop: Failure | None = None
        for record in records:
            if stop is None and time.monotonic() - started > BEGIN_SECONDS:
                stop = _too_slow()
            if stop is not None:
                results.append(RecordResult(record.key, "failed", failure=_not_begun(stop)))
                continue
            try:
                results.append(self._one(entity, record))
            except ConnectorUnavailable as error:
                if error.failure.kind == "permanent":  # the look-up of this key is refused, not of every key
                    results.append(RecordResult(record.key, "failed", failure=_of_record(error.failure)))
                    continue
                if not results and not error.failure.outcome_unknown:
                    raise
                stop = error.failure
                results.append(RecordResult(record.key, "failed", failure=_of_record(stop)))
        return results

    def _one(self, entity: Entity, record: OutboundRecord) -> RecordResult:
        """Raises ConnectorUnavailable for what concerns every record: no answer, a limit, a refused credential."""
        if any(link.remote_id is None for link in record.links):
            return RecordResult(record.key, "failed", failure=_contact_unknown(record))
        if record.remote_id:
            return self._update_known(entity, record, record.remote_id)
        found = self._reader.find(entity, record.key)
        if found:
            return self._update_found(entity, record, found)
        return self._create(entity, record)

    def _update_known(self, entity: Entity, record: OutboundRecord, remote_id: str) -> RecordResult:
        if not record.fields and not record.links:
            return RecordResult(record.key, "unchanged", remote_id)
        if self._settings.skip_unchanged and not record.links:
            held = self._reader.by_id(entity, remote_id)
            if held is not None and same_record(record.fields, held.fields):
                return RecordResult(record.key, "unchanged", remote_id, held.version)
        said = self._update(entity, record, remote_id)
        if said.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            return self._result(record, said, "updated", remote_id)
        # Gone under the id we know. Under another id it is the same record; under none a person deleted it, and making
        # it anew would undo that.
        found = self._reader.find(entity, record.key)
        return self._update_found(entity, record, found) if found else _gone(record, said)

    def _update_found(self, entity: Entity, record: OutboundRecord, found: Sequence[RemoteRecord]) -> RecordResult:
        if len(found) > 1:
            return RecordResult(record.key, "failed", failure=_several(found))
        held = found[0]
        if self._settings.skip_unchanged and not record.links and same_record(record.fields, held.fields):
            return RecordResult(record.key, "unchanged", held.remote_id, held.version)
        return self._result(record, self._update(entity, record, held.remote_id), "updated", held.remote_id)

    def _create(self, entity: Entity, record: OutboundRecord) -> RecordResult:
        body = wrapped(self._settings, record_body(self._settings, record))
        header = self._settings.idempotency_header
        headers = {header: idempotency_key(self._settings, entity, body)} if header else {}
        path = self._caller.path(self._settings.create_path, entity)
        try:
            said = self._caller.call(
                self._settings.create_method, path, body, writes=True, route=self._settings.create_path, headers=headers
            )
        except ConnectorUnavailable as error:
            if not error.failure.outcome_unknown:
                raise
            return self._after_failed_create(entity, record, error.failure)
        if said.failure is not None:
            _raise_if_for_all(said.failure)
            return self._after_failed_create(entity, record, said.failure)
        remote_id = text_at(said.body, self._settings.created_id)
        if remote_id is None:
            return self._created_without_id(entity, record)
        return self._result(record, said, "created", remote_id)

    def _after_failed_create(self, entity: Entity, record: OutboundRecord, failure: Failure) -> RecordResult:
        try:
            found = self._reader.find(entity, record.key)
        except ConnectorUnavailable:
            found = []  # the first failure is the one to tell
        if failure.outcome_unknown and len(found) == 1 and same_record(record.fields, found[0].fields):
            return RecordResult(record.key, "created", found[0].remote_id, found[0].version)  # only the answer was lost
        if found:
            return self._update_found(entity, record, found)
        if failure.outcome_unknown:
            raise ConnectorUnavailable(failure)  # not there yet is not the same as never
        return RecordResult(record.key, "failed", failure=replace(failure, scope="record"))

    def _created_without_id(self, entity: Entity, record: OutboundRecord) -> RecordResult:
        found = self._reader.find(entity, record.key)
        if len(found) == 1:
            return RecordResult(record.key, "created", found[0].remote_id, found[0].version)
        text = f"the CRM says it created the record, but gives no id at {self._settings.created_id}"
        failure = Failure(kind="transient", scope="record", code="id_not_in_answer", message=text, outcome_unknown=True)
        return RecordResult(record.key, "failed", failure=failure)

    def _update(self, entity: Entity, record: OutboundRecord, remote_id: str) -> Said:
        body = wrapped(self._settings, record_body(self._settings, record))
        path = self._caller.path(self._settings.update_path, entity, remote_id=remote_id)
        return self._caller.call(
            self._settings.update_method, path, body, writes=True, route=self._settings.update_path
        )

    def _result(self, record: OutboundRecord, said: Said, status: Any, remote_id: str) -> RecordResult:
        if said.failure is not None:
            _raise_if_for_all(said.failure)
            return RecordResult(record.key, "failed", remote_id, failure=replace(said.failure, scope="record"))
        item = at_path(said.body, self._settings.read_record)
        return RecordResult(record.key, status, remote_id, text_at(item, self._settings.record_version))


def write_key(caller: Caller, entity: Entity, remote_id: str, key: str) -> Failure | None:
    """Put our key on a record the CRM already has, by the way it is updated. Returns why not.

    Raises ConnectorUnavailable for what concerns every record, and when no answer came.
    """
    settings = caller.settings
    body = wrapped(settings, record_body(settings, OutboundRecord(key, remote_id, {})))
    path = caller.path(settings.update_path, entity, remote_id=remote_id)
    said = caller.call(settings.update_method, path, body, writes=True, route=settings.update_path)
    if said.failure is None:
        return None
    _raise_if_for_all(said.failure)
    return replace(said.failure, scope="record")


def _raise_if_for_all(failure: Failure) -> None:
    if failure.scope == "connection":
        raise ConnectorUnavailable(failure)


def _of_record(failure: Failure) -> Failure:
    return replace(failure, scope="record") if failure.scope == "batch" else failure


def _not_begun(stop: Failure) -> Failure:
    """Nothing was sent for this record: it may simply be sent again, whatever the reason of the stop."""
    return replace(stop, outcome_unknown=False, field=None, conflicting_remote_id=None)


def _too_slow() -> Failure:
    return Failure(
        kind="transient",
        scope="record",
        code="not_begun",
        message="the CRM is slow: this record is left for the next call",
        retry_after=0.0,
    )


def _contact_unknown(record: OutboundRecord) -> Failure:
    keys = ", ".join(link.key for link in record.links if link.remote_id is None)
    text = f"the contact {keys} of this order has no id in the CRM yet"
    return Failure(kind="transient", scope="record", code="contact_not_in_crm", message=text)


def _several(found: Sequence[RemoteRecord]) -> Failure:
    ids = ", ".join(record.remote_id for record in found)
    text = f"several records in the CRM carry this key: {ids}; merge or delete all but one"
    return Failure(
        kind="permanent",
        scope="record",
        code="duplicate_key",
        message=text,
        conflicting_remote_id=found[0].remote_id,
    )


def _gone(record: OutboundRecord, said: Said) -> RecordResult:
    text = f"the record {record.remote_id} no longer exists in the CRM, and no other carries its key"
    failure = Failure(kind="permanent", scope="record", code=str(said.status), message=text)
    return RecordResult(record.key, "failed", record.remote_id, failure=failure)

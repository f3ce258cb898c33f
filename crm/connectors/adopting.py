"""Writing our key on a record the CRM already has: the steps every connector takes, given its own reads and its write.

CRMs have no conditional write, so the order is: read, refuse what is not free, write, read again. The last reading is
what tells of two workers which one the CRM kept. The services let only one worker at a time adopt a record; this is
the net below that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crm.connectors.base import ConnectorUnavailable, Entity, Failure, RecordResult, Ref, RemoteRecord

CARRIES_ANOTHER_KEY = "carries_another_key"
KEY_IN_USE = "key_in_use"
NO_SUCH_RECORD = "no_such_record"

Fetch = Callable[[Entity, list[Ref]], dict[Ref, RemoteRecord | None]]
WriteKey = Callable[[], Failure | None]


@dataclass(frozen=True, slots=True)
class Adoption:
    """One record to adopt. `fetch` reads as the contract says; `write_key` makes the one call that writes the key."""

    entity: Entity
    remote_id: str
    key: str
    fetch: Fetch
    write_key: WriteKey

    def run(self) -> RecordResult:
        """See CrmConnector.adopt."""
        by_id, by_key = Ref(remote_id=self.remote_id), Ref(key=self.key)
        held = self.fetch(self.entity, [by_id])[by_id]
        if held is None:
            return self._failed(NO_SUCH_RECORD, f"the CRM has no record {self.remote_id}")
        if held.key == self.key:
            return RecordResult(self.key, "unchanged", held.remote_id, held.version)
        if held.key:
            return self._taken(held)
        carrier = self.fetch(self.entity, [by_key])[by_key]
        if carrier is not None and carrier.remote_id != held.remote_id:
            return self._in_use(carrier)
        return self._write(by_id)

    def _write(self, by_id: Ref) -> RecordResult:
        failure = self._call()
        if failure is not None and not failure.outcome_unknown:
            return RecordResult(self.key, "failed", self.remote_id, failure=failure)
        try:
            held = self.fetch(self.entity, [by_id])[by_id]
        except ConnectorUnavailable as error:
            # Written or not: a repeat reads first and finds out.
            raise ConnectorUnavailable(failure or error.failure) from error
        if held is not None and held.key == self.key:
            return RecordResult(self.key, "updated", held.remote_id, held.version)
        if held is not None and held.key:
            return self._taken(held)
        if failure is not None:
            raise ConnectorUnavailable(failure)
        return self._failed("key_not_kept", f"the CRM said yes, but record {self.remote_id} does not carry the number")

    def _call(self) -> Failure | None:
        try:
            return self.write_key()
        except ConnectorUnavailable as error:
            if not error.failure.outcome_unknown:
                raise
            return error.failure

    def _taken(self, held: RemoteRecord) -> RecordResult:
        return self._failed(CARRIES_ANOTHER_KEY, f"record {self.remote_id} already carries the number {held.key}")

    def _in_use(self, carrier: RemoteRecord) -> RecordResult:
        text = f"the number {self.key} is already on record {carrier.remote_id}; merge the two in the CRM"
        return self._failed(KEY_IN_USE, text, carrier.remote_id)

    def _failed(self, code: str, message: str, other: str | None = None) -> RecordResult:
        failure = Failure("permanent", "record", code, message, conflicting_remote_id=other)
        return RecordResult(self.key, "failed", self.remote_id, failure=failure)

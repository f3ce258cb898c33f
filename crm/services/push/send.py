"""The call itself, and the search for the one bad record when an all-or-nothing CRM refuses a whole batch.

Nothing is begun late in a lease: a worker that stood still (stopped, swapped out) may find its entries in other hands.
"""

import time
from collections.abc import Sequence
from typing import Final

from django.conf import settings

from crm.connectors.base import ConnectorUnavailable, CrmConnector, RecordResult
from crm.services.push.prepare import Prepared
from sync.engine.bisect import Bisection
from sync.engine.failures import Failure
from sync.engine.fields import Entity as RemoteEntity
from sync.models import Entity

# Of 90 s of lease 63 are left: a connector that writes one by one, or links in a call of its own, takes 60 s at most.
BEGIN_SHARE: Final = 0.3


def last_moment_to_begin() -> float:
    """On the monotonic clock, which goes on while a process is stopped. Ask before the lease begins."""
    return time.monotonic() + settings.SEND_LEASE_SECONDS * BEGIN_SHARE


def send(
    connector: CrmConnector, entity: Entity, prepared: Sequence[Prepared], begin_before: float
) -> list[RecordResult] | Failure:
    """One result per record in the order given, or the failure when nothing is known about any of them."""
    try:
        results = connector.upsert(RemoteEntity(entity), [p.record for p in prepared])
    except ConnectorUnavailable as unavailable:
        return unavailable.failure
    if len(prepared) > 1 and _refused_as_a_whole(results):
        results = _bisect(connector, entity, prepared, results, begin_before)
    return _in_order(prepared, results)


def _refused_as_a_whole(results: Sequence[RecordResult]) -> bool:
    return all(r.failure is not None and r.failure.scope == "batch" and r.failure.kind == "permanent" for r in results)


def _bisect(
    connector: CrmConnector,
    entity: Entity,
    prepared: Sequence[Prepared],
    refused: Sequence[RecordResult],
    begin_before: float,
) -> list[RecordResult]:
    found: dict[str, RecordResult] = {r.key: r for r in refused}
    work = Bisection(prepared)
    while part := work.next_part():
        if time.monotonic() > begin_before:
            found |= {r.key: r for r in not_begun(work.unsent)}
            break
        try:
            results = connector.upsert(RemoteEntity(entity), [p.record for p in part])
        except ConnectorUnavailable as unavailable:
            # What was not sent yet has no outcome but this one; what was sent keeps its own.
            for p in work.unsent:
                found[p.record.key] = RecordResult(p.record.key, "failed", failure=unavailable.failure)
            break
        found |= {r.key: r for r in results}
        work.report(accepted=not _refused_as_a_whole(results))
    return list(found.values())


def not_begun(prepared: Sequence[Prepared]) -> list[RecordResult]:
    """Results of records that were not sent, because too little of the lease is left."""
    text = "too little time was left to send this record: it is sent with the next call"
    failure = Failure(kind="transient", scope="record", code="not_begun", message=text)
    return [RecordResult(p.record.key, "failed", failure=failure) for p in prepared]


def _in_order(prepared: Sequence[Prepared], results: Sequence[RecordResult]) -> list[RecordResult]:
    by_key = {r.key: r for r in results}
    return [by_key[p.record.key] for p in prepared]

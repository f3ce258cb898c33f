"""Tie orders to their contacts, after the orders exist: HubSpot's upsert takes no associations.

Associating twice is harmless, so a link that failed is made again by repeating the whole upsert. That is why a failed
link is never "outcome unknown": a read of the order would show its properties as wanted and the link would be lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from crm.connectors.base import (
    ConnectorUnavailable,
    Failure,
    Link,
    OutboundRecord,
    RecordResult,
)
from crm.connectors.hubspot.answers import BatchAnswer, read_batch, record_failure
from crm.connectors.hubspot.settings import HubSpotSettings
from crm.connectors.session import ApiSession
from crm.connectors.untrusted import as_id, as_object

Pair = tuple[str, str]


def with_links(
    session: ApiSession,
    settings: HubSpotSettings,
    secrets: Sequence[str],
    records: Sequence[OutboundRecord],
    results: Sequence[RecordResult],
) -> list[RecordResult]:
    """The results, those whose link could not be made turned into failures that keep the order's remote id."""
    wanted: dict[str, list[Pair]] = {}
    failures: dict[str, Failure] = {}
    for record, result in zip(records, results, strict=True):
        if result.failure is not None or not result.remote_id:
            continue
        if any(link.remote_id is None for link in record.links):
            failures[record.key] = _contact_unknown(record.links)
        elif record.links:
            wanted[record.key] = [(result.remote_id, str(link.remote_id)) for link in record.links]
    if wanted:
        failures |= _associate(session, settings, secrets, wanted)
    return [_with_failure(result, failures.get(result.key)) for result in results]


def _associate(
    session: ApiSession, settings: HubSpotSettings, secrets: Sequence[str], wanted: Mapping[str, list[Pair]]
) -> dict[str, Failure]:
    pairs = [pair for pairs in wanted.values() for pair in pairs]
    path = f"/crm/associations/{settings.api_version}/{settings.order_object}/contacts/batch/associate/default"
    try:
        inputs = [{"from": {"id": order}, "to": {"id": contact}} for order, contact in pairs]
        answer = session.call("POST", path, {"inputs": inputs}, writes=True)
        batch = read_batch(answer, writes=True, secrets=secrets)
    except ConnectorUnavailable as error:
        return dict.fromkeys(wanted, replace(error.failure, outcome_unknown=False))
    made = {_pair(item) for item in batch.results}
    return {
        key: _link_failure(batch, secrets, missing)
        for key, pairs in wanted.items()
        if (missing := [pair for pair in pairs if pair not in made])
    }


def _pair(item: Mapping[str, Any]) -> Pair:
    order, contact = (as_id(as_object(item.get(end)).get("id")) or "" for end in ("from", "to"))
    return order, contact


def _link_failure(batch: BatchAnswer, secrets: Sequence[str], missing: Sequence[Pair]) -> Failure:
    """The error that names one of the missing ends; with one error only, that one; else no reason is known."""
    ends = {end for pair in missing for end in pair}
    for error in batch.errors:
        if ends & _ids_in(error.get("context")) or len(batch.errors) == 1:
            return record_failure(error, secrets)
    return Failure(
        kind="transient",
        scope="record",
        code="link_not_in_answer",
        message="HubSpot's answer says nothing about this order's link to its contact",
    )


def _ids_in(context: object) -> set[str]:
    if not isinstance(context, dict):
        return set()
    return {str(item) for value in context.values() for item in (value if isinstance(value, list) else [value])}


def _contact_unknown(links: Sequence[Link]) -> Failure:
    keys = ", ".join(link.key for link in links if link.remote_id is None)
    return Failure(
        kind="transient",
        scope="record",
        code="contact_not_in_crm",
        message=f"the order is written, but its contact {keys} has no id in HubSpot yet",
    )


def _with_failure(result: RecordResult, failure: Failure | None) -> RecordResult:
    return result if failure is None else replace(result, status="failed", failure=failure)

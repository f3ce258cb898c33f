"""The search endpoint: filter groups, one sort, offset paging up to 10,000, an index that lags behind."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from crm.practice.hubspot.errors import invalid
from crm.practice.hubspot.filters import Filter, as_millis, parse_groups
from crm.practice.hubspot.shapes import MODIFIED, shown
from crm.practice.ledger import Call
from crm.practice.record import Record, Source
from crm.practice.table import Table
from crm.practice.wire import Answer, json_answer

if TYPE_CHECKING:
    from crm.practice.core import Core

PAGE_LIMIT = 200
# Beyond this many rows the exact total is not worth a scan, and HubSpot's own is no more exact while it indexes.
COUNT_LIMIT = 20_000


def search(core: Core, table: Table, body: Any, source: Source, call: Call) -> Answer:
    """POST /crm/objects/{version}/{type}/search."""
    limit, after = _page(body, core.settings.search_cap)
    groups = parse_groups(body.get("filterGroups") or [], core.store.catalogs[table.name], table)
    horizon = core.store.now() - int(core.settings.search_lag_s * 1000)
    name, descending = _sort(body.get("sorts") or [])
    matches = _matches(table, groups, horizon)
    if name in ("", "hs_object_id", MODIFIED[table.name]) and not descending and not _by_value(table, groups):
        found, total = _in_time_order(table, groups, matches, limit, after)
    else:
        found, total = _sorted(table, matches, name, limit, after, descending=descending)
    call.records = len(found)
    names = tuple(body.get("properties") or ())
    result: dict[str, Any] = {"total": total, "results": [shown(table, each, names) for each in found]}
    if total > after + limit:
        result["paging"] = {"next": {"after": str(after + limit), "link": ""}}
    return json_answer(200, result)


def _page(body: Any, cap: int) -> tuple[int, int]:
    if not isinstance(body, dict):
        raise invalid("Invalid input JSON")
    try:
        limit, after = int(body.get("limit") or 10), int(body.get("after") or 0)
    except (TypeError, ValueError) as error:
        raise invalid("limit and after must be numbers") from error
    if not 1 <= limit <= PAGE_LIMIT:
        raise invalid(f"limit must be between 1 and {PAGE_LIMIT}")
    if after < 0 or after + limit > cap:
        raise invalid(f"Paging through more than {cap} results is not supported")
    return limit, after


def _sort(sorts: list[Any]) -> tuple[str, bool]:
    if len(sorts) > 1:
        raise invalid("Only one sort can be specified")
    if not sorts:
        return "", False
    if isinstance(sorts[0], dict):
        return str(sorts[0].get("propertyName", "")), sorts[0].get("direction") == "DESCENDING"
    return str(sorts[0]).removeprefix("-"), str(sorts[0]).startswith("-")


def _matches(table: Table, groups: list[list[Filter]], horizon: int) -> Iterator[Record]:
    for record in _candidates(table, groups):
        if record.modified > horizon:
            continue
        if not groups or any(all(each.accepts(table, record) for each in group) for group in groups):
            yield record


def _by_value(table: Table, groups: list[list[Filter]]) -> bool:
    """Every group names exact values of an indexed property, so only those records need a look."""
    return bool(groups) and all(any(each.exact_in(table) for each in group) for group in groups)


def _candidates(table: Table, groups: list[list[Filter]]) -> Iterable[Record]:
    if _by_value(table, groups):
        named = [next(each for each in group if each.exact_in(table)) for group in groups]
        ids = {record_id for each in named for record_id in each.record_ids(table)}
        return [table.rows[each] for each in sorted(ids) if each in table.rows]
    return table.changed_since(min((_lower_bound(table, group) for group in groups), default=0))


def _lower_bound(table: Table, group: list[Filter]) -> int:
    return max((each.since(MODIFIED[table.name]) for each in group), default=0)


def _in_time_order(
    table: Table, groups: list[list[Filter]], matches: Iterator[Record], limit: int, after: int
) -> tuple[list[Record], int]:
    """Candidates come ordered by (time, id) already: stop after the page unless the rest is cheap to count."""
    since = min((_lower_bound(table, group) for group in groups), default=0)
    waiting = table.modified.count_since(since)
    page: list[Record] = []
    total = 0
    for record in matches:
        if after <= total < after + limit:
            page.append(record)
        total += 1
        if total > after + limit and waiting > COUNT_LIMIT:
            return page, max(total, waiting)
    return page, total


def _sorted(
    table: Table, matches: Iterator[Record], name: str, limit: int, after: int, *, descending: bool
) -> tuple[list[Record], int]:
    keyed = [(_sort_key(table, record, name), record.id, record) for record in matches]
    pick = heapq.nlargest if descending else heapq.nsmallest
    first = pick(after + limit, keyed, key=lambda each: each[:2])
    return [record for _, _, record in first[after:]], len(keyed)


def _sort_key(table: Table, record: Record, name: str) -> str:
    if name == MODIFIED[table.name]:
        return f"{record.modified:020d}"
    if name in ("", "hs_object_id"):
        return f"{record.id:020d}"
    value = record.properties().get(name)
    at = as_millis(value) if name.endswith("date") and value else None
    return f"{at:020d}" if at is not None else str(value or "")

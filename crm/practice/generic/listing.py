"""Lists of this face: substring filters, changes since a time, four ways of paging."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from crm.practice.generic.shapes import inner, shown
from crm.practice.hubspot.filters import as_millis
from crm.practice.hubspot.shapes import text
from crm.practice.record import Record
from crm.practice.table import Table
from crm.practice.wire import Answer, Request, json_answer

if TYPE_CHECKING:
    from crm.practice.core import Core

PAGE_LIMIT = 200
SECONDS_END = 10**10  # a smaller number is epoch seconds, a larger one milliseconds
PAGING = {"limit", "offset", "page", "cursor", "sort", "updated_since"}
Position = tuple[int, int]  # time of change, id


class BadQueryError(ValueError):
    """A parameter nobody can read."""


def list_records(core: Core, table: Table, request: Request) -> Answer:
    """`?updated_since=` lists changes in their order; otherwise records by id; any other parameter is a filter."""
    query = request.query
    limit = max(1, min(_number(query, "limit", 20), PAGE_LIMIT))
    filters = {inner(table.name, name): value for name, value in query.items() if name not in PAGING}
    by_change = core.settings.changed_since and ("updated_since" in query or query.get("sort") == "modified_at")
    after = _cursor(query)
    records = _changes(core, table, query, after) if by_change else _plain(table, filters, after)
    matching = (each for each in records if _holds(each, filters))
    skip = 0 if after else _number(query, "offset", (_number(query, "page", 1) - 1) * limit)
    page = list(itertools.islice(matching, skip, skip + limit + 1))
    return _page_answer(table, request, page, limit, skip, by_change=by_change)


def _number(query: dict[str, str], name: str, default: int) -> int:
    try:
        return int(query.get(name, default))
    except ValueError as error:
        raise BadQueryError(name) from error


def _cursor(query: dict[str, str]) -> Position | None:
    if not query.get("cursor"):
        return None
    try:
        at, _, record_id = base64.urlsafe_b64decode(query["cursor"]).decode().partition(":")
        return int(at), int(record_id)
    except ValueError as error:
        raise BadQueryError("cursor") from error


def _changes(core: Core, table: Table, query: dict[str, str], after: Position | None) -> Iterator[Record]:
    """Records by (time of change, id), from the cursor or from updated_since on."""
    since = after[0] if after else _since(query.get("updated_since", ""))
    horizon = core.store.now() - int(core.settings.search_lag_s * 1000)
    for record in table.changed_since(since):
        if record.modified <= horizon and (after is None or (record.modified, record.id) > after):
            yield record


def _since(value: str) -> int:
    """An ISO time, or epoch seconds or milliseconds."""
    if not value:
        return 0
    at = as_millis(value.replace(" ", "+"))  # a plus that nobody escaped
    if at is None:
        raise BadQueryError("updated_since")
    return at * 1000 if value.isdigit() and at < SECONDS_END else at


def _plain(table: Table, filters: dict[str, str], after: Position | None) -> Iterator[Record]:
    """Records by id. The key has an index for pieces of it; other filters walk all records, as a small CRM does."""
    first = after[1] + 1 if after else 0
    if piece := filters.get(table.key_property):
        exact = table.indexes[table.key_property].find(piece)
        ids = sorted({*exact, *table.key_text.longer_than(piece)})
        return (table.rows[each] for each in ids if each >= first and each in table.rows)
    return (table.rows[each] for each in range(first, table.next_id) if each in table.rows)


def _holds(record: Record, filters: dict[str, str]) -> bool:
    if not filters:
        return True
    values = record.properties()
    return all(wanted.lower() in str(text(values.get(name)) or "").lower() for name, wanted in filters.items())


def _page_answer(
    table: Table, request: Request, page: list[Record], limit: int, skip: int, *, by_change: bool
) -> Answer:
    more, page = len(page) > limit, page[:limit]
    body: dict[str, Any] = {
        "error": False,
        "page_number": skip // limit + 1,
        "per_page": limit,
        "has_more": more,
        "next_cursor": None,
        "results": [shown(table, each) for each in page],
    }
    if not more:
        return json_answer(200, body)
    last = page[-1]
    at = last.modified if by_change else 0
    body["next_cursor"] = base64.urlsafe_b64encode(f"{at}:{last.id}".encode()).decode()
    query = {name: value for name, value in request.query.items() if name not in ("offset", "page")}
    link = f"{request.path}?{urlencode({**query, 'cursor': body['next_cursor']})}"
    host = request.headers.get("host", "127.0.0.1")
    return json_answer(200, body, Link=f'<http://{host}{link}>; rel="next"')

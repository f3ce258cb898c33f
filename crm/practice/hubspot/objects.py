"""Reading and writing single records, lists, and batch/read with value history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm.practice.hubspot.errors import RefusedError, error_answer, invalid, not_found
from crm.practice.hubspot.shapes import history, shown
from crm.practice.hubspot.upsert import BATCH_LIMIT, batch_answer, checked_inputs
from crm.practice.hubspot.writing import Judge, Write, store
from crm.practice.ledger import Call
from crm.practice.record import Record, Source
from crm.practice.table import Table
from crm.practice.wire import Answer, Request, json_answer

if TYPE_CHECKING:
    from crm.practice.core import Core

HISTORY_BATCH_LIMIT = 50


def answer(core: Core, table: Table, request: Request, rest: str, source: Source, call: Call) -> Answer:
    """`/contacts` (GET list, POST create) and `/contacts/{id}` (GET, PATCH, DELETE)."""
    query = request.query
    if not rest and request.method == "GET":
        return _list(table, query)
    if not rest and request.method == "POST":
        return _write(core, table, None, _object(request), source, call)
    if not rest or "/" in rest:
        raise not_found()
    record = _one(table, rest, query.get("idProperty"))
    if record is None:
        raise not_found()
    if request.method == "GET":
        return json_answer(200, _with_history(table, record, _names(query, "properties"), _histories(query)))
    if request.method == "PATCH":
        return _write(core, table, record, _object(request), source, call)
    if request.method == "DELETE":
        table.archive(record, source)
        return Answer(204)
    raise RefusedError(error_answer(405, "Method not allowed", "METHOD_NOT_ALLOWED"))


def _object(request: Request) -> dict[str, Any]:
    try:
        values = request.json().get("properties")
    except (ValueError, AttributeError) as error:
        raise invalid("Invalid input JSON") from error
    if not isinstance(values, dict):
        raise invalid("Some required fields were not set: [properties]")
    return values


def _write(
    core: Core, table: Table, record: Record | None, values: dict[str, Any], source: Source, call: Call
) -> Answer:
    call.records = 1
    write = Judge(core, table).weigh(Write(str(record.id) if record else "", None, record, values))
    if write.refused:
        error = write.as_error()
        return error_answer(write.status(), error.pop("message"), error.pop("category"), **error)
    stored, new = store(core, table, write, source)
    return json_answer(201 if new else 200, shown(table, stored, tuple(write.values)))


def _one(table: Table, value: str, name: str | None) -> Record | None:
    """A record by its id or a unique property; the id of a contact that was merged away leads to its head."""
    if name and name != "hs_object_id":
        if name not in table.indexes:
            raise invalid(f"{name} is not a unique property")
        return table.find(name, value)
    record = table.get(value)
    if record is None and value.isdigit() and int(value) in table.gone:
        return table.get(table.gone[int(value)].merged_into)
    return record


def _names(query: dict[str, str], member: str) -> tuple[str, ...]:
    return tuple(each for each in query.get(member, "").split(",") if each)


def _histories(query: dict[str, str]) -> tuple[str, ...]:
    return _names(query, "propertiesWithHistory")


def _with_history(table: Table, record: Record, names: tuple[str, ...], histories: tuple[str, ...]) -> dict[str, Any]:
    result = shown(table, record, dict.fromkeys((*names, *histories)))
    return {**result, "propertiesWithHistory": history(record, histories)} if histories else result


def _list(table: Table, query: dict[str, str]) -> Answer:
    """Paged by id; `after` is the last id of the page before."""
    try:
        limit, after = min(int(query.get("limit", 10)), 100), int(query.get("after", 0))
    except ValueError as error:
        raise invalid("limit and after must be numbers") from error
    page: list[Record] = []
    for record_id in range(max(after + 1, 1), table.next_id):
        if (record := table.rows.get(record_id)) is not None:
            page.append(record)
            if len(page) > limit:
                break
    names = _names(query, "properties")
    body: dict[str, Any] = {"results": [shown(table, each, names) for each in page[:limit]]}
    if len(page) > limit:
        body["paging"] = {"next": {"after": str(page[limit - 1].id), "link": ""}}
    return json_answer(200, body)


def batch_read(core: Core, table: Table, body: Any, source: Source, call: Call) -> Answer:
    """By id, or by a unique property named once for the call. Unknown ones are listed under `errors` (207)."""
    histories = tuple(body.get("propertiesWithHistory") or ()) if isinstance(body, dict) else ()
    inputs = checked_inputs(body, HISTORY_BATCH_LIMIT if histories else BATCH_LIMIT)
    call.records = len(inputs)
    names, by = tuple(body.get("properties") or ()), body.get("idProperty")
    found = {str(each.get("id", "")): _one(table, str(each.get("id", "")), by) for each in inputs}
    records = list({each.id: each for each in found.values() if each}.values())
    if core.settings.results_order == "reversed":
        records.reverse()
    results = [_with_history(table, each, names, histories) for each in records]
    absent = [asked for asked, record in found.items() if record is None]
    return batch_answer(core, core.store.now(), results, [_absent(table, absent)] if absent else [])


def _absent(table: Table, ids: list[str]) -> dict[str, Any]:
    message = (
        f"Could not get some {table.name[:-1].upper()} objects, they may be deleted or not exist. "
        "Check that ids are valid."
    )
    return {"status": "error", "category": "OBJECT_NOT_FOUND", "message": message, "context": {"ids": ids}}

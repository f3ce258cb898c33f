"""batch/upsert and batch/update: 200, 207 for some, or a refusal of the whole batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm.practice.hubspot.errors import RefusedError, correlation_id, error_answer, invalid
from crm.practice.hubspot.shapes import CREATED, MODIFIED, iso
from crm.practice.hubspot.writing import Judge, Write, store
from crm.practice.ledger import Call
from crm.practice.record import Record, Source
from crm.practice.table import Table
from crm.practice.wire import Answer, json_answer

if TYPE_CHECKING:
    from crm.practice.core import Core

BATCH_LIMIT = 100


def batch_upsert(core: Core, table: Table, body: Any, source: Source, call: Call) -> Answer:
    """Create or update by a unique property; `id` is that property's value."""
    inputs = checked_inputs(body, BATCH_LIMIT)
    call.records = len(inputs)
    writes = [_found(core, table, each) for each in inputs]
    return _run(core, table, writes, source, by_email=any(each.get("idProperty") == "email" for each in inputs))


def batch_update(core: Core, table: Table, body: Any, source: Source, call: Call) -> Answer:
    """As upsert, but a record that does not exist is an error, never created."""
    inputs = checked_inputs(body, BATCH_LIMIT)
    call.records = len(inputs)
    writes = [_found(core, table, each) for each in inputs]
    for write in writes:
        write.missing = write.record is None
    return _run(core, table, writes, source, by_email=False)


def checked_inputs(body: Any, limit: int) -> list[dict[str, Any]]:
    """The inputs of a batch call. Raises RefusedError for a wrong shape, too many, or repeated ids."""
    inputs = body.get("inputs") if isinstance(body, dict) else None
    if not isinstance(inputs, list) or not inputs or not all(isinstance(each, dict) for each in inputs):
        raise invalid("Invalid input JSON: inputs must be a list of objects")
    if len(inputs) > limit:
        raise invalid(f"The maximum number of inputs supported in a batch request is {limit}")
    ids = [str(each.get("id", "")) for each in inputs]
    if len(set(ids)) < len(ids):
        repeated = sorted({each for each in ids if ids.count(each) > 1})
        raise invalid(f"Duplicate IDs found in batch input: [{', '.join(repeated)}]. IDs must be unique")
    return inputs


def _found(core: Core, table: Table, item: dict[str, Any]) -> Write:
    asked, name, values = str(item.get("id", "")), item.get("idProperty"), item.get("properties")
    if not asked or not isinstance(values, dict):
        raise invalid("Some required fields were not set: [id, properties]")
    trace = item.get("objectWriteTraceId")
    if not name or name == "hs_object_id":
        record = table.get(asked)
        return Write(asked, trace, record, values, missing=record is None)
    if name not in table.indexes:
        raise invalid(f"Unable to perform update/upsert by non-unique {table.name} property: {name}")
    record = table.find(name, asked)
    return Write(asked, trace, record, values if record else {name: asked, **values})


def _run(core: Core, table: Table, writes: list[Write], source: Source, *, by_email: bool) -> Answer:
    started = core.store.now()
    judge = Judge(core, table)
    for write in writes:
        judge.weigh(write)
    refused = [write for write in writes if write.refused]
    if refused and not _partial(core, writes, by_email=by_email):
        raise RefusedError(_whole_refusal(refused[0]))
    stored = [(write, *store(core, table, write, source)) for write in writes if not write.refused]
    results = [_result(table, write, record, new=new) for write, record, new in stored]
    if core.settings.results_order == "reversed":
        results.reverse()
    return batch_answer(core, started, results, [_partial_error(each) for each in refused])


def _partial(core: Core, writes: list[Write], *, by_email: bool) -> bool:
    """HubSpot offers partial answers only where every input carries its own trace id, and not by e-mail."""
    traces = {write.trace_id for write in writes} - {None}
    return core.settings.face_mode == "per_record" and len(traces) == len(writes) and not by_email


def _whole_refusal(first: Write) -> Answer:
    error = first.as_error()
    return error_answer(first.status(), error.pop("message"), error.pop("category"), **error)


def _partial_error(write: Write) -> dict[str, Any]:
    context = {"objectWriteTraceId": [write.trace_id]}
    return {"status": "error", "id": correlation_id(), "context": context, "links": {}, **write.as_error()}


def _result(table: Table, write: Write, record: Record, *, new: bool) -> dict[str, Any]:
    result = {
        "id": str(record.id),
        "new": new,
        "archived": False,
        "createdAt": iso(record.created),
        "updatedAt": iso(record.modified),
        "properties": {
            **write.values,
            "hs_object_id": str(record.id),
            CREATED[table.name]: iso(record.created),
            MODIFIED[table.name]: iso(record.modified),
        },
    }
    return {**result, "objectWriteTraceId": write.trace_id} if write.trace_id else result


def batch_answer(core: Core, started: int, results: list[Any], errors: list[Any]) -> Answer:
    """200, or 207 when some inputs failed."""
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "startedAt": iso(started),
        "completedAt": iso(core.store.now()),
        "results": results,
    }
    if errors:
        return json_answer(207, {**body, "numErrors": len(errors), "errors": errors})
    return json_answer(200, body)

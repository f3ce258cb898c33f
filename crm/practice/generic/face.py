"""Paths of this face, who may call, and the refusals in its own words."""

from __future__ import annotations

from collections import OrderedDict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from crm.practice.generic import listing, writing
from crm.practice.generic.shapes import shown
from crm.practice.ledger import Call
from crm.practice.record import Record, Source
from crm.practice.table import Table
from crm.practice.tokens import RejectedTokenError
from crm.practice.wire import Answer, Request, json_answer

if TYPE_CHECKING:
    from crm.practice.core import Core

BATCH_LIMIT = 500
IDEMPOTENCY_KEPT = 10_000


class GenericFace:
    def __init__(self, core: Core) -> None:
        self._core = core
        self._answered: OrderedDict[str, Answer] = OrderedDict()

    def handle(self, request: Request, call: Call) -> Answer:
        if request.path == "/api/token":
            return self._token(request)
        try:
            source = self._core.tokens.caller(request.headers)
        except RejectedTokenError as rejected:
            status = 401 if rejected.reason == "expired" else self._core.settings.unknown_token_status
            return _refusal(status, "Invalid token.")
        if policy := self._core.limits.take():
            return _refusal(429, f"Too many requests ({policy}).")
        with self._core.store.lock:
            self._core.ledger.current = call.number
            try:
                return self._once(request, source, call)
            finally:
                self._core.store.flush()

    def _token(self, request: Request) -> Answer:
        """OAuth2 client credentials; the client secret is the server's fixed token."""
        if not self._core.tokens.knows(request.form().get("client_secret", "")):
            return json_answer(401, {"error": "invalid_client"})
        ttl = self._core.settings.token_ttl_s
        token = self._core.tokens.issue(ttl)
        return json_answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": int(ttl)})

    def _once(self, request: Request, source: Source, call: Call) -> Answer:
        """The answer given before to the same Idempotency-Key, where this CRM honours one."""
        key = request.headers.get("idempotency-key", "") if self._core.settings.idempotency_header else ""
        if key and key in self._answered:
            return self._answered[key]
        answer = self._route(request, source, call)
        if key and answer.status < HTTPStatus.BAD_REQUEST:
            self._answered[key] = answer
            if len(self._answered) > IDEMPOTENCY_KEPT:
                self._answered.popitem(last=False)
        return answer

    def _route(self, request: Request, source: Source, call: Call) -> Answer:
        _, _, entity, *rest = request.path.rstrip("/").split("/")
        if entity == "me" and not rest:
            return json_answer(200, {"error": False, "application": source.id, "name": source.label})
        if entity not in ("contacts", "orders") or len(rest) > 1:
            return _refusal(404, "Not found.")
        table = self._core.store.table(entity)
        try:
            body = request.json() if request.method in ("POST", "PATCH", "PUT") else None
        except ValueError:
            return _refusal(400, "Malformed JSON.")
        if not rest:
            return self._collection(table, request, body, source, call)
        if rest[0] == "batch":
            return self._batch(table, request, body, source, call)
        return self._single(table, request, rest[0], body, source, call)

    def _collection(self, table: Table, request: Request, body: Any, source: Source, call: Call) -> Answer:
        if request.method == "POST":
            call.records = 1
            return self._save(table, None, body, source)
        if request.method != "GET":
            return _refusal(405, "Method not allowed.")
        try:
            return listing.list_records(self._core, table, request)
        except listing.BadQueryError as error:
            return _refusal(400, f"Cannot read {error}.")

    def _single(self, table: Table, request: Request, record_id: str, body: Any, source: Source, call: Call) -> Answer:
        call.records = 1
        record = table.get(record_id)
        if record is None:
            return _refusal(404, "Not found.")
        if request.method == "GET":
            return json_answer(200, shown(table, record))
        if request.method in ("PATCH", "PUT"):
            return self._save(table, record, body, source)
        if request.method == "DELETE":
            table.archive(record, source)
            return Answer(204)
        return _refusal(405, "Method not allowed.")

    def _save(self, table: Table, record: Record | None, body: Any, source: Source) -> Answer:
        wanted = writing.draft(self._core, table, body)
        if wanted.errors:
            return writing.errors_answer(self._core, wanted.errors)
        if record is None and self._taken(table, wanted):
            if self._core.settings.unique_key == "500":
                return Answer(500)  # what a broken unique index looks like on a real CRM
            return _refusal(409, {"external_id": ["Already exists."]})
        saved, new = writing.save(self._core, table, record, wanted, source)
        return writing.saved_answer(self._core, table, saved, new=new)

    def _taken(self, table: Table, wanted: writing.Draft) -> bool:
        key = str(wanted.values.get(table.key_property) or "")
        return self._core.settings.unique_key != "none" and table.find(table.key_property, key) is not None

    def _batch(self, table: Table, request: Request, body: Any, source: Source, call: Call) -> Answer:
        """Upsert by external_id, a result for each record in the order sent."""
        records = body.get("records") if isinstance(body, dict) else None
        if not self._core.settings.batch_endpoint or request.method != "POST":
            return _refusal(404, "Not found.")
        if not isinstance(records, list) or not 0 < len(records) <= BATCH_LIMIT:
            return _refusal(400, f"records must be a list of 1 to {BATCH_LIMIT} objects.")
        call.records = len(records)
        drafts = [writing.draft(self._core, table, each) for each in records]
        if self._core.settings.face_mode == "all_or_nothing" and any(each.errors for each in drafts):
            return writing.errors_answer(self._core, next(each.errors for each in drafts if each.errors))
        return json_answer(200, {"error": False, "results": [self._batched(table, each, source) for each in drafts]})

    def _batched(self, table: Table, wanted: writing.Draft, source: Source) -> dict[str, Any]:
        key = str(wanted.values.get(table.key_property) or "")
        if not key:
            wanted.errors.setdefault("external_id", ["This field is required."])
        if wanted.errors:
            return {"external_id": key, "ok": False, "error": "Validation failed", "errors": wanted.errors}
        record, new = writing.save(self._core, table, table.find(table.key_property, key), wanted, source)
        return {"external_id": key, "ok": True, "id": str(record.id), "created": new, "error": None}


def _refusal(status: int, errors: Any) -> Answer:
    return json_answer(status, {"error": True, "errors": errors})

"""HubSpot's paths: who may call, within which limit, and which part answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from crm.practice.hubspot import associations, oauth, objects, properties, search, upsert
from crm.practice.hubspot.errors import RefusedError, correlation_id, error_answer, invalid, not_found
from crm.practice.ledger import Call
from crm.practice.record import Source
from crm.practice.table import Table
from crm.practice.tokens import RejectedTokenError
from crm.practice.wire import Answer, Request, json_answer

if TYPE_CHECKING:
    from crm.practice.core import Core

# Object types by name and by number: https://developers.hubspot.com/docs/guides/crm/understanding-the-crm
ENTITIES = {"contacts": "contacts", "contact": "contacts", "0-1": "contacts"}
ENTITIES |= {"orders": "orders", "order": "orders", "0-123": "orders"}
_DATED = re.compile(r"/crm/(objects|properties|associations)/([^/]+)/([^/]+)(?:/(.*))?\Z")
_LEGACY = re.compile(r"/crm/(v3)/(objects|properties|associations)/([^/]+)(?:/(.*))?\Z")

Batch = Callable[["Core", Table, Any, Source, Call], Answer]
BATCHES: dict[str, Batch] = {
    "batch/upsert": upsert.batch_upsert,
    "batch/update": upsert.batch_update,
    "batch/read": objects.batch_read,
    "search": search.search,
}


class HubspotFace:
    def __init__(self, core: Core) -> None:
        self._core = core

    def handle(self, request: Request, call: Call) -> Answer:
        answer = self._answer(request, call)
        answer.headers.update(self._core.limits.headers())
        answer.headers["X-HubSpot-Correlation-Id"] = correlation_id()
        return answer

    def _answer(self, request: Request, call: Call) -> Answer:
        try:
            if request.path.startswith("/oauth/"):
                return oauth.token(self._core, request)
            source = self._caller(request)
            if policy := self._core.limits.take():
                return _limited(policy)
            with self._core.store.lock:
                self._core.ledger.current = call.number
                try:
                    return self._route(request, source, call)
                finally:
                    self._core.store.flush()
        except RefusedError as refused:
            return refused.answer

    def _caller(self, request: Request) -> Source:
        try:
            return self._core.tokens.caller(request.headers)
        except RejectedTokenError as rejected:
            category, message = {
                "expired": ("EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired."),
            }.get(rejected.reason, ("INVALID_AUTHENTICATION", "Authentication credentials not found or not valid."))
            raise RefusedError(error_answer(401, message, category)) from rejected

    def _route(self, request: Request, source: Source, call: Call) -> Answer:
        if request.path.startswith("/account-info/"):
            return self._account()
        area, entity, rest = self._split(request.path)
        if area == "associations":
            return associations.answer(self._core, entity, rest, self._body(request), call)
        table = self._core.store.table(_entity(entity))
        if area == "properties":
            body = self._body(request) if request.method == "POST" else None
            return properties.answer(self._core, table, request.method, rest, body)
        if request.method == "POST" and rest in BATCHES:
            return BATCHES[rest](self._core, table, self._body(request), source, call)
        return objects.answer(self._core, table, request, rest, source, call)

    def _split(self, path: str) -> tuple[str, str, str]:
        """Area, object type and what follows, whichever way the version is written."""
        if legacy := _LEGACY.match(path):
            version, area, entity, rest = legacy.groups()
        elif dated := _DATED.match(path):
            area, version, entity, rest = dated.groups()
        else:
            raise not_found()
        if version not in self._core.settings.versions:
            raise not_found()
        return area, entity, rest or ""

    @staticmethod
    def _body(request: Request) -> Any:
        try:
            return request.json()
        except ValueError as error:
            raise invalid("Invalid input JSON") from error

    def _account(self) -> Answer:
        portal = self._core.settings.portal_id
        body = {"portalId": portal, "accountType": "DEVELOPER_TEST", "timeZone": "Europe/Zurich", "utcOffset": "+01:00"}
        return json_answer(200, {**body, "companyCurrency": "CHF", "uiDomain": "app.example.org"})


def _entity(name: str) -> str:
    try:
        return ENTITIES[name]
    except KeyError as error:
        raise invalid(f"Unable to infer object type from: {name}") from error


def _limited(policy: str) -> Answer:
    period = "daily" if policy == "DAILY" else "ten_secondly_rolling"
    body = {"status": "error", "message": f"You have reached your {period} limit.", "errorType": "RATE_LIMIT"}
    trace = correlation_id()
    return json_answer(429, {**body, "correlationId": trace, "policyName": policy, "requestId": trace})

"""The control API under /_practice/: everything the Python handle can do, as JSON, for another process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from crm.practice.faults import Fault, UnknownFaultError
from crm.practice.ledger import Call
from crm.practice.look import find_records, plain
from crm.practice.people import UnknownRecordError
from crm.practice.population import seed
from crm.practice.settings import UnknownSettingError
from crm.practice.values import Rule
from crm.practice.wire import Answer, Request, json_answer

if TYPE_CHECKING:
    from crm.practice.core import Core

Body = dict[str, Any]


class Control:
    """GET reads its parameters from the query, POST from a JSON object. Errors are {"error": ...} with 400 or 404."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._routes: dict[str, Callable[[Body], Any]] = {
            "GET ": self._overview,
            "GET records": self._records,
            "GET history": self._history,
            "GET ledger": self._ledger,
            "GET duplicates": self._duplicates,
            "GET calls": self._calls,
            "GET links": lambda _: core.ledger.links(),
            "POST settings": self._settings,
            "POST faults": self._fault,
            "POST faults/lift": lambda body: core.faults.lift(body.get("id")),
            "POST rules": self._rule,
            "POST rules/lift": lambda body: core.rules.lift(body.get("id")),
            "POST people/edit": self._edit,
            "POST people/create": self._create,
            "POST people/delete": lambda body: core.people.delete(body["id"], **_who(body)),
            "POST people/clone": lambda body: {"id": str(core.people.clone(body["id"]).id)},
            "POST people/merge": lambda body: {"id": str(core.people.merge(body["head"], body["loser"]).id)},
            "POST people/live": lambda body: core.people.start_live(float(body["per_second"])),
            "POST tokens": lambda body: core.tokens.allow(str(body["token"]), str(body["app"])),
            "POST tokens/revoke": lambda body: core.tokens.revoke(str(body["token"])),
            "POST tokens/expire": lambda _: core.tokens.expire_issued(),
            "POST seed": lambda body: seed(core.store, int(body["contacts"]), keyed=bool(body.get("keyed", True))),
            "POST ledger/forget": lambda _: core.ledger.forget(),
            "POST reset": lambda _: core.reset(),
        }

    def handle(self, request: Request, call: Call) -> Answer:
        name = f"{request.method} {request.path.removeprefix('/_practice').strip('/')}"
        route = self._routes.get(name)
        if route is None:
            return json_answer(404, {"error": f"There is no {name}.", "known": sorted(self._routes)})
        try:
            body: Body = request.query if request.method == "GET" else (request.json() if request.body else {})
            return json_answer(200, {"ok": True} if (found := route(body)) is None else found)
        except UnknownRecordError as error:
            return json_answer(404, {"error": str(error)})
        except (UnknownSettingError, UnknownFaultError, KeyError, TypeError, ValueError) as error:
            return json_answer(400, {"error": f"{type(error).__name__}: {error}"})

    def _overview(self, _: Body) -> Any:
        core = self._core
        return {
            "totals": core.ledger.totals(),
            "settings": core.settings.as_json(),
            "faults": [each.as_json() for each in core.faults.standing()],
            "kinds": core.faults.kinds(),
            "rules": [each.as_json() for each in core.rules.standing()],
            "live_edits_per_second": core.people.live_rate,
            "live_edits": core.people.edits,
            "bugs": core.ledger.bugs,
        }

    def _records(self, body: Body) -> Any:
        limit = int(body.get("limit", 50))
        records = find_records(
            self._core, body.get("entity", "contacts"), limit, text=body.get("q", ""), key=body.get("key", "")
        )
        return {"records": records}

    def _history(self, body: Body) -> Any:
        with self._core.store.lock:
            record = self._core.store.table(body.get("entity", "contacts")).get(body["id"])
            if record is None:
                raise UnknownRecordError(body["id"])
            entries = list(record.history(body["name"]))
        return {"history": [{"value": value, "at": at, "source": source._asdict()} for value, at, source in entries]}

    def _ledger(self, body: Body) -> Any:
        key, entity = body["key"], body.get("entity", "contacts")
        effects = [each._asdict() for each in self._core.ledger.effects_on(key, entity)]
        return {**self._core.ledger.writes_for(key, entity)._asdict(), "effects": effects}

    def _duplicates(self, body: Body) -> Any:
        ledger, entity = self._core.ledger, body.get("entity", "contacts")
        return {"duplicates": ledger.duplicates(entity), "double_creates": ledger.double_creates(entity)}

    def _calls(self, body: Body) -> Any:
        found = self._core.ledger.calls_to(body.get("path", ""), body.get("face", ""))
        return {"total": len(found), "calls": [each.as_json() for each in found[-int(body.get("limit", 100)) :]]}

    def _settings(self, body: Body) -> Any:
        self._core.settings.change(**body)
        return self._core.settings.as_json()

    def _fault(self, body: Body) -> Any:
        known = {"face", "kind", "path", "count", "probability"}
        params = {name: value for name, value in body.items() if name not in known}
        share = float(body.get("probability", 1.0))
        count = int(body["count"]) if body.get("count") is not None else (1 if "probability" not in body else None)
        fault = Fault(body.get("face", "*"), body["kind"], body.get("path", ""), count, share, params)
        return self._core.faults.add(fault).as_json()

    def _rule(self, body: Body) -> Any:
        rule = Rule(body.get("entity", "contacts"), body["field"], body.get("value"), body.get("message", ""))
        return self._core.rules.add(rule).as_json()

    def _edit(self, body: Body) -> Any:
        return {"changed": self._core.people.edit(self._id(body), body["values"], **_who(body))}

    def _create(self, body: Body) -> Any:
        record = self._core.people.create(body["values"], **_who(body))
        with self._core.store.lock:
            return plain(self._core, self._core.store.table(body.get("entity", "contacts")), record)

    def _id(self, body: Body) -> str:
        """By id, or by contact number (`key`)."""
        if "id" in body:
            return str(body["id"])
        with self._core.store.lock:
            table = self._core.store.table(body.get("entity", "contacts"))
            record = table.find(table.key_property, body["key"])
        if record is None:
            raise UnknownRecordError(f"There is no record with the key {body['key']}.")
        return str(record.id)


def _who(body: Body) -> dict[str, Any]:
    return {name: body[name] for name in ("user", "entity") if name in body}

"""The control API, `/_practice/...`: JSON in, JSON out, for tests in another process, scripts and benchmarks.

To add a verb: write a function of (machine, request, part of the path) and name it in ROUTES.
"""

import re
from collections.abc import Callable
from dataclasses import asdict
from itertools import islice
from typing import Any

from sync.practice.api_auth import Credentials
from sync.practice.interface import STREAMS
from sync.practice.machine import Machine
from sync.practice.reply import Reply, json_reply, problem
from sync.practice.request import Request
from sync.practice.state import summary
from sync.practice.world import UnknownRecordError

Handler = Callable[[Machine, Request, str], Reply]


def answer(machine: Machine, request: Request) -> Reply:
    """400 names what is not understood, 404 the record that does not exist."""
    for method, pattern, handler in ROUTES:
        found = re.fullmatch(pattern, request.path)
        if found and method == request.method:
            try:
                return handler(machine, request, found.group(1) if found.groups() else "")
            except UnknownRecordError as missing:
                return problem(str(missing), 404)
            except (ValueError, TypeError, LookupError) as wrong:
                return problem(f"{wrong}")
    return problem("no such control; see ROUTES in sync/practice/control.py", 404)


def _state(machine: Machine, request: Request, _: str) -> Reply:
    return json_reply(summary(machine))


def _ledger(machine: Machine, request: Request, _: str) -> Reply:
    """`?stream=`, `?since=SEQUENCE`, `?limit=` (default 1000, newest last)."""
    limit, since = int(request.query.get("limit", 1000)), int(request.query.get("since", 0))
    deliveries = [d for d in machine.ledger.deliveries(request.query.get("stream", "")) if d.sequence > since]
    return json_reply(
        {
            "totals": machine.ledger.totals,
            "deliveries": [asdict(d) | {"accepted": d.accepted} for d in deliveries[-limit:]],
            "calls": [asdict(c) for c in machine.ledger.calls()[-limit:]],
            "effects": [asdict(e) for e in machine.ledger.effects()[-limit:]],
            "creates": len(machine.ledger.creates()),
            "needless": len(machine.ledger.needless()),
            "most_calls_within_60_s": machine.ledger.most_calls_within(60),
        }
    )


def _effects(machine: Machine, request: Request, number: str) -> Reply:
    return json_reply([asdict(effect) for effect in machine.ledger.effects(number)])


def _received(machine: Machine, request: Request, key: str) -> Reply:
    return json_reply([asdict(delivery) for delivery in machine.ledger.received(key)])


def _log(machine: Machine, request: Request, stream: str) -> Reply:
    return Reply(200, machine.log(_stream(stream)).as_csv().encode(), "text/csv; charset=utf-8")


def _configure(machine: Machine, request: Request, stream: str) -> Reply:
    return json_reply(machine.configure(_stream(stream), **request.json()).as_json())


def _execute(machine: Machine, request: Request, stream: str) -> Reply:
    return json_reply(machine.execute(_stream(stream), **request.json()).as_json())


def _release(machine: Machine, request: Request, stream: str) -> Reply:
    return json_reply(machine.release(_stream(stream)).as_json())


def _replay(machine: Machine, request: Request, sequence: str) -> Reply:
    return json_reply(asdict(machine.replay(int(sequence))))


def _flag(machine: Machine, request: Request, stream: str) -> Reply:
    """`{}` flags everything, `{"keys": [...]}` these, `{"first": 500}` so many."""
    wanted, name = request.json(), _stream(stream)
    if "keys" in wanted:
        return json_reply({"queued": machine.flag(name, wanted["keys"])})
    keys = machine.world.order_ids() if name == "orders" else machine.world.numbers()
    return json_reply({"queued": machine.flag(name, islice(keys, wanted.get("first")))})


def _edits(machine: Machine, request: Request, _: str) -> Reply:
    machine.edit_rate(float(request.json()["per_second"]))
    return json_reply({"per_second": machine.editor.rate, "made": machine.editor.made})


def _contacts(machine: Machine, request: Request, _: str) -> Reply:
    """`?offset=0&limit=100`: a page of whole contacts."""
    start, limit = int(request.query.get("offset", 0)), int(request.query.get("limit", 100))
    return json_reply([machine.contact(n) for n in islice(machine.world.numbers(), start, start + limit)])


def _contact(machine: Machine, request: Request, number: str) -> Reply:
    return json_reply(machine.contact(number))


def _edit(machine: Machine, request: Request, number: str) -> Reply:
    return json_reply(machine.edit(number, **request.json()))


def _create(machine: Machine, request: Request, _: str) -> Reply:
    return json_reply({"contactNumber": machine.create_contact(**request.json())})


def _act(machine: Machine, request: Request, path: str) -> Reply:
    number, _, verb = path.partition("/")
    if verb == "anonymise":
        machine.anonymise(number)
    elif verb == "vanish":
        machine.vanish(number)
    else:
        machine.merge(number, into=request.json()["into"])
    return json_reply({"done": verb})


def _order(machine: Machine, request: Request, order_id: str) -> Reply:
    return json_reply(machine.order(int(order_id)))


def _add_order(machine: Machine, request: Request, _: str) -> Reply:
    return json_reply({"orderId": machine.add_order(**request.json())})


def _faults(machine: Machine, request: Request, _: str) -> Reply:
    if request.method == "DELETE":
        machine.clear_faults()
    elif request.method == "POST":
        machine.fault(**request.json())
    return json_reply(machine.faults.standing())


def _limit(machine: Machine, request: Request, _: str) -> Reply:
    return json_reply(machine.limit(**request.json()).as_json())


def _rewrites(machine: Machine, request: Request, _: str) -> Reply:
    machine.rewrite(*request.json()["names"])
    return json_reply(sorted(machine.api.work.saving.rewrites))


def _credentials(machine: Machine, request: Request, _: str) -> Reply:
    """Change what callers of the API must show; tokens given out before are worth nothing afterwards."""
    machine.api.auth.credentials = Credentials(**(asdict(machine.api.auth.credentials) | request.json()))
    machine.api.auth.forget_tokens()
    return json_reply(asdict(machine.api.auth.credentials))


def _reset(machine: Machine, request: Request, _: str) -> Reply:
    part = request.json().get("part", "all")
    if part not in ("all", "queues", "ledger", "faults"):
        raise ValueError(f"cannot reset {part!r}")
    machine.reset(part)
    return json_reply({"reset": part})


def _stream(name: str) -> Any:
    if name not in STREAMS:
        raise ValueError(f"no stream {name!r}; there are {', '.join(STREAMS)}")
    return name


ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", r"/_practice/state", _state),
    ("GET", r"/_practice/ledger", _ledger),
    ("GET", r"/_practice/ledger/effects/(\w+)", _effects),
    ("GET", r"/_practice/ledger/received/(\w+)", _received),
    ("GET", r"/_practice/log/(\w+)\.csv", _log),
    ("POST", r"/_practice/interfaces/(\w+)", _configure),
    ("POST", r"/_practice/execute/(\w+)", _execute),
    ("POST", r"/_practice/release/(\w+)", _release),
    ("POST", r"/_practice/replay/(\d+)", _replay),
    ("POST", r"/_practice/flag/(\w+)", _flag),
    ("POST", r"/_practice/edits", _edits),
    ("GET", r"/_practice/contacts", _contacts),
    ("POST", r"/_practice/contacts", _create),
    ("GET", r"/_practice/contacts/(\d+)", _contact),
    ("POST", r"/_practice/contacts/(\d+)", _edit),
    ("POST", r"/_practice/contacts/(\d+/(?:anonymise|vanish|merge))", _act),
    ("GET", r"/_practice/orders/(\d+)", _order),
    ("POST", r"/_practice/orders", _add_order),
    ("GET", r"/_practice/faults", _faults),
    ("POST", r"/_practice/faults", _faults),
    ("DELETE", r"/_practice/faults", _faults),
    ("POST", r"/_practice/limit", _limit),
    ("POST", r"/_practice/rewrites", _rewrites),
    ("POST", r"/_practice/credentials", _credentials),
    ("POST", r"/_practice/reset", _reset),
]

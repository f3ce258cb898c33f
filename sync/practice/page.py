"""What a person sees in a browser, and what their buttons do: every form calls the same verb as the control API."""

from typing import Any

from sync.practice import page_records
from sync.practice.layout import page_reply
from sync.practice.machine import Machine
from sync.practice.page_home import home, live
from sync.practice.reply import Reply, html_reply, problem, redirect
from sync.practice.request import Request
from sync.practice.world import UnknownRecordError

CONSENTS = {"yes": True, "no": False, "none": None}


def answer(machine: Machine, request: Request) -> Reply:
    try:
        if request.method == "POST" and request.path.startswith("/forms/"):
            return _pressed(machine, request.path.removeprefix("/forms/"), request.form())
        return _shown(machine, request)
    except UnknownRecordError as missing:
        return page_reply("Not found", f'<p class="note warn">{missing}</p>', 404)
    except (ValueError, LookupError) as wrong:
        return problem(str(wrong))


def _shown(machine: Machine, request: Request) -> Reply:
    first, _, key = request.path.strip("/").partition("/")
    if request.path == "/":
        return home(machine)
    if first == "live":
        return html_reply(live(machine))
    if first == "contacts":
        query = dict(request.query)
        return (
            page_records.contact(machine, key, query.get("said", "")) if key else page_records.contacts(machine, query)
        )
    if first == "orders":
        return page_records.order(machine, int(key)) if key else page_records.orders(machine, dict(request.query))
    if first == "deliveries":
        return page_records.deliveries(machine)
    return page_reply("Not found", '<p class="note warn">There is no such page.</p>', 404)


def _pressed(machine: Machine, what: str, form: dict[str, str]) -> Reply:
    verb, _, subject = what.partition("/")
    stream: Any = subject
    if verb in ("execute", "flag", "schedule") and stream not in machine.runners:
        raise LookupError(f"no stream {stream!r}")
    if verb == "execute":
        machine.execute(stream)
    elif verb == "flag":
        machine.flag_all(stream)
    elif verb == "schedule":
        machine.configure(stream, every_seconds=float(form.get("every_seconds") or 0) or None)
    elif verb == "contact":
        return _saved(machine, subject, form)
    elif verb in ("anonymise", "vanish"):
        getattr(machine, verb)(subject)
        return redirect("/contacts")
    else:
        _life(machine, verb, form)
    return redirect("/")


def _life(machine: Machine, verb: str, form: dict[str, str]) -> None:
    if verb == "edits":
        machine.edit_rate(float(form.get("per_second") or 0))
    elif verb == "order":
        machine.add_order()
    elif verb == "newcomer":
        machine.create_contact()
    elif verb == "fault":
        machine.fault(form["kind"], times=int(form.get("times") or 1), seconds=float(form.get("seconds") or 0))
    elif verb == "calm":
        machine.clear_faults()
    else:
        raise LookupError(f"no button {verb!r}")


def _saved(machine: Machine, number: str, form: dict[str, str]) -> Reply:
    """Only what the form changed is written, so a field the contact never had stays absent."""
    before = machine.contact(number)
    now = {n: v for b in ("individualContact", "structureContact") for n, v in before.get(b, {}).items()}
    now |= next((a for a in before.get("addresses", []) if a.get("isMain")), {})
    changes: dict[str, Any] = {
        name: value
        for name, value in form.items()
        if not name.startswith("consent.") and (now.get(name) or "") != value
    }
    given = {name.removeprefix("consent."): CONSENTS[v] for name, v in form.items() if name.startswith("consent.")}
    answers = {a["code"]: a["authorized"] for a in before.get("authorizations", [])}
    moved = {code: value for code, value in given.items() if answers.get(code) != value}
    if moved:
        changes["authorizations"] = moved
    if changes:
        machine.edit(number, **changes)
    said = "Saved; it will be sent with the next execution." if changes else "Nothing was changed."
    return redirect(f"/contacts/{number}?said={said.replace(' ', '+')}")

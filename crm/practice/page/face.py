"""Paths of the pages, and the forms people send from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm.practice.faults import Fault, UnknownFaultError
from crm.practice.hubspot.shapes import text
from crm.practice.ledger import Call
from crm.practice.page.contact import contact
from crm.practice.page.home import home
from crm.practice.people import DEFAULT_USER, UnknownRecordError
from crm.practice.values import Rule
from crm.practice.wire import Answer, Request

if TYPE_CHECKING:
    from crm.practice.core import Core

Form = dict[str, str]


class Page:
    def __init__(self, core: Core) -> None:
        self._core = core

    def handle(self, request: Request, call: Call) -> Answer:
        del call  # pages are not part of the ledger
        parts = request.path.strip("/").split("/")
        try:
            if request.method == "POST":
                return _see(self._act(parts, request.form()))
            return self._show(parts, request.query)
        except UnknownRecordError as error:
            return _plain(404, str(error))
        except (UnknownFaultError, KeyError, ValueError) as error:
            return _plain(400, f"That did not work: {error}")

    def _show(self, parts: list[str], query: Form) -> Answer:
        with self._core.store.lock:
            match parts:
                case [""]:
                    return home(self._core, query.get("q", ""))
                case ["contacts", record_id] if record := self._core.store.contacts.get(record_id):
                    return contact(self._core, record)
        raise UnknownRecordError("There is nothing here.")

    def _act(self, parts: list[str], form: Form) -> str:
        """Do what a form asks; where to go next."""
        match parts:
            case ["contacts", record_id]:
                return self._on_contact(record_id, "edit", form)
            case ["contacts", record_id, action]:
                return self._on_contact(record_id, action, form)
        self._switch("/".join(parts), form)
        return "/"

    def _on_contact(self, record_id: str, action: str, form: Form) -> str:
        people = self._core.people
        if action == "edit":
            self._edit(record_id, form)
        elif action == "clone":
            record_id = str(people.clone(record_id).id)
        elif action == "merge":
            record_id = str(people.merge(form["head"], record_id).id)
        elif action == "delete":
            people.delete(record_id)
            return "/"
        else:
            raise UnknownRecordError(action)
        return f"/contacts/{record_id}"

    def _edit(self, record_id: str, form: Form) -> None:
        """Only what the person changed: the form shows lists and booleans as text."""
        user = int(form.pop("user", DEFAULT_USER))
        with self._core.store.lock:
            record = self._core.store.contacts.get(record_id)
            held = record.properties() if record else {}
            moved = {name: value for name, value in form.items() if value != (text(held.get(name)) or "")}
            self._core.people.edit(record_id, moved, user=user)

    def _switch(self, what: str, form: Form) -> None:
        core = self._core
        if what == "live":
            core.people.start_live(float(form["per_second"] or 0))
        elif what == "faults":
            core.faults.add(_fault(form))
        elif what == "faults/lift":
            core.faults.lift(int(form["id"]))
        elif what == "rules":
            core.rules.add(Rule("contacts", form["field"], form.get("value") or None))
        elif what == "rules/lift":
            core.rules.lift(int(form["id"]))
        else:
            raise UnknownRecordError("There is nothing here.")


def _fault(form: Form) -> Fault:
    """`count` is a number of calls, or a share: 5%."""
    wanted = form.get("count", "1").strip()
    if wanted.endswith("%"):
        return Fault(form["face"], form["kind"], count=None, probability=float(wanted[:-1]) / 100)
    return Fault(form["face"], form["kind"], count=int(wanted))


def _see(path: str) -> Answer:
    return Answer(303, headers={"Location": path})


def _plain(status: int, message: str) -> Answer:
    return Answer(status, message.encode(), "text/plain; charset=utf-8")

"""Pages about records: the contacts table, one contact with its form, orders, deliveries."""

from itertools import islice
from typing import Any

import orjson

from sync.practice.fields import Payload, main_address
from sync.practice.layout import button, e, page_reply, pill, table
from sync.practice.machine import Machine
from sync.practice.reply import Reply
from sync.practice.rewriting import KNOWN_TITLES

PAGE_SIZE = 50
EDITED_FIELDS = (
    ("individualTitle", "Title"), ("individualFirstname", "First name"), ("individualLastname", "Last name"),
    ("email", "E-mail"), ("cellPhoneNumber", "Mobile phone"), ("birthDate", "Birth date"), ("language", "Language"),
    ("line1", "Street"), ("zipCode", "Post code"), ("town", "Town"), ("countryCode", "Country"),
)  # fmt: skip
STRUCTURE_EDITED_FIELDS = (("officialName", "Official name"), ("addressName1", "Service"), *EDITED_FIELDS[7:])
STATES = {"ACTIVE": "good", "ACCOUNT_DELETED": "bad"}


def contacts(machine: Machine, query: dict[str, str]) -> Reply:
    """`?q=` a number or an e-mail, `?page=`."""
    wanted, page = query.get("q", "").strip(), max(1, int(query.get("page", "1")))
    if wanted:
        found = machine.api.work.index.candidates({"email": wanted.lower()}, [])
        numbers = [wanted] if machine.world.knows(wanted) else [n for n in found if machine.world.knows(n)]
    else:
        start = (page - 1) * PAGE_SIZE
        numbers = list(islice(machine.world.numbers(), start, start + PAGE_SIZE))
    rows = [_contact_row(machine.contact(number)) for number in numbers[:PAGE_SIZE]]
    search = (
        f'<form class="row"><input name="q" value="{e(wanted)}" size="36" '
        'placeholder="contact number or e-mail" aria-label="contact number or e-mail"><button>Find</button></form>'
    )
    heads = ("Number", "Name", "E-mail", "Town", "Role", "State")
    more = "" if wanted else _pager("/contacts", page, more=len(numbers) == PAGE_SIZE)
    return page_reply("Contacts", f"<h2>Contacts</h2>{search}{table(heads, rows, 'Nobody found.')}{more}")


def contact(machine: Machine, number: str, said: str = "") -> Reply:
    """One contact: what S-360 holds, and a form as a clerk would have it."""
    payload = machine.contact(number)
    shown = orjson.dumps(payload, option=orjson.OPT_INDENT_2).decode()
    effects = machine.ledger.effects(number)[-10:][::-1]
    writes = [(f"{x.at:%H:%M:%S}", x.kind, e(", ".join(x.changed) or "nothing changed")) for x in effects]
    received = [(f"{d.at:%H:%M:%S}", _outcome(d), e(d.note)) for d in _sent(machine, number)]
    note = f'<p class="note good">{e(said)}</p>' if said else ""
    verbs = button(f"/forms/anonymise/{number}", "Anonymise", quiet=True)
    verbs += button(f"/forms/vanish/{number}", "Delete", quiet=True)
    left = f'<div class="card">{_form(number, payload)}{verbs}</div>'
    return page_reply(
        f"Contact {number}",
        f'{note}<h2>Contact {e(number)}</h2><div class="grid wide">{left}'
        f'<div><div class="card"><h3>As it is sent</h3><pre>{e(shown)}</pre></div>'
        f"<h2>Written by the CRM</h2>{table(('When', 'What', 'Fields'), writes, 'Nothing yet.')}"
        f"<h2>Sent to the receiver</h2>{table(('When', 'Answer', 'Note'), received, 'Not yet.')}</div></div>",
    )


def orders(machine: Machine, query: dict[str, str]) -> Reply:
    """Newest first."""
    page = max(1, int(query.get("page", "1")))
    last = machine.world.population.orders + machine.world.new_orders - (page - 1) * PAGE_SIZE
    ids = [machine.world.population.order_id(index) for index in range(last - 1, max(-1, last - 1 - PAGE_SIZE), -1)]
    rows = [_order_row(machine.order(order_id)) for order_id in ids]
    heads = ("Order", "Type", "State", "Contact", "Amount#", "Closed")
    body = table(heads, rows, "No orders.") + _pager("/orders", page, more=len(ids) == PAGE_SIZE)
    return page_reply("Orders", f"<h2>Orders</h2>{body}")


def order(machine: Machine, order_id: int) -> Reply:
    shown = orjson.dumps({"orderDetailsData": machine.order(order_id)}, option=orjson.OPT_INDENT_2).decode()
    return page_reply(f"Order {order_id}", f'<h2>Order {order_id}</h2><div class="card"><pre>{e(shown)}</pre></div>')


def deliveries(machine: Machine) -> Reply:
    rows = [
        (
            f"{d.at:%H:%M:%S}",
            e(d.stream),
            str(d.execution),
            f"{len(d.keys):,}",
            e(d.keys[0] if d.keys else ""),
            _outcome(d),
            e(d.note),
            f"{d.seconds * 1000:.0f} ms",
        )
        for d in machine.ledger.deliveries(last=200)[::-1]
    ]
    heads = ("When", "Stream", "Execution#", "Records#", "First", "Answer", "Note", "Took#")
    body = table(heads, rows, "Nothing was sent yet.")
    return page_reply("Deliveries", f"<h2>Last deliveries</h2>{body}")


def _contact_row(payload: Payload) -> tuple[str, ...]:
    person, number = payload.get("individualContact", {}), payload["contactNumber"]
    first, last = person.get("individualFirstname") or "", person.get("individualLastname") or ""
    name = payload.get("structureContact", {}).get("officialName") or f"{first} {last}"
    town = next((a.get("town") for a in payload.get("addresses", []) if a.get("isMain")), "")
    return (
        f'<a href="/contacts/{e(number)}"><code>{e(number)}</code></a>',
        e(name[:60]),
        e(person.get("email")),
        e(town),
        e(payload["role"]),
        pill(payload["state"], STATES.get(payload["state"], "warn")),
    )


def _order_row(payload: Payload) -> tuple[str, ...]:
    number = payload.get("contactReference")
    buyer = (
        f'<a href="/contacts/{e(number)}"><code>{e(number)}</code></a>'
        if number
        else '<span class="soft">nobody</span>'
    )
    amount = f"{payload['saleAmount'] / 1000:,.2f} {payload['catalogCurrency']['currencyCode']}"
    link = f'<a href="/orders/{payload["orderId"]}"><code>{payload["orderId"]}</code></a>'
    state = pill(payload["orderState"], "good" if payload["orderState"] == "CLOSED" else "warn")
    return link, e(payload["orderType"]), state, buyer, e(amount), e(payload["creationDateTime"][:16].replace("T", " "))


def _form(number: str, payload: Payload) -> str:
    is_structure = payload["type"] == "STRUCTURE"
    values = payload.get("structureContact" if is_structure else "individualContact", {})
    if "addresses" in payload:
        values = values | main_address(payload)
    shown = STRUCTURE_EDITED_FIELDS if is_structure else EDITED_FIELDS
    fields = "".join(_field(name, text, values.get(name)) for name, text in shown)
    consents = "".join(_consent(a["code"], a["authorized"]) for a in payload.get("authorizations", []))
    return (
        f'<h3>Edit as a clerk would</h3><form method="post" action="/forms/contact/{e(number)}">'
        f"{fields}{consents}<button>Save</button></form>"
    )


def _field(name: str, text: str, value: Any) -> str:
    if name == "individualTitle":
        options = "".join(f"<option{' selected' if t == value else ''}>{t}</option>" for t in KNOWN_TITLES)
        control = f'<select name="{name}">{options}</select>'
    else:
        control = f'<input name="{name}" value="{e(value)}">'
    return f'<label class="field"><span>{text}</span>{control}</label>'


def _consent(code: str, answer: Any) -> str:
    options = "".join(
        f'<option value="{value}"{" selected" if answer is meant else ""}>{text}</option>'
        for value, meant, text in (("yes", True, "yes"), ("no", False, "no"), ("none", None, "not answered"))
    )
    return f'<label class="field"><span>{e(code)}</span><select name="consent.{e(code)}">{options}</select></label>'


def _sent(machine: Machine, key: str) -> list[Any]:
    return [d for d in machine.ledger.deliveries(last=2000) if key in d.keys][-10:][::-1]


def _outcome(delivery: Any) -> str:
    return pill("200", "good") if delivery.accepted else pill(delivery.error[:60] or delivery.status, "bad")


def _pager(path: str, page: int, *, more: bool) -> str:
    back = f'<a href="{path}?page={page - 1}">← newer</a>' if page > 1 else ""
    onward = f'<a href="{path}?page={page + 1}">further →</a>' if more else ""
    return f'<p class="pager">{back}{onward}</p>'

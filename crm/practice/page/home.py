"""The first screen: contacts with search, orders, the last calls, live editing and the fault switches."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING

from crm.practice.hubspot.shapes import text
from crm.practice.ledger import Call
from crm.practice.look import search_records
from crm.practice.page.html import FRESH_S, ago, author, cell, clock_time, document, figure, options, section, table
from crm.practice.record import Record
from crm.practice.wire import Answer

if TYPE_CHECKING:
    from crm.practice.core import Core

CONTACTS_SHOWN, ORDERS_SHOWN, CALLS_SHOWN = 25, 15, 12
CONTACT_HEADS = ("Number", "Name", "E-mail", "Mobile", "Town", "Last written by", "")
ORDER_HEADS = ("Order", "Contact", "State", "Amount", "Products", "")


def home(core: Core, wanted: str) -> Answer:
    left = _contacts(core, wanted) + _orders(core, wanted)
    right = _calls(core) + _faults(core) + _people(core)
    return document("Practice CRM", header(core), f"<div>{left}</div><aside>{right}</aside>")


def header(core: Core) -> str:
    totals = core.ledger.totals()
    minute = sum(1 for call in list(core.ledger.calls)[-20_000:] if call.at > core.clock() - 60)
    doubles = len(core.ledger.duplicates()) + len(core.ledger.duplicates("orders"))
    figures = (
        figure(f"{totals['contacts']:,}", "contacts"),
        figure(f"{totals['orders']:,}", "orders"),
        figure(f"{minute:,}", "calls in the last minute"),
        figure(doubles, "numbers on two records", bad=doubles > 0),
    )
    title = '<h1><a href="/">Practice CRM</a></h1>'
    return f'{title}<div id="figures" data-live>{"".join(figures)}</div>'


def _contacts(core: Core, wanted: str) -> str:
    rows = [_contact_row(core, each) for each in search_records(core, "contacts", CONTACTS_SHOWN, wanted)]
    search = (
        f'<form class="row"><input type="search" name="q" value="{escape(wanted)}" autofocus '
        'placeholder="Number, name, e-mail, town ..."><button>Search</button></form>'
    )
    listed = table(CONTACT_HEADS, rows, empty="No contact yet. They appear here as the console pushes them.")
    note = "found" if wanted else "latest first"
    return section("search", "Find a contact", search) + section("contacts", "Contacts", listed, note=note, live=True)


def _contact_row(core: Core, record: Record) -> str:
    values = record.properties()
    name = " ".join(filter(None, (text(values.get("firstname")), text(values.get("lastname")))))
    link = f'<td><a href="/contacts/{record.id}">{escape(name or values.get("company") or "(no name)")}</a>'
    now, at = core.clock(), record.modified / 1000
    cells = (
        cell(values.get("s360_contact_number", "-"), "n"),
        link,
        cell(values.get("email")),
        cell(values.get("mobilephone")),
        cell(values.get("city")),
        f"<td>{author(record.author)}",
        cell(ago(at, now)),
    )
    return f"<tr{' class=fresh' if now - at < FRESH_S else ''}>{''.join(cells)}</tr>"


def _orders(core: Core, wanted: str) -> str:
    rows = [_order_row(core, each) for each in search_records(core, "orders", ORDERS_SHOWN, wanted)]
    return section("orders", "Orders", table(ORDER_HEADS, rows, empty="No order yet."), note="latest first", live=True)


def _order_row(core: Core, record: Record) -> str:
    values = record.properties()
    contact = core.store.contacts.rows.get(record.contact_id)
    number = core.store.contacts.key_of(contact) if contact else ""
    link = (
        f'<td class="n"><a href="/contacts/{contact.id}">{escape(number or str(contact.id))}</a>' if contact else "<td>"
    )
    amount = f"{values.get('hs_total_price', '')} {values.get('hs_currency_code', '')}".strip()
    state = values.get("s360_order_state") or values.get("hs_external_order_status")
    at = ago(record.modified / 1000, core.clock())
    cells = (cell(state), cell(amount, "n"), cell(values.get("s360_products")), cell(at))
    return f"<tr>{cell(values.get('s360_order_id'), 'n')}{link}{''.join(cells)}</tr>"


def _people(core: Core) -> str:
    rate = core.people.live_rate
    state = f"{rate:g} edits a second, {core.people.edits} so far" if rate else "nobody is editing"
    form = (
        '<form class="row" method="post" action="/live"><input class="short" name="per_second" '
        f'value="{rate:g}"> edits a second <button>Set</button></form>'
    )
    hint = '<p class="hint">Invented colleagues change a town, a phone, a job title of random contacts.</p>'
    return section("people", "People at work", form + hint, note=state)


def _faults(core: Core) -> str:
    items = "".join(_fault_item(each.id, f"{each.kind} on {each.face}", _left(each)) for each in core.faults.standing())
    items += "".join(
        _fault_item(each.id, f"refuses {each.field} = {each.value or 'any'}", "until lifted", lift="/rules/lift")
        for each in core.rules.standing()
    )
    standing = f'<ul class="plain">{items}</ul>' if items else '<p class="empty">Nothing is broken.</p>'
    return section("faults", "What goes wrong", standing, live=True) + section(
        "switch", "Break something", _forms(core)
    )


def _left(fault: object) -> str:
    count, share = getattr(fault, "count", None), getattr(fault, "probability", 1.0)
    return f"next {count} calls" if count is not None else f"{share:.0%} of calls"


def _fault_item(number: int, name: str, left: str, *, lift: str = "/faults/lift") -> str:
    button = f'<form method="post" action="{lift}"><button name="id" value="{number}">Lift</button></form>'
    return f'<li><span class="tag warn">{escape(left)}</span> {escape(name)}{button}</li>'


def _forms(core: Core) -> str:
    kinds = "".join(f'<option value="{kind}">{escape(line)}</option>' for kind, line in core.faults.kinds().items())
    fault = (
        '<form class="row" method="post" action="/faults">'
        f'<select name="face">{options(("*", "hubspot", "generic"))}</select><select name="kind">{kinds}</select>'
        '<input class="short" name="count" value="1" title="number of calls, or a share such as 5%"> calls '
        '<button class="main">Break</button></form>'
    )
    rule = (
        '<form class="row" method="post" action="/rules">Refuse contacts whose '
        f'<select name="field">{options(("email", "country", "city", "lastname", "mobilephone"))}</select> is '
        '<input class="short" name="value"><button>Refuse</button></form>'
    )
    return fault + rule + '<p class="hint">Calls: a number for the next ones, or a share such as 5%.</p>'


def _calls(core: Core) -> str:
    latest = list(core.ledger.calls)[-CALLS_SHOWN:]
    rows = [_call_row(each) for each in reversed(latest)]
    return section("calls", "Last calls", table(("At", "Call", "", "Answer"), rows, empty="None."), live=True)


def _call_kind(status: int | None) -> str:
    if status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "tag bad"
    return "tag none" if status < HTTPStatus.MULTIPLE_CHOICES else "tag warn"


def _call_row(call: Call) -> str:
    kind = _call_kind(call.status)
    answer = f'<td><span class="{kind}" title="{escape(call.fault)}">{call.status or "no answer"}</span>'
    path = call.path.removeprefix("/crm/objects/").removeprefix("/crm/")
    return f"<tr>{cell(clock_time(call.at), 'n')}{cell(f'{call.method} {path}')}{cell(call.records or '')}{answer}</tr>"

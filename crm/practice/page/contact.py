"""One contact: edit it as a person, its orders, and who wrote which value when."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import orjson

from crm.practice.hubspot.shapes import text
from crm.practice.page.home import header
from crm.practice.page.html import ago, author, cell, document, options, section, table
from crm.practice.people import NAMES
from crm.practice.record import Change, Record
from crm.practice.schema import Property
from crm.practice.wire import Answer

if TYPE_CHECKING:
    from crm.practice.core import Core

SHOWN = 8  # values of one change
FIRST = [
    "s360_contact_number",
    "s360_title",
    "firstname",
    "lastname",
    "email",
    "mobilephone",
    "phone",
    "birth_date",
    "preferred_language",
    "address",
    "address2",
    "zip",
    "city",
    "country",
    "company",
    "jobtitle",
    "consent_newsletter",
    "consent_partners",
    "consent_sms",
    "criterion_interests",
]


def contact(core: Core, record: Record) -> Answer:
    values = {name: text(value) or "" for name, value in record.properties().items()}
    name = f"{values.get('firstname', '')} {values.get('lastname', '')}".strip() or f"Contact {record.id}"
    left = section("edit", name, _form(core, record, values), note=f"id {record.id}") + _orders(core, record)
    right = _history(core, record) + _actions(record)
    return document(f"{name} - Practice CRM", header(core), f"<div>{left}</div><aside>{right}</aside>", single=True)


def _form(core: Core, record: Record, values: dict[str, str]) -> str:
    catalog = core.store.catalogs["contacts"].by_name
    names = [*FIRST, *(each for each in values if each not in FIRST)]
    known = [catalog[each] for each in names if each in catalog and not catalog[each].read_only]
    fields = "".join(_input(each, values.get(each.name, "")) for each in known)
    users = "".join(f'<option value="{number}">{escape(name)}</option>' for number, name in NAMES.items())
    save = f'<p>as <select name="user">{users}</select> <button class="main">Save</button></p>'
    return f'<form method="post" action="/contacts/{record.id}"><div class="fields">{fields}</div>{save}</form>'


def _input(prop: Property, value: str) -> str:
    label, name = escape(prop.label or prop.name.replace("_", " ")), escape(prop.name)
    if prop.options and prop.field_type != "checkbox":
        chosen = options(("", *prop.options), value)
        return f'<label>{label}<select name="{name}">{chosen}</select></label>'
    return f'<label>{label}<input name="{name}" value="{escape(value)}" autocomplete="off"></label>'


def _orders(core: Core, record: Record) -> str:
    orders = [each for each in core.store.orders.latest_first() if each.contact_id == record.id][:20]
    rows = []
    for order in orders:
        values = order.properties()
        amount = f"{values.get('hs_total_price', '')} {values.get('hs_currency_code', '')}".strip()
        state, products = values.get("s360_order_state"), values.get("s360_products")
        rows.append(
            f"<tr>{cell(values.get('s360_order_id'), 'n')}{cell(state)}{cell(amount, 'n')}{cell(products)}</tr>"
        )
    return section("orders", "Orders", table(("Order", "State", "Amount", "Products"), rows, empty="None."), live=True)


def _history(core: Core, record: Record) -> str:
    items = "".join(_change(core, each) for each in reversed(record.changes()))
    return section("history", "Who wrote what", f'<ul class="plain">{items}</ul>', live=True)


def _change(core: Core, change: Change) -> str:
    values = orjson.loads(change.blob)
    shown = ", ".join(f"{name} = {text(value) or '(cleared)'}" for name, value in list(values.items())[:SHOWN])
    more = f" and {len(values) - SHOWN} more" if len(values) > SHOWN else ""
    when = escape(ago(change.at / 1000, core.clock()))
    return f"<li>{author(change.source)} <small>{when}</small><br>{escape(shown + more)}</li>"


def _actions(record: Record) -> str:
    at = f"/contacts/{record.id}"
    body = (
        f'<form class="row" method="post" action="{at}/clone"><button>Clone</button>'
        '<span class="hint">two records with one number</span></form>'
        f'<form class="row" method="post" action="{at}/merge"><button>Merge</button> into id '
        '<input class="short" name="head"></form>'
        f'<form class="row" method="post" action="{at}/delete"><button class="bad">Delete</button></form>'
    )
    return section("actions", "More", body)

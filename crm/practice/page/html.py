"""Small pieces of HTML. Everything that comes from a record goes through `cell` or `escape`."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from html import escape
from typing import Any

from crm.practice.page.style import SCRIPT, STYLE
from crm.practice.record import Source
from crm.practice.wire import Answer

FRESH_S = 5


def document(title: str, header: str, main: str, *, single: bool = False) -> Answer:
    nonce = secrets.token_urlsafe(12)
    body = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style nonce="{nonce}">{STYLE}</style></head><body>'
        f"<header>{header}</header><main{' class=single' if single else ''}>{main}</main>"
        f'<script nonce="{nonce}">{SCRIPT}</script></body></html>'
    )
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; img-src data:"
    )
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
    return Answer(200, body.encode(), "text/html; charset=utf-8", headers)


def section(name: str, title: str, body: str, *, note: str = "", live: bool = False) -> str:
    small = f"<small>{escape(note)}</small>" if note else ""
    mark = " data-live" if live else ""
    return f'<section id="{name}"{mark}><h2>{escape(title)}{small}</h2>{body}</section>'


def table(heads: Iterable[str], rows: Iterable[str], *, empty: str) -> str:
    body = "".join(rows)
    if not body:
        return f'<p class="empty">{escape(empty)}</p>'
    return f'<div class="scroll"><table><tr>{"".join(f"<th>{each}" for each in heads)}</tr>{body}</table></div>'


def cell(value: Any, kind: str = "") -> str:
    text = escape(str(value)) if value not in (None, "") else ""
    return f'<td class="{kind}" title="{text}">{text}' if kind else f'<td title="{text}">{text}'


def figure(value: Any, name: str, *, bad: bool = False) -> str:
    return f'<div class="figure{" bad" if bad else ""}"><b>{escape(str(value))}</b>{escape(name)}</div>'


def author(source: Source) -> str:
    kind = "tag person" if source.is_person else "tag"
    return f'<span class="{kind}">{escape(source.label)}</span>'


def ago(at_s: float, now_s: float) -> str:
    seconds = max(0, int(now_s - at_s))
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago" if seconds else "now"


def clock_time(at_s: float) -> str:
    return time.strftime("%H:%M:%S", time.gmtime(at_s))


def options(values: Iterable[str], chosen: str = "") -> str:
    return "".join(
        f'<option value="{escape(each)}"{" selected" if each == chosen else ""}>{escape(each or "-")}</option>'
        for each in values
    )

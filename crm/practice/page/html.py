"""Small pieces of HTML. Everything that comes from a record goes through `cell` or `escape`."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterable
from html import escape
from typing import Any

from crm.practice.page.style import SCRIPT, STYLE
from crm.practice.record import Source
from crm.practice.wire import Answer

FRESH_S = 5


def _digest(inline: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode() + "'"


# Digests, not nonces: the script parses fresh copies of the page, where an older nonce would be refused.
_POLICY = (
    f"default-src 'none'; style-src {_digest(STYLE)}; script-src {_digest(SCRIPT)}; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; img-src data:"
)
_HEADERS = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store", "Referrer-Policy": "same-origin"}


def document(title: str, header: str, main: str, *, single: bool = False) -> Answer:
    kind = " class=single" if single else ""
    body = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<style>{STYLE}</style></head><body><header>{header}</header>"
        f"<main{kind}>{main}</main>"
        f"<script>{SCRIPT}</script></body></html>"
    )
    return Answer(200, body.encode(), "text/html; charset=utf-8", dict(_HEADERS))


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

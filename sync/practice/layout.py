"""The frame and the look of the practice S-360's pages. Everything is inline: one page, no other request."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from sync.practice.reply import Reply, html_reply

STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
CURRENT = ' aria-current="page"'
NAV = (("/", "What it is doing"), ("/contacts", "Contacts"), ("/orders", "Orders"), ("/deliveries", "Deliveries"))


def page_reply(title: str, body: str, status: int = 200) -> Reply:
    """A whole page around a body that is already safe HTML."""
    links = "".join(f'<a href="{path}"{CURRENT if text == title else ""}>{text}</a>' for path, text in NAV)
    return html_reply(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{e(title)} · practice S-360</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<link rel="icon" href="data:,"><style>{STYLE}</style></head><body><header><div class="in">'
        '<h1><a href="/">Practice S-360</a></h1><p>A rehearsal ticketing system: real HTTP, invented people, '
        f"nothing leaves this machine unless you point it there.</p><nav>{links}</nav></div></header>"
        f"<main>{body}</main></body></html>",
        status,
    )


def e(value: Any) -> str:
    """Safe text."""
    return escape("" if value is None else str(value))


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], empty: str) -> str:
    """Cells are safe HTML. A head that ends in `#` is a column of numbers."""
    if not rows:
        return f'<div class="card empty">{e(empty)}</div>'
    numeric = [' class="n"' if head.endswith("#") else "" for head in heads]
    top = "".join(f"<th{kind}>{e(head.rstrip('#'))}</th>" for head, kind in zip(heads, numeric, strict=True))
    lines = "".join(
        "<tr>" + "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(row, numeric, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table></div>'


def pill(text: Any, look: str = "") -> str:
    return f'<span class="pill {look}">{e(text)}</span>'


def button(action: str, text: str, *, quiet: bool = False, fields: str = "") -> str:
    """A form of one button; `fields` is safe HTML before it."""
    look = ' class="quiet"' if quiet else ""
    return f'<form class="row" method="post" action="{action}">{fields}<button{look}>{e(text)}</button></form>'


def figure(value: Any, text: str) -> str:
    shown = f"{value:,}" if isinstance(value, int) else e(value)
    return f'<div class="figure"><b>{shown}</b><span>{e(text)}</span></div>'


def soft(text: str) -> str:
    return f'<span class="soft">{e(text)}</span>'


def number_field(name: str, value: str, label: str, *, step: str = "any", placeholder: str = "") -> str:
    """A short field for a number from 0 up."""
    hint = f' placeholder="{e(placeholder)}"' if placeholder else ""
    attributes = f'type="number" min="0" step="{step}" value="{e(value)}" aria-label="{e(label)}"{hint}'
    return f'<input class="short" name="{name}" {attributes}>'

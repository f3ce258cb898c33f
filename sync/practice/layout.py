"""The frame and the look of the practice S-360's pages. Everything is inline: one page, no other request."""

from html import escape
from typing import Any

from sync.practice.reply import Reply, html_reply

STYLE = """
:root{--ink:#1d2433;--soft:#5d6880;--line:#e3e7ef;--paper:#fff;--back:#f4f6fa;--brand:#5b3cc4;--brand-soft:#ece8fb;
--good:#17794b;--good-soft:#e2f4ea;--bad:#b3261e;--bad-soft:#fbe6e4;--warn:#8a5a00;--warn-soft:#fdf1d8}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9f2;--soft:#98a2b8;--line:#2e3546;--paper:#1b202c;--back:#12161f;
--brand:#a493f5;--brand-soft:#2b2650;--good:#6fd6a2;--good-soft:#153527;--bad:#ff9c94;--bad-soft:#44201e;--warn:#f0c36b;
--warn-soft:#3c2f14}}
*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,-apple-system,
"Segoe UI",Roboto,sans-serif}header{background:linear-gradient(100deg,#3d2a94,#6d49d8);color:#fff;padding:18px 28px}
header .in,main{max-width:1180px;margin:0 auto}header a{color:#fff;text-decoration:none}header nav{margin-top:6px}
header nav a{margin-right:18px;opacity:.85}header nav a:hover{opacity:1;text-decoration:underline}h1{font-size:21px;margin:0}
header p{margin:2px 0 0;opacity:.85;font-size:14px}main{padding:22px 28px 60px}h2{font-size:16px;margin:28px 0 10px}
a{color:var(--brand)}.grid{display:grid;gap:16px;grid-template-columns:repeat(auto-fit,minmax(300px,1fr))}
.card{background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:16px 18px;min-width:0}
.card h3{margin:0 0 2px;font-size:15px}.soft{color:var(--soft);font-size:13px}.figures{display:flex;gap:22px;margin:12px 0}
.figure b{display:block;font-size:24px;line-height:1.15;font-variant-numeric:tabular-nums}.figure span{color:var(--soft);
font-size:12.5px}table{border-collapse:collapse;width:100%;background:var(--paper)}.scroll{overflow-x:auto;border:1px solid
var(--line);border-radius:12px}th,td{text-align:left;padding:8px 12px;border-bottom:1px solid var(--line);
white-space:nowrap}td.long{white-space:normal;word-break:break-word}tr:last-child td{border-bottom:0}th{font-size:12px;
color:var(--soft);font-weight:600;background:var(--back)}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.pill{display:inline-block;padding:1px 9px;border-radius:99px;font-size:12.5px;background:var(--brand-soft);
color:var(--brand)}.good{background:var(--good-soft);color:var(--good)}.bad{background:var(--bad-soft);color:var(--bad)}
.warn{background:var(--warn-soft);color:var(--warn)}form.row{display:flex;flex-wrap:wrap;gap:8px;align-items:center;
margin:6px 0 0}button{font:inherit;font-weight:600;border:1px solid var(--brand);background:var(--brand);color:var(--paper);
border-radius:8px;padding:6px 14px;cursor:pointer}button.quiet{background:transparent;color:var(--brand)}
button:hover{filter:brightness(1.08)}input,select{font:inherit;color:inherit;background:var(--paper);border:1px solid
var(--line);border-radius:8px;padding:6px 10px;min-width:0}input.short{width:96px}:focus-visible{outline:2px solid
var(--brand);outline-offset:2px}label.field{display:block;margin-bottom:12px}label.field span{display:block;
font-size:13px;color:var(--soft);margin-bottom:3px}label.field input,label.field select{width:100%}code,pre{font:13px/1.45
ui-monospace,SFMono-Regular,Menlo,monospace}pre{margin:0;overflow:auto;white-space:pre-wrap;word-break:break-word}
.note{padding:10px 14px;border-radius:10px;margin-bottom:16px}.empty{padding:22px;text-align:center;color:var(--soft)}
"""
NAV = (("/", "What it is doing"), ("/contacts", "Contacts"), ("/orders", "Orders"), ("/deliveries", "Deliveries"))


def page_reply(title: str, body: str, status: int = 200) -> Reply:
    """A whole page around a body that is already safe HTML."""
    links = "".join(f'<a href="{path}">{text}</a>' for path, text in NAV)
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


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]], empty: str) -> str:
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

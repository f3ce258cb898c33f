"""The first page: the three streams, the API, life inside, and buttons for each."""

from typing import Any

from sync.practice.faults import CALL_FAULTS, DELIVERY_FAULTS
from sync.practice.interface import Stream
from sync.practice.layout import button, e, figure, number_field, page_reply, pill, soft, table
from sync.practice.machine import Machine
from sync.practice.reply import Reply
from sync.practice.state import summary

WORDS = {"contacts": "Contacts", "orders": "Orders", "exports": "Data export"}
FAULTS = CALL_FAULTS | DELIVERY_FAULTS
COUNTERS = {
    "taken": "Taken",
    "succeeded": "Successful",
    "warnings": "Warnings",
    "errors": "Errors",
    "timeouts": "Timeouts",
    "not_processed": "Not processed",
    "given_up": "Given up",
}
# only the part that holds no form is exchanged, so that nobody loses what they are typing
REFRESH = """<script>setInterval(async()=>{try{const r=await fetch('/live');if(r.ok)
document.getElementById('live').innerHTML=await r.text()}catch(e){}},1500)</script>"""


def home(machine: Machine) -> Reply:
    return page_reply("What it is doing", f'<div id="live">{live(machine)}</div>{_controls(machine)}{REFRESH}')


def live(machine: Machine) -> str:
    """What changes by itself."""
    now = summary(machine)
    cards = "".join(_stream_card(name, stream) for name, stream in now["streams"].items())
    return f'<div class="grid">{cards}{_api_card(now)}</div><h2>Last executions</h2>{_executions(now)}'


def _stream_card(name: str, stream: dict[str, Any]) -> str:
    due = stream["next_in_seconds"]
    pace = f"every {stream['every_seconds']:g} s" if stream["every_seconds"] else "only when told to"
    when = "" if due is None else f", next in {due:.0f} s"
    to = e(stream["receiver"]) if stream["receiver"] else pill("no receiver yet", "warn")
    last = stream["executions"][0] if stream["executions"] else None
    outcome = "" if last is None else pill("all accepted", "good") if last["all_accepted"] else pill("refused", "bad")
    return (
        f'<div class="card"><h3>{WORDS[name]} {outcome}</h3><div class="soft">{pace}{when} · up to '
        f"{stream['per_execution']} per execution, {stream['per_post']} per POST</div>"
        f'<div class="figures">{figure(stream["waiting"], "waiting")}{figure(stream["on_its_way"], "on the way")}'
        f'{figure(last["succeeded"] if last else 0, "last accepted")}</div><div class="soft">to {to}</div></div>'
    )


def _api_card(now: dict[str, Any]) -> str:
    limit = now["api"]["limit"]
    most = limit["calls"] or "no limit"
    faults = " ".join(pill(f["kind"], "warn") for f in now["faults"]) or pill("no faults", "good")
    return (
        f'<div class="card"><h3>Backend API {faults}</h3><div class="soft">limit {most} in '
        f"{limit['window_seconds']:g} s ({e(limit['window'])}), then {limit['status']}</div>"
        f'<div class="figures">{figure(now["api"]["calls_in_window"], "calls now")}'
        f"{figure(now['totals'].get('effects create', 0), 'CRM creates')}"
        f"{figure(now['totals'].get('effects update', 0), 'CRM updates')}</div>"
        f'<div class="soft">{now["contacts"]:,} contacts, {now["orders"]:,} orders; '
        f"{now['edits']['per_second']:g} changes a second by themselves, {now['edits']['made']:,} so far</div></div>"
    )


def _executions(now: dict[str, Any]) -> str:
    every = [x for stream in now["streams"].values() for x in stream["executions"]]
    latest = sorted(every, key=lambda x: x["started_at"], reverse=True)[:12]
    rows = [
        (
            f"{x['started_at']:%H:%M:%S}",
            WORDS[x["stream"]],
            *(f"{x[counter]:,}" for counter in COUNTERS),
            f"{x['seconds']:.2f} s",
        )
        for x in latest
    ]
    heads = ("Started", "Stream", *(f"{text}#" for text in COUNTERS.values()), "Took#")
    return table(heads, rows, "No execution yet. Press “Execute now”, or set how often.")


def _controls(machine: Machine) -> str:
    streams = "".join(_stream_controls(machine, name) for name in machine.runners)
    return (
        f'<h2>Sending</h2><div class="grid">{streams}</div>'
        f'<h2>Life and trouble</h2><div class="grid wide">{_life(machine)}{_trouble()}</div>'
    )


def _stream_controls(machine: Machine, name: Stream) -> str:
    interface = machine.runners[name].interface
    every = "" if interface.every_seconds is None else f"{interface.every_seconds:g}"
    schedule = number_field("every_seconds", every, f"seconds between executions of {name}", placeholder="never")
    return (
        f'<div class="card"><h3>{WORDS[name]}</h3><div class="pressed">'
        f"{button(f'/forms/execute/{name}', 'Execute now')}"
        f"{button(f'/forms/flag/{name}', 'Flag all', quiet=True)}</div>"
        f"{button(f'/forms/schedule/{name}', 'Set', quiet=True, fields=schedule + soft('seconds between executions'))}"
        "</div>"
    )


def _life(machine: Machine) -> str:
    rate = number_field("per_second", f"{machine.editor.rate:g}", "changes a second")
    return (
        f'<div class="card"><h3>Life goes on</h3>{soft("Edits, new contacts and orders, by themselves; 0 stops it.")}'
        f'{button("/forms/edits", "Set", fields=rate + soft("changes a second"))}<div class="pressed">'
        f"{button('/forms/order', 'One new order', quiet=True)}"
        f"{button('/forms/newcomer', 'One new contact', quiet=True)}</div></div>"
    )


def _trouble() -> str:
    kinds = "".join(
        f'<option value="{kind}">{kind}: {e(text.replace("`", ""))}</option>' for kind, text in FAULTS.items()
    )
    times = number_field("times", "5", "how many times", step="1")
    seconds = number_field("seconds", "20", "seconds, for those that take time")
    fields = f'<select name="kind" aria-label="what goes wrong">{kinds}</select>{times}{soft("next times")}'
    fields += seconds + soft("seconds")
    return (
        '<div class="card"><h3>Let something go wrong</h3>'
        f"{soft('With calls of the API, or with our own deliveries.')}"
        f"{button('/forms/fault', 'Arm', fields=fields)}{button('/forms/calm', 'No more faults', quiet=True)}</div>"
    )

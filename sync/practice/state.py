"""One picture of what the practice S-360 is doing: for the control API and the page alike."""

import time
from typing import Any
from urllib.parse import urlsplit

from sync.practice.execution import Execution
from sync.practice.interface import STREAMS, Stream
from sync.practice.machine import Machine


def summary(machine: Machine) -> dict[str, Any]:
    """Plain JSON values. Receiver URLs are shown without their path, which holds a secret."""
    population = machine.world.population
    return {
        "seed": population.seed,
        "contacts": population.contacts + machine.world.new_contacts - len(machine.world.gone),
        "orders": population.orders + machine.world.new_orders,
        "edits": {"per_second": machine.editor.rate, "made": machine.editor.made},
        "streams": {stream: _stream(machine, stream) for stream in STREAMS},
        "api": {
            "calls_in_window": machine.api.throttle.in_window(),
            "limit": machine.api.throttle.limit.as_json(),
            "rewrites": sorted(machine.api.work.saving.rewrites),
            "operator": machine.api.auth.credentials.operator,
        },
        "faults": machine.faults.standing(),
        "totals": dict(machine.ledger.totals),
    }


def _stream(machine: Machine, stream: Stream) -> dict[str, Any]:
    runner = machine.runners[stream]
    interface, next_at = runner.interface, machine.schedulers[stream].next_at
    return {
        "receiver": _without_secret(interface.url),
        "every_seconds": interface.every_seconds,
        "per_execution": interface.per_execution,
        "per_post": interface.per_post,
        "waiting": len(runner.firehose),
        "on_its_way": runner.firehose.on_its_way,
        "held": runner.held,
        "next_in_seconds": max(0.0, next_at - time.time()) if next_at else None,
        "executions": [_brief(execution) for execution in runner.executions[-10:][::-1]],
    }


def _brief(execution: Execution) -> dict[str, Any]:
    values = execution.as_json()
    return values | {"deliveries": len(execution.deliveries), "given_up": len(execution.given_up)}


def _without_secret(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}/…" if url else ""

"""What of a running practice S-360 is kept, and how it is taken up again after a restart. Faults are not kept."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from sync.practice.api_auth import Credentials
from sync.practice.interface import STREAMS
from sync.practice.store import Store
from sync.practice.throttle import Limit

if TYPE_CHECKING:
    from sync.practice.machine import Machine


def save(machine: "Machine", store: Store) -> None:
    """Everything that changed since the last time. Called by the store, inside its transaction."""
    world = machine.world
    with world.lock:
        unsaved, world.unsaved = world.unsaved, set()
        rows = [(stream, key, world.changed[stream][key]) for stream, key in unsaved if stream in world.changed]
        rows += [("gone", key, world.gone[key].encode()) for stream, key in unsaved if stream == "gone"]
        counters = {"new_contacts": world.new_contacts, "new_orders": world.new_orders, "made": machine.editor.made}
    store.put_records(rows)
    store.put_setting("counters", counters)
    store.put_setting("population", _population(machine))
    for stream, runner in machine.runners.items():
        waiting, settled = runner.firehose.take_unsaved()
        store.put_tickets(stream, waiting, settled)
        store.put_lines(stream, runner.log.take_unsaved())
        store.put_setting(stream, runner.interface.as_json() | {"last_number": runner.last_number})
    api = machine.api
    rules = {"credentials": asdict(api.auth.credentials), "limit": api.throttle.limit.as_json()}
    store.put_setting("api", rules | {"rewrites": sorted(api.work.saving.rewrites)})
    store.put_ledger(machine.ledger.take_unsaved())


def restore(machine: "Machine", store: Store) -> None:
    """Take up what was kept. Raises ValueError when the directory belongs to another population."""
    kept = store.setting("population")
    if kept is None:
        return
    if kept != _population(machine):
        raise ValueError(
            f"this directory holds another population: {kept}; use its seed and sizes, or another directory"
        )
    world, counters = machine.world, store.setting("counters")
    for stream in ("contacts", "orders"):
        world.changed[stream] = store.records(stream)
    world.gone = {key: head.decode() for key, head in store.records("gone").items()}
    world.new_contacts, world.new_orders = counters["new_contacts"], counters["new_orders"]
    machine.editor.made = counters["made"]
    for stream in STREAMS:
        runner, settings = machine.runners[stream], store.setting(stream)
        runner.last_number = settings.pop("last_number")
        settings.pop("stream")
        runner.interface = runner.interface.changed(settings)
        runner.firehose.restore(store.tickets(stream))
        runner.log.restore(store.lines(stream))
    rules = store.setting("api")
    machine.api.auth.credentials = Credentials(**rules["credentials"])
    machine.api.throttle.limit = Limit(**rules["limit"])
    machine.api.work.saving.rewrites = frozenset(rules["rewrites"])
    machine.ledger.restore(store.deliveries(), store.effects())


def _population(machine: "Machine") -> dict[str, int]:
    population = machine.world.population
    return {"seed": population.seed, "contacts": population.contacts, "orders": population.orders}

"""The practice S-360 without its web server: every verb a test, the control API or the page can use."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from sync.practice.auth import WebhookAuth
from sync.practice.backend_api import BackendApi
from sync.practice.editing import LiveEditor
from sync.practice.execution import Execution
from sync.practice.faults import Fault, Faults
from sync.practice.fields import Payload
from sync.practice.firehose import Ticket
from sync.practice.interface import STREAMS, Interface, Stream, default_interfaces
from sync.practice.interface_log import InterfaceLog
from sync.practice.ledger import Delivery, Ledger
from sync.practice.persistence import restore, save
from sync.practice.population import Population
from sync.practice.rewriting import REWRITES
from sync.practice.scheduler import Scheduler
from sync.practice.store import Store
from sync.practice.stream_runner import StreamRunner
from sync.practice.throttle import Limit
from sync.practice.world import World


class Machine:
    """One institution. Nothing is sent before `point`; nothing is queued before a change or a flag."""

    def __init__(self, *, seed: int = 1, contacts: int = 200, orders: int = 80, data: str | Path | None = None) -> None:
        self.world = World(Population(seed, contacts, orders), self._changed)
        self.ledger = Ledger()
        self.faults = Faults(seed)
        self.runners: dict[Stream, StreamRunner] = {
            stream: StreamRunner(interface, self.world, self.ledger, self.faults)
            for stream, interface in default_interfaces().items()
        }
        self.schedulers = {stream: Scheduler(runner) for stream, runner in self.runners.items()}
        self.api = BackendApi(self.world, self.ledger, self.faults)
        self.editor = LiveEditor(self.world)
        self._store = Store(Path(data), lambda store: save(self, store)) if data else None
        if self._store is not None:
            try:
                restore(self, self._store)
            except ValueError:
                self._store.abandon()
                raise

    def start(self) -> None:
        for scheduler in self.schedulers.values():
            scheduler.start()
        if self._store is not None:
            self._store.start()

    def stop(self) -> None:
        """Finish the post under way, keep the state, let every waiting caller go."""
        self.editor.stop()
        self.api.stopping.set()
        for runner in self.runners.values():
            runner.stopping.set()
        for scheduler in self.schedulers.values():
            scheduler.stop()
        for runner in self.runners.values():
            runner.close()
        if self._store is not None:
            self._store.close()

    # where and how to send

    def point(
        self,
        *,
        contacts: str | None = None,
        orders: str | None = None,
        exports: str | None = None,
        auth: WebhookAuth | None = None,
    ) -> None:
        """Set the receiver of each stream; what is left out stays. `auth` is for those named."""
        for stream, url in zip(STREAMS, (contacts, orders, exports), strict=True):
            if url is not None:
                self.configure(stream, url=url, **({"auth": auth} if auth else {}))

    def configure(self, stream: Stream, **settings: Any) -> Interface:
        """Change settings of an interface; see `Interface`. Raises ValueError naming the wrong one."""
        runner = self.runners[stream]
        runner.interface = runner.interface.changed(settings)
        if "every_seconds" in settings:
            self.schedulers[stream].reschedule()
        return runner.interface

    def flag(self, stream: Stream, keys: Iterable[str | int]) -> int:
        """Queue these as SecuTix does on request; answers how many were not queued yet."""
        return self.runners[stream].firehose.add(str(key) for key in keys)

    def flag_all(self, stream: Stream) -> int:
        """The initial import of this stream."""
        return self.flag(stream, self.world.order_ids() if stream == "orders" else self.world.numbers())

    def execute(self, stream: Stream, *, hold: bool = False) -> Execution:
        """One execution now, waited for. With `hold`, arrays are read but stay here until `release`."""
        return self.runners[stream].execute(hold=hold)

    def release(self, stream: Stream) -> Execution:
        return self.runners[stream].release()

    def replay(self, sequence: int) -> Delivery:
        """Send an earlier delivery again, byte for byte. Raises LookupError when it is too long ago."""
        delivery = next((d for d in self.ledger.deliveries() if d.sequence == sequence), None)
        if delivery is None:
            raise LookupError(f"no delivery {sequence}")
        return next(r for r in self.runners.values() if r.interface.stream == delivery.stream).replay(sequence)

    def queue(self, stream: Stream, limit: int | None = None) -> list[Ticket]:
        return self.runners[stream].firehose.waiting(limit)

    def log(self, stream: Stream) -> InterfaceLog:
        return self.runners[stream].log

    # what happens inside S-360

    def numbers(self) -> list[str]:
        return list(self.world.numbers())

    def order_ids(self) -> list[int]:
        return list(self.world.order_ids())

    def contact(self, number: str) -> Payload:
        """The present state. Raises UnknownRecordError."""
        return self.world.contact(number)

    def order(self, order_id: int) -> Payload:
        return self.world.order(order_id)

    def edit(self, number: str, **changes: Any) -> Payload:
        """A clerk's edit, by wire names: `edit(n, email="a@example.org", town="Gent")`; see `fields.apply_changes`."""
        return self.world.edit(number, changes)

    def create_contact(self, **changes: Any) -> str:
        """A contact with exactly these fields; answers its number. Without any: the next invented newcomer."""
        contact = self.world.create(changes) if changes else self.world.add_newcomer()
        number: str = contact["contactNumber"]
        return number

    def anonymise(self, number: str) -> None:
        self.world.anonymise(number)

    def merge(self, absorbed: str, *, into: str) -> None:
        """The head is sent as an ordinary update; the absorbed number just stops existing."""
        self.world.remove(absorbed, merged_into=into)

    def vanish(self, number: str) -> None:
        """Delete a prospect: nothing is ever sent about it."""
        self.world.remove(number)

    def add_order(self, **changes: Any) -> int:
        """A new order, by wire names; None removes a field: `add_order(contactReference=None)`. Answers its id."""
        order_id: int = self.world.add_order(changes)["orderId"]
        return order_id

    def edit_order(self, order_id: int, **changes: Any) -> Payload:
        return self.world.edit_order(order_id, changes)

    def edit_rate(self, per_second: float) -> None:
        """Let life go on by itself at this many changes a second; 0 stops it."""
        self.editor.set_rate(per_second)

    # what goes wrong, and the rules of the API

    def fault(self, kind: str, **how: Any) -> Fault:
        """Let something go wrong; see `faults`. Raises ValueError naming what is not understood."""
        fault = Fault.parse({"kind": kind, **how})
        self.faults.add(fault)
        return fault

    def clear_faults(self) -> None:
        self.faults.clear()

    def limit(self, calls: int | None, **rules: Any) -> Limit:
        """Change the API's limit while it runs; see `Limit`."""
        self.api.throttle.limit = replace(self.api.throttle.limit, calls=calls, **rules)
        return self.api.throttle.limit

    def rewrite(self, *names: str) -> None:
        """Exactly these rewrites are applied to what the API is given; see `rewriting.REWRITES`."""
        unknown = set(names) - REWRITES.keys()
        if unknown:
            raise ValueError(f"unknown rewrites {sorted(unknown)}; known: {', '.join(REWRITES)}")
        self.api.work.saving.rewrites = frozenset(names)

    def reset(self, part: Literal["all", "queues", "ledger", "faults"] = "all") -> None:
        """Back to the seed (`all`), or only empty the queues, the ledger or the faults."""
        if part in ("all", "faults"):
            self.faults.clear()
        if part in ("all", "ledger"):
            self.ledger.clear()
        if part in ("all", "queues"):
            for runner in self.runners.values():
                runner.forget()
        if part == "all":
            self.world.reset()
            self.api.work.index.forget()
        if self._store is not None and part in ("all", "ledger"):
            self._store.start_over(everything=part == "all")

    def _changed(self, stream: str, key: str) -> None:
        if stream == "orders":
            self.runners["orders"].firehose.add([key])
            return
        self.runners["contacts"].firehose.add([key])
        self.api.work.index.note(key)
        if self.runners["exports"].interface.url:  # a query nobody receives keeps no list of what is new
            self.runners["exports"].firehose.add([key])

"""The executions of one stream: take up to S identifiers, send arrays of at most bs, settle each array by its answer.

S-360's rules (platform.secutix.com, webhook): exactly 200 accepts the whole array; anything else is tried again in
the next execution, twelve times in all, and then only the interface log remembers.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sync.practice.execution import Execution
from sync.practice.faults import Faults
from sync.practice.firehose import Firehose, Ticket
from sync.practice.interface import Interface
from sync.practice.interface_log import InterfaceLog
from sync.practice.ledger import Delivery, Ledger
from sync.practice.outbound import read_records, write_array
from sync.practice.sender import Answer, Sender
from sync.practice.world import World


@dataclass(slots=True)
class Parcel:
    """An array on its way: read once, sent once (or twice, or later, when asked)."""

    tickets: list[Ticket]
    body: bytes
    release_at: int = 0  # execution number; 0 means when told to
    note: str = ""


class StreamRunner:
    """Runs the executions of one stream, one at a time."""

    def __init__(self, interface: Interface, world: World, ledger: Ledger, faults: Faults) -> None:
        self.interface = interface
        self.firehose = Firehose()
        self.log = InterfaceLog()
        self.executions: list[Execution] = []
        self.stopping = threading.Event()
        self.last_number = 0
        self._world, self._ledger, self._faults = world, ledger, faults
        self._sender = Sender()
        self._one_at_a_time = threading.Lock()
        self._held: list[Parcel] = []

    def execute(self, *, hold: bool = False) -> Execution:
        """One execution, now. With `hold`, every array is read but kept until `release`."""
        with self._one_at_a_time:
            return self._run(lambda execution: self._send_queue(execution, hold=hold))

    def release(self) -> Execution:
        """Send what is held, in the state it was read in."""
        with self._one_at_a_time:
            return self._run(lambda execution: self._send_held(execution, everything=True))

    def replay(self, sequence: int) -> Delivery:
        """Send the body of an earlier delivery again, byte for byte. Its records' queue entries are untouched."""
        body = self._ledger.body(sequence)
        keys = next(d.keys for d in self._ledger.deliveries() if d.sequence == sequence)
        with self._one_at_a_time:
            return self._record(self.last_number, keys, body, self._sender.post(self.interface, body), "replayed")

    def close(self) -> None:
        """Between two posts, not within one; then the connection is given back."""
        self.stopping.set()
        with self._one_at_a_time:
            self._sender.close()

    def forget(self) -> None:
        with self._one_at_a_time:
            self.firehose.discard_all()
            self._held.clear()
            self.executions.clear()

    @property
    def held(self) -> int:
        return sum(len(parcel.tickets) for parcel in self._held)

    # inside

    def _run(self, work: Callable[[Execution], None]) -> Execution:
        self.last_number += 1
        execution = Execution(self.last_number, self.interface.stream, datetime.now(UTC))
        self.log.write("Info", f"Execution {execution.number} started")
        work(execution)
        execution.seconds = (datetime.now(UTC) - execution.started_at).total_seconds()
        self.log.write("Info", execution.summary)
        self.executions = [*self.executions[-199:], execution]
        return execution

    def _send_queue(self, execution: Execution, *, hold: bool) -> None:
        if not self.interface.url:
            execution.not_processed = len(self.firehose)
            self.log.write("Warning", "No receiver URL: nothing was sent, nothing was tried")
            return
        tickets = self.firehose.take(self.interface.per_execution)
        execution.taken = len(tickets)
        size = self.interface.per_post
        arrays = [tickets[start : start + size] for start in range(0, len(tickets), size)]
        if self._faults.draw_delivery("reordered", self.interface.stream):
            arrays.reverse()
        for array in arrays:
            self._send_array(execution, array, hold=hold)
        self._send_held(execution, everything=False)

    def _send_array(self, execution: Execution, tickets: list[Ticket], *, hold: bool) -> None:
        if self.stopping.is_set():
            execution.not_processed += len(tickets)
            self.firehose.put_back(tickets)
            return
        records = read_records(self._world, self.interface, [ticket.key for ticket in tickets])
        gone = [ticket for ticket in tickets if ticket.key not in records]
        for ticket in gone:
            self.log.write("Warning", f"{ticket.key}: deleted before it was sent")
        execution.warnings += len(gone)
        self.firehose.settle(gone)
        present = [ticket for ticket in tickets if ticket.key in records]
        if self.interface.version == "V1":
            self._send_identifiers(execution, present)
        elif present:
            body = write_array(self.interface, list(records.values()))
            self._send_or_hold(execution, Parcel(present, body), hold=hold)

    def _send_or_hold(self, execution: Execution, parcel: Parcel, *, hold: bool) -> None:
        stream = self.interface.stream
        held = self._faults.draw_delivery("held", stream) if not hold else None
        if hold or held:
            parcel.release_at = execution.number + held.executions if held else 0
            parcel.note = "held"
            execution.held += len(parcel.tickets)
            self._held.append(parcel)
            return
        if self._faults.draw_delivery("doubled", stream):
            self._post(execution, parcel, "doubled")
        self._settle(execution, parcel.tickets, self._post(execution, parcel, ""))

    def _send_held(self, execution: Execution, *, everything: bool) -> None:
        due = [p for p in self._held if everything or 0 < p.release_at <= execution.number]
        self._held = [p for p in self._held if p not in due]
        for parcel in due:
            execution.taken += len(parcel.tickets)
            self._settle(execution, parcel.tickets, self._post(execution, parcel, parcel.note))

    def _send_identifiers(self, execution: Execution, tickets: list[Ticket]) -> None:
        for ticket in tickets:
            answer = self._sender.post_identifier(self.interface, ticket.key)
            delivery = self._record(execution.number, (ticket.key,), b"", answer, "")
            execution.deliveries.append(delivery)
            self._settle(execution, [ticket], delivery)

    def _post(self, execution: Execution, parcel: Parcel, note: str) -> Delivery:
        cut = self._faults.draw_delivery("no_reply", self.interface.stream) is not None
        answer = self._sender.post(self.interface, parcel.body, waits_for_answer=not cut)
        if cut:  # even if the answer was faster than our impatience, this S-360 did not see it
            answer = Answer(None, "timeout: the answer was not waited for", answer.seconds)
        keys = tuple(ticket.key for ticket in parcel.tickets)
        delivery = self._record(execution.number, keys, parcel.body, answer, "no_reply" if cut else note)
        execution.deliveries.append(delivery)
        return delivery

    def _record(self, number: int, keys: tuple[str, ...], body: bytes, answer: Answer, note: str) -> Delivery:
        sequence = self._ledger.next_sequence("delivery")
        delivery = Delivery(
            sequence, self.interface.stream, number, datetime.now(UTC), keys, len(body),
            answer.status, answer.error, answer.seconds, note,
        )  # fmt: skip
        self._ledger.add_delivery(delivery, body)
        return delivery

    def _settle(self, execution: Execution, tickets: list[Ticket], delivery: Delivery) -> None:
        if delivery.accepted:
            execution.succeeded += len(tickets)
            self.firehose.settle(tickets)
            return
        if delivery.timed_out:
            execution.timeouts += len(tickets)
        else:
            execution.errors += len(tickets)
        said = delivery.error or f"HTTP {delivery.status}"
        self.log.write("Error", f"{len(tickets)} refused, first {tickets[0].key}: {said}")
        for key in self.firehose.refuse(tickets, self.interface.max_attempts):
            execution.given_up.append(key)
            self.log.write("Error", f"{key}: given up after {self.interface.max_attempts} attempts")

"""What really happened, as S-360 saw it: the only place tests count effects.

Deliveries are what we posted and how it was answered; calls are what reached our API, by arrival; effects are what
those calls changed. Nothing here is ever corrected afterwards, except that a call learns its outcome.
"""

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Literal

KEPT = 20_000  # deliveries and calls; effects are all kept, they are what is counted
KEPT_BODY_BYTES = 32_000_000  # of the latest deliveries, for replays


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST tried. `status` is None when there was no answer, and `error` then says why."""

    sequence: int
    stream: str
    execution: int
    at: datetime
    keys: tuple[str, ...]
    size: int
    status: int | None
    error: str
    seconds: float
    note: str = ""  # doubled, held, replayed, no_reply

    @property
    def accepted(self) -> bool:
        """Exactly 200; every other answer is a refusal."""
        return self.status == HTTPStatus.OK and not self.error

    @property
    def timed_out(self) -> bool:
        return self.error.startswith("timeout")


@dataclass(slots=True)
class Call:
    """One request to the API. `status` stays None when it was never answered."""

    sequence: int
    at: datetime
    arrived: float  # the clock the limit is counted by
    service: str
    method: str
    number: str
    request: dict[str, Any]
    status: int | None = None
    status_code: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """One write that was carried out. `changed` maps a field to [before, after]; empty means it was needless."""

    sequence: int
    at: datetime
    call: int
    kind: Literal["create", "update"]
    number: str
    sent: dict[str, Any]
    changed: dict[str, list[Any]]
    ignored: list[str]


class Ledger:
    """Append-only; safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._deliveries: deque[Delivery] = deque(maxlen=KEPT)
        self._calls: deque[Call] = deque(maxlen=KEPT)
        self._effects: list[Effect] = []
        self._bodies: OrderedDict[int, bytes] = OrderedDict()
        self._body_bytes = 0
        self.totals: Counter[str] = Counter()
        self.unsaved: deque[Delivery | Effect] = deque(maxlen=KEPT)  # bounded: there may be no store to empty it
        self._last = Counter[str]()

    def next_sequence(self, of: str) -> int:
        with self._lock:
            self._last[of] += 1
            return self._last[of]

    def add_delivery(self, delivery: Delivery, body: bytes = b"") -> None:
        with self._lock:
            self._keep_body(delivery.sequence, body)
            self._deliveries.append(delivery)
            self.unsaved.append(delivery)
            outcome = "accepted" if delivery.accepted else "refused"
            self.totals[f"{delivery.stream} deliveries {outcome}"] += 1
            self.totals[f"{delivery.stream} records {outcome}"] += len(delivery.keys)

    def add_call(self, call: Call) -> None:
        with self._lock:
            self._calls.append(call)
            self.totals["calls"] += 1

    def add_effect(self, effect: Effect) -> None:
        with self._lock:
            self._effects.append(effect)
            self.unsaved.append(effect)
            self.totals[f"effects {effect.kind}"] += 1

    # reading

    def deliveries(self, stream: str = "", last: int | None = None) -> list[Delivery]:
        """Oldest first."""
        with self._lock:
            found = [d for d in self._deliveries if stream in ("", d.stream)]
        return found[-last:] if last else found

    def calls(self, method: str = "") -> list[Call]:
        with self._lock:
            return [c for c in self._calls if method in ("", c.method)]

    def effects(self, number: str = "") -> list[Effect]:
        with self._lock:
            return [e for e in self._effects if number in ("", e.number)]

    def creates(self) -> list[Effect]:
        return [e for e in self.effects() if e.kind == "create"]

    def needless(self) -> list[Effect]:
        """Updates that changed nothing: repeats, or echoes sent back."""
        return [e for e in self.effects() if e.kind == "update" and not e.changed]

    def body(self, sequence: int) -> bytes:
        """What this delivery carried. Raises LookupError when it is too long ago."""
        with self._lock:
            return self._bodies[sequence]

    def received(self, key: str) -> list[Delivery]:
        """Accepted deliveries that carried this record."""
        return [d for d in self.deliveries() if d.accepted and key in d.keys]

    def most_calls_within(self, seconds: float = 60.0) -> int:
        """The fullest sliding window, counted by arrival, refused calls included."""
        most, window = 0, deque[float]()
        for arrived in self._arrivals():
            window.append(arrived)
            while window[0] <= arrived - seconds:
                window.popleft()
            most = max(most, len(window))
        return most

    def _keep_body(self, sequence: int, body: bytes) -> None:
        self._bodies[sequence] = body
        self._body_bytes += len(body)
        while self._body_bytes > KEPT_BODY_BYTES:
            self._body_bytes -= len(self._bodies.popitem(last=False)[1])

    def _arrivals(self) -> Iterator[float]:
        return iter(sorted(call.arrived for call in self.calls()))

    def restore(self, deliveries: list[Delivery], effects: list[Effect]) -> None:
        for delivery in deliveries:
            self.add_delivery(delivery)
        for effect in effects:
            self.add_effect(effect)
        self._last["delivery"] = max((d.sequence for d in deliveries), default=0)
        self._last["effect"] = max((e.sequence for e in effects), default=0)
        self.unsaved.clear()

    def take_unsaved(self) -> list[Delivery | Effect]:
        with self._lock:
            unsaved = list(self.unsaved)
            self.unsaved.clear()
            return unsaved

    def clear(self) -> None:
        with self._lock:
            self._deliveries.clear()
            self._calls.clear()
            self._effects.clear()
            self._bodies.clear()
            self._body_bytes = 0
            self.totals.clear()
            self.unsaved.clear()

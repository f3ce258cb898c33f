"""Which call goes wrong, and how: a list of faults, each for the next N calls or a share of all calls."""

from __future__ import annotations

import inspect
import random
import threading
from dataclasses import asdict, dataclass, field
from typing import Any

from crm.practice.misbehaviour import KINDS, SHOWN
from crm.practice.wire import Request


class UnknownFaultError(ValueError):
    """A kind of fault or a parameter that does not exist, or a face or share that makes no sense."""


@dataclass
class Fault:
    """face: hubspot, generic or *. path: a piece of "METHOD /path". count None: until lifted."""

    face: str
    kind: str
    path: str = ""
    count: int | None = 1
    probability: float = 1.0
    params: dict[str, Any] = field(default_factory=dict)
    id: int = 0
    hits: int = 0

    def matches(self, face: str, target: str) -> bool:
        return self.face in (face, "*") and self.path in target and self.count != 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class FaultBook:
    """The first fault in the book that matches a call has it."""

    def __init__(self, seed: int | None = None) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._random = random.Random(seed)  # noqa: S311 - a share of calls, not a secret
        self._next_id = 1

    def add(self, fault: Fault) -> Fault:
        """Raises UnknownFaultError."""
        if fault.kind not in KINDS:
            raise UnknownFaultError(f"There is no fault {fault.kind}. Known: {', '.join(sorted(KINDS))}.")
        try:
            inspect.signature(KINDS[fault.kind]).bind(None, **fault.params)
        except TypeError as error:
            raise UnknownFaultError(f"{fault.kind}: {error}.") from error
        if fault.face not in ("hubspot", "generic", "*") or not 0 <= fault.probability <= 1:
            raise UnknownFaultError("face is hubspot, generic or *; probability lies between 0 and 1.")
        with self._lock:
            fault.id, self._next_id = self._next_id, self._next_id + 1
            self._faults.append(fault)
        return fault

    def pick(self, face: str, request: Request) -> Fault | None:
        if not self._faults:
            return None
        target = f"{request.method} {request.path}"
        with self._lock:
            for fault in self._faults:
                if fault.matches(face, target) and self._random.random() < fault.probability:
                    self._take(fault)
                    return fault
        return None

    def _take(self, fault: Fault) -> None:
        fault.hits += 1
        if fault.count is not None:
            fault.count -= 1
            if fault.count == 0:
                self._faults.remove(fault)

    def lift(self, fault_id: int | None = None) -> None:
        """End one fault, or all of them."""
        with self._lock:
            self._faults = [each for each in self._faults if fault_id is not None and each.id != fault_id]

    def standing(self) -> list[Fault]:
        with self._lock:
            return list(self._faults)

    @staticmethod
    def kinds() -> dict[str, str]:
        """Every kind with a line for people."""
        return SHOWN

"""Faults on demand: what goes wrong, with which call, how often.

To add a kind: name it in one of the two tables and act on it in `faulty_reply` (our answers) or `execution` (our
deliveries).
"""

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from random import Random
from typing import Any

CALL_FAULTS = {
    "late": "does the work, answers after `seconds`",
    "late_work": "does the work after `seconds`, when the caller may have given up, then answers",
    "hang": "does the work, never answers (closes after `seconds`)",
    "reset": "cuts the connection; the work is done if `applied`",
    "status": "answers HTTP `status` (5xx); the work is done if `applied`",
    "throttled": "answers HTTP `status` (509 or 429), with `retry_after` when given",
    "refusal": "HTTP 200 with the failing statusCode in `detail`; nothing is done",
    "unauthorized": "answers HTTP `status` (401 or 403); nothing is done",
    "garbage": "does the work if `applied`, answers HTTP 200 with `body`, which is not JSON",
    "endless": "does the work if `applied`, then answers without end, with a pause of `seconds`",
    "bomb": "does the work if `applied`, then answers 50 MB packed into a few kB of gzip",
}
DELIVERY_FAULTS = {
    "doubled": "the same array is posted twice",
    "held": "the array is read now and posted after the arrays of a later execution",
    "reordered": "the arrays of the execution are posted in another order",
    "no_reply": "the array is posted, the answer is not waited for: refused, as S-360 sees it",
}
DEFAULT_STATUS = {"status": 500, "throttled": 509, "unauthorized": 401}


@dataclass(frozen=True, slots=True)
class Fault:
    """`times`: the next N matching calls (None: as long as it stands). `probability`: of each matching one.

    `method`, `number` and `stream` narrow it down to one API method, one contact or order, one stream.
    """

    kind: str
    times: int | None = None
    probability: float = 1.0
    method: str = ""
    number: str = ""
    stream: str = ""
    seconds: float = 0.0
    status: int = 0
    retry_after: str | None = None
    applied: bool = False
    detail: str = "PRACTICE_REFUSED"
    body: str = "<html><body><h1>502</h1></body></html>"
    executions: int = 1  # `held`: released after the arrays of the execution so many later

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> "Fault":
        """Raises ValueError naming the member that is wrong."""
        known = {f.name for f in fields(cls)}
        unknown = set(values) - known
        if unknown:
            raise ValueError(f"a fault has no {sorted(unknown)}; it has {', '.join(sorted(known))}")
        if values.get("kind") not in CALL_FAULTS | DELIVERY_FAULTS:
            raise ValueError(f"unknown fault {values.get('kind')!r}; known: {', '.join(CALL_FAULTS | DELIVERY_FAULTS)}")
        return cls(**values)

    @property
    def answer_status(self) -> int:
        return self.status or DEFAULT_STATUS.get(self.kind, 200)

    def concerns(self, *, method: str = "", number: str = "", stream: str = "") -> bool:
        wanted = ((self.method, method), (self.number, number), (self.stream, stream))
        return all(mine in ("", theirs) for mine, theirs in wanted)


class Faults:
    """The faults that stand. The first that fits is drawn, and used up when it was for the next N only."""

    def __init__(self, seed: int) -> None:
        self._lock = threading.Lock()
        self._chance = Random(seed)  # noqa: S311 - repeatable on purpose
        self._standing: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._standing.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._standing.clear()

    def draw_call(self, method: str, number: str) -> Fault | None:
        return self._draw(CALL_FAULTS, method=method, number=number)

    def draw_delivery(self, kind: str, stream: str) -> Fault | None:
        return self._draw({kind: ""}, stream=stream)

    def standing(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._standing]

    def _draw(self, kinds: Mapping[str, str], **call: str) -> Fault | None:
        with self._lock:
            for place, fault in enumerate(self._standing):
                if fault.kind in kinds and fault.concerns(**call) and self._chance.random() < fault.probability:
                    self._use(place, fault)
                    return fault
        return None

    def _use(self, place: int, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault.times > 1:
            self._standing[place] = replace(fault, times=fault.times - 1)
        else:
            del self._standing[place]

"""The limit of the practice S-360's API, counted by arrival: a sliding window or fixed minutes."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from math import inf, nextafter
from typing import Any, Literal


@dataclass(slots=True)
class Limit:
    """None means no limit. `retry_after` is sent as it is: seconds, a date, or nonsense."""

    calls: int | None = 180
    calls_per_service: int | None = None  # the older rule: 60 for each service
    window: Literal["sliding", "fixed"] = "sliding"
    window_seconds: float = 60.0
    status: int = 509
    retry_after: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class _Window:
    arrivals: deque[float] = field(default_factory=deque)

    def is_full(self, limit: Limit, calls: int | None, now: float) -> bool:
        length = limit.window_seconds
        # fixed: the window that holds this instant; sliding: a call exactly one length ago has just left it
        oldest = now - now % length if limit.window == "fixed" else nextafter(now - length, inf)
        while self.arrivals and self.arrivals[0] < oldest:
            self.arrivals.popleft()
        return calls is not None and len(self.arrivals) >= calls


class Throttle:
    """Refused calls do not fill the window, or nobody would ever get out of it."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.limit = Limit()
        self.clock = clock
        self._lock = threading.Lock()
        self._windows: dict[str, _Window] = {}

    def admits(self, service: str, arrived: float) -> bool:
        """Count this call, unless one of the limits is reached."""
        with self._lock:
            everything = self._windows.setdefault("", _Window())
            own = self._windows.setdefault(service, _Window())
            if everything.is_full(self.limit, self.limit.calls, arrived):
                return False
            if own.is_full(self.limit, self.limit.calls_per_service, arrived):
                return False
            everything.arrivals.append(arrived)
            own.arrivals.append(arrived)
            return True

    def in_window(self) -> int:
        with self._lock:
            window = self._windows.setdefault("", _Window())
            window.is_full(self.limit, None, self.clock())
            return len(window.arrivals)

"""A sender that does not wait for answers before it plans the next request, as S-360s do not wait for each other.

Each request has a planned moment; its latency counts from there. So a server that falls behind shows in every request
that had to wait for it, not only in the one that was slow.
"""

import http.client
import itertools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.benchmarks.quantiles import quantile

CONNECTIONS = 48  # more than the server has threads: the queue is the server's, not ours
ANSWER_SECONDS = 20.0
GIVE_UP_SECONDS = 10.0  # a server this far behind its plan is measured: the rest of the step is not sent


@dataclass(slots=True)
class Observed:
    """What one load saw. `seconds` runs from the first planned moment to the last answer."""

    latencies: list[float] = field(default_factory=list)
    not_200: int = 0
    unsent: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Requests answered with 200, a second."""
        return (len(self.latencies) - self.not_200) / self.seconds if self.seconds else 0.0

    def milliseconds(self, share: float) -> float:
        return quantile(self.latencies, share) * 1000

    def keeps_up(self, within_ms: float) -> bool:
        return not self.not_200 and not self.unsent and self.milliseconds(0.99) < within_ms


def send_at(rate: float, seconds: float, *, port: int, path: str, body_of: Callable[[int], bytes]) -> Observed:
    """Post `body_of(i)` at `rate` requests a second for so long. Never raises for what the server does."""
    observed, lock = Observed(), threading.Lock()
    count, places = max(1, round(rate * seconds)), itertools.count()
    began = time.perf_counter() + 0.05

    def work() -> None:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
        for place in iter(lambda: next(places), None):
            if place >= count:
                break
            planned = began + place / rate
            ahead = planned - time.perf_counter()
            if ahead > 0:
                time.sleep(ahead)
            elif -ahead > GIVE_UP_SECONDS:
                with lock:
                    observed.unsent += 1
                continue
            status = post(link, path, body_of(place))
            with lock:
                observed.latencies.append(time.perf_counter() - planned)
                observed.not_200 += status != http.client.OK
        link.close()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(CONNECTIONS, count))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    observed.seconds = time.perf_counter() - began
    return observed


def post(link: http.client.HTTPConnection, path: str, body: bytes) -> int:
    """The answer's status; 0 when there was none."""
    try:
        link.request("POST", path, body, {"Content-Type": "application/json", "Host": f"localhost:{link.port}"})
        answer = link.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        link.close()
        return 0
    return answer.status


def highest_rate(try_rate: Callable[[float], Observed], rates: Sequence[float], within_ms: float) -> Observed | None:
    """Climb until the server no longer keeps up; the last step that held. A failed step is tried once more: on a shared
    machine one bad second must not decide."""
    best = None
    for rate in rates:
        seen = try_rate(rate)
        if not seen.keeps_up(within_ms):
            seen = try_rate(rate)
        if not seen.keeps_up(within_ms):
            break
        best = seen
    return best

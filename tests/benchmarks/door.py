"""(a) The webhook door over HTTP: latency under S-360's own load, and the most it takes, beside the reference view."""

from collections.abc import Callable

from tests.benchmarks.figures import Figures, Goal
from tests.benchmarks.hub import Hub, forget_unfinished, reference_process, running, web_process, worker_processes
from tests.benchmarks.open_loop import Observed, highest_rate, send_at
from tests.benchmarks.payloads import BATCH, bodies
from tests.benchmarks.size import Size
from tests.config.serving_support import free_port

STEADY_RATE = 10.0  # requests a second: ten times what one institution's two streams send at their fastest
LIMIT_MS = 500.0
ARRAYS = 200  # different bodies, sent in turn: the door stores every one of them anew
DOOR_RATES = [40.0 * 1.2**step for step in range(20)]
REFERENCE_RATES = [2.0 * 1.2**step for step in range(20)]


def measure(figures: Figures, hub: Hub, size: Size) -> None:
    """Steady load with the workers applying meanwhile; then the climb on the web processes alone; then the reference.

    On a full database the contacts sent are among those stored.
    """
    arrays = bodies(hub.stored_indexes(ARRAYS * BATCH, 0) or range(ARRAYS * BATCH))
    with running(web_process(hub), *worker_processes()):
        load = sender(hub.port, hub.contacts_path, arrays)
        load(STEADY_RATE, 2.0)  # first connections and plans
        steady = load(STEADY_RATE, size.steady_seconds)
    forget_unfinished()
    with running(web_process(hub)):
        load = sender(hub.port, hub.contacts_path, arrays)
        load(STEADY_RATE, 1.0)
        peak = highest_rate(lambda rate: load(rate, size.step_seconds), DOOR_RATES, LIMIT_MS)
    forget_unfinished()
    port = free_port()
    with running(reference_process(port)):
        load = sender(port, "/reference/", arrays)
        load(STEADY_RATE / 5, 1.0)
        plain = load(STEADY_RATE, size.step_seconds)
        plain_peak = highest_rate(lambda rate: load(rate, size.step_seconds), REFERENCE_RATES, LIMIT_MS)
    report(figures, steady, peak, plain, plain_peak)


def sender(port: int, path: str, arrays: list[bytes]) -> Callable[[float, float], Observed]:
    """Sends the arrays in turn, going on where the last load stopped."""
    place = 0

    def load(rate: float, seconds: float) -> Observed:
        nonlocal place
        start, place = place, place + round(rate * seconds)
        return send_at(rate, seconds, port=port, path=path, body_of=lambda i: arrays[(start + i) % len(arrays)])

    return load


def report(
    figures: Figures, steady: Observed, peak: Observed | None, plain: Observed, plain_peak: Observed | None
) -> None:
    def per_second(seen: Observed | None) -> float:
        return seen.rate * BATCH if seen else 0.0

    goals = {0.5: Goal(value=15, better="lower"), 0.99: Goal(value=100, better="lower")}
    for share, name in ((0.5, "p50_ms"), (0.99, "p99_ms")):
        value, reference = steady.milliseconds(share), plain.milliseconds(share)
        figures.add(f"A.door.{name}", value, "ms", reference=reference, goal=goals[share])
    figures.add("A.door.max_ms", steady.milliseconds(1.0), "ms", better="lower")
    figures.add("A.door.steady_per_s", per_second(steady), "contacts/s", reference=STEADY_RATE * BATCH)
    figures.add("A.door.non_200", steady.not_200, "requests", goal=Goal(value=0, better="lower"))
    goal = Goal(value=10_000, ratio=15)
    figures.add("A.door.peak_per_s", per_second(peak), "contacts/s", reference=per_second(plain_peak), goal=goal)
    figures.add("A.door.peak_p99_ms", peak.milliseconds(0.99) if peak else float("nan"), "ms", better="lower")

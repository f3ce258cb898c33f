"""Alive is not working: a worker can stop consuming after its broker came back, a web process can hang.

Both show from outside only, so a thread asks over HTTP and the supervisor acts on what it found. The thread starts no
process: a child's death signal is bound to the thread that made it.
"""

import threading
import time
from queue import Empty, SimpleQueue

from config.supervisor.http import answers_200, get_json
from config.supervisor.supervisor import Supervisor

ASK_EVERY_SECONDS = 15.0
PATIENCE_SECONDS = 90.0  # a new process needs time for its first sign of life; /readyz allows six missed ones
WEB_MISSES = 3


class HealthWatch:
    """Asks /healthz and /readyz of the console at `base_url`."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._found: SimpleQueue[tuple[str, str]] = SimpleQueue()
        self._misses = 0
        self._silent_before: set[str] = set()
        self._quiet_until = time.monotonic() + PATIENCE_SECONDS

    def start(self) -> None:
        threading.Thread(target=self._ask_for_ever, daemon=True, name="health").start()

    def act(self, supervisor: Supervisor) -> None:
        """Replace what was found not working since the last call."""
        while True:
            try:
                name, reason = self._found.get_nowait()
            except Empty:
                return
            supervisor.replace(name, reason)

    def _ask_for_ever(self) -> None:
        while True:
            time.sleep(ASK_EVERY_SECONDS)
            self._ask_web()
            self._ask_heartbeats()

    def _ask_web(self) -> None:
        answered = answers_200(f"{self._base_url}/healthz", timeout_seconds=5.0)
        self._misses = 0 if answered else self._misses + 1
        if self._misses == WEB_MISSES:
            self._misses = 0
            self._found.put(("web", "does not answer, starting it again"))

    def _ask_heartbeats(self) -> None:
        checks = get_json(f"{self._base_url}/readyz", timeout_seconds=5.0).get("checks", {})
        silent = silent_members(checks)
        again = silent & self._silent_before  # once may be a broker that has just come back: the next sign is under way
        self._silent_before = silent
        if again and time.monotonic() > self._quiet_until:
            self._quiet_until = time.monotonic() + PATIENCE_SECONDS
            for name in sorted(again):
                self._found.put((name, "gives no sign of life, starting it again"))


def silent_members(checks: dict[str, dict[str, object]]) -> set[str]:
    """Which of beat and worker give no sign of life although database and broker answer."""
    if not all(checks.get(name, {}).get("ok") for name in ("database", "broker")):
        return set()
    return {name for name in ("beat", "worker") if name in checks and not checks[name].get("ok")}

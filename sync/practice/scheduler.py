"""The schedule entry of one interface: runs it every M seconds, and never twice at once."""

import threading
import time

from sync.practice.stream_runner import StreamRunner


class Scheduler:
    """A thread that sleeps until the next slot. A slot missed because an execution took long is not made up for."""

    def __init__(self, runner: StreamRunner) -> None:
        self._runner = runner
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self.next_at: float | None = None  # on time.time(), for the eyes of people

    def start(self) -> None:
        self._thread = threading.Thread(
            target=self._loop, name=f"practice-{self._runner.interface.stream}", daemon=True
        )
        self._thread.start()

    def reschedule(self) -> None:
        """M changed: the new one counts from now."""
        self._wake.set()

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=15)

    def _loop(self) -> None:
        while not self._stopped:
            every = self._runner.interface.every_seconds
            self.next_at = time.time() + every if every else None
            if self._wake.wait(every):
                self._wake.clear()
            elif not self._stopped:
                self._runner.execute()

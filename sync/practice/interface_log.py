"""The log of one interface as S-360's operators see it: numbered lines, closed by a summary of five counters."""

import csv
import io
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sync.practice.contact_payload import wire_time

MessageType = Literal["Info", "Warning", "Error", "Archive"]
KEPT_LINES = 20_000
COLUMNS = ("Number", "Date", "Message type", "Message")


@dataclass(frozen=True, slots=True)
class LogLine:
    number: int
    at: datetime
    kind: MessageType
    text: str


class InterfaceLog:
    """The only memory of a record given up after its last attempt."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: deque[LogLine] = deque(maxlen=KEPT_LINES)
        self._next = 1
        self.unsaved: deque[LogLine] = deque(maxlen=KEPT_LINES)  # bounded: there may be no store to empty it

    def write(self, kind: MessageType, text: str) -> None:
        with self._lock:
            line = LogLine(self._next, datetime.now(UTC), kind, text)
            self._next += 1
            self._lines.append(line)
            self.unsaved.append(line)

    def lines(self, kind: str = "") -> list[LogLine]:
        with self._lock:
            return [line for line in self._lines if kind in ("", line.kind)]

    def as_csv(self) -> str:
        """As the back office exports it."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerows((line.number, wire_time(line.at), line.kind, line.text) for line in self.lines())
        return out.getvalue()

    def take_unsaved(self) -> list[LogLine]:
        with self._lock:
            unsaved = list(self.unsaved)
            self.unsaved.clear()
            return unsaved

    def restore(self, lines: list[LogLine]) -> None:
        with self._lock:
            self._lines.extend(lines)
            self._next = max((line.number for line in lines), default=0) + 1

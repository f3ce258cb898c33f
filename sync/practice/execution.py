"""What one execution of an interface did, in the words of S-360's own interface log."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sync.practice.interface import Stream
from sync.practice.ledger import Delivery


@dataclass(slots=True)
class Execution:
    """What one execution did. The five counters are those of S-360's own interface log."""

    number: int
    stream: Stream
    started_at: datetime
    seconds: float = 0.0
    taken: int = 0
    succeeded: int = 0
    warnings: int = 0  # deleted since they were queued: nothing to send
    errors: int = 0
    timeouts: int = 0
    not_processed: int = 0  # no receiver configured, or stopped on the way
    held: int = 0  # read, and kept back on demand
    given_up: list[str] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def summary(self) -> str:
        return (
            f"Execution {self.number}: {self.succeeded} processed successfully, {self.warnings} with warnings, "
            f"{self.errors} with errors, {self.timeouts} with timeout, {self.not_processed} not processed"
        )

    @property
    def all_accepted(self) -> bool:
        return self.succeeded + self.warnings + self.held == self.taken and not self.not_processed

    def as_json(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in self.__slots__ if name != "deliveries"}
        return values | {"all_accepted": self.all_accepted, "deliveries": [asdict(d) for d in self.deliveries]}

"""What putting work back did."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequeueReport:
    """`requeued` went back to work; `skipped` were no longer parked (settled, being sent, or requeued by somebody
    else)."""

    requeued: int
    skipped: int = 0

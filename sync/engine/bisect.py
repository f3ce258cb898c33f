"""An all-or-nothing batch was refused: which record spoilt it?

Halve, send, halve the half that was refused. A half whose sibling was accepted is not sent again as it stands: its
parent was refused, so the fault is in it. After ``4 * log2(n)`` calls the rest goes one by one, so that a mapping that
spoils every record cannot burn a daily quota twice over. The planner only says what to send next; it sends nothing.
"""

from collections import deque
from collections.abc import Sequence
from math import ceil, log2
from typing import Generic, TypeVar

Item = TypeVar("Item")
MIN_CALLS_TO_HALVE = 2


def halving_calls(size: int) -> int:
    """How many calls halving may cost for a batch of this size."""
    return max(MIN_CALLS_TO_HALVE, 4 * ceil(log2(size))) if size > 1 else 0


class Bisection(Generic[Item]):
    """Halves a refused batch. Usage: ``while part := work.next_part(): work.report(accepted=send(part))``.

    A part of one that is refused is a bad record, with its own failure in the caller's hands. Stop at any time (an
    outage, a lease): ``unsent`` are the items whose fate is not known yet. Order is kept.
    """

    def __init__(self, refused: Sequence[Item]) -> None:
        self._limit = halving_calls(len(refused))
        self._parts: deque[Sequence[Item]] = deque()
        self._part: Sequence[Item] | None = None
        self._sibling_follows = False
        self.calls = 0
        self.accepted: list[Item] = []
        self.refused: list[Item] = []
        self._split(refused)

    @property
    def unsent(self) -> list[Item]:
        """Items not yet accepted nor found bad, the part being sent included."""
        waiting = [item for part in self._parts for item in part]
        return [*(self._part or ()), *waiting]

    def next_part(self) -> Sequence[Item] | None:
        """What to send now; the same part until it is reported, None when all is known."""
        if self._part is None and self._parts:
            self._part = self._parts.popleft()
            self._fall_back_to_singles()
        return self._part

    def report(self, *, accepted: bool) -> None:
        """The outcome of the part handed out last. Raises ValueError when none is out."""
        part, self._part = self._part, None
        if part is None:
            raise ValueError("No part is being sent.")
        self.calls += 1
        if accepted:
            self.accepted.extend(part)
            self._blame_sibling()
        else:
            self._sibling_follows = False
            self._accuse(part)

    def _fall_back_to_singles(self) -> None:
        if self.calls >= self._limit and self._part is not None and len(self._part) > 1:
            self._sibling_follows = False
            self._parts.extendleft(reversed([[item] for item in self._part[1:]]))
            self._part = self._part[:1]

    def _blame_sibling(self) -> None:
        """The first half passed: its sibling holds the fault, so it is halved without being sent."""
        if self._sibling_follows and self._parts and len(self._parts[0]) > 1 and self.calls < self._limit:
            self._split(self._parts.popleft())
        else:
            self._sibling_follows = False

    def _accuse(self, part: Sequence[Item]) -> None:
        if len(part) > 1:
            self._split(part)
        else:
            self.refused.extend(part)

    def _split(self, part: Sequence[Item]) -> None:
        middle = (len(part) + 1) // 2
        halves = [half for half in (part[:middle], part[middle:]) if half]
        self._parts.extendleft(reversed(halves))
        self._sibling_follows = len(halves) > 1

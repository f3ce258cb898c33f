"""Repeatable chance: the same seed and words give the same draws, on every machine and Python version.

One digest gives some 500 bits and a draw spends a few of them, so a whole contact costs one or two digests. That is
what lets the population be computed when it is asked for instead of kept in memory.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

REFILL_BELOW = 1 << 40  # enough left for any single draw we make


class Dice:
    """A small stream of draws for one (seed, subject, index)."""

    __slots__ = ("_bits", "_name", "_refills")

    def __init__(self, seed: int, subject: str, index: int) -> None:
        self._name = f"{seed}/{subject}/{index}"
        self._refills = 0
        self._bits = 0

    def below(self, limit: int) -> int:
        """A number from 0 to limit - 1 (limit up to a billion)."""
        if self._bits < REFILL_BELOW:
            digest = blake2b(f"{self._name}/{self._refills}".encode()).digest()
            self._bits = int.from_bytes(digest, "big")
            self._refills += 1
        self._bits, drawn = divmod(self._bits, limit)
        return drawn

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices, each as likely as the others."""
        return choices[self.below(len(choices))]

    def chance(self, percent: float) -> bool:
        """True in so many of a hundred draws; tenths of a percent count."""
        return self.below(1000) < percent * 10

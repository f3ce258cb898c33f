"""How records are found: by a value, by the time they last changed, by a piece of their key."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import groupby


class ValueIndex:
    """Value -> record ids. Nearly every value belongs to one record, so one id is kept bare, several as a tuple."""

    def __init__(self) -> None:
        self._ids: dict[str, int | tuple[int, ...]] = {}
        self._repeated: set[str] = set()

    def add(self, value: str, record_id: int) -> None:
        held = self._ids.get(value)
        if held is None:
            self._ids[value] = record_id
        elif isinstance(held, int):
            self._ids[value] = (held, record_id)
            self._repeated.add(value)
        else:
            self._ids[value] = (*held, record_id)

    def remove(self, value: str, record_id: int) -> None:
        left = tuple(each for each in self.find(value) if each != record_id)
        if len(left) > 1:
            self._ids[value] = left
            return
        self._repeated.discard(value)
        if left:
            self._ids[value] = left[0]
        else:
            self._ids.pop(value, None)

    def find(self, value: str) -> tuple[int, ...]:
        held = self._ids.get(value)
        if held is None:
            return ()
        return (held,) if isinstance(held, int) else held

    def repeated(self) -> dict[str, tuple[int, ...]]:
        """Values carried by more than one record."""
        return {value: self.find(value) for value in sorted(self._repeated)}

    def values(self) -> Iterable[str]:
        return self._ids.keys()

    def __len__(self) -> int:
        return len(self._ids)


class ModifiedLog:
    """(time, id) of every change in the order of time, 16 bytes each; entries overtaken by a later change are skipped.

    The store's clock never steps back, so appending keeps it sorted.
    """

    def __init__(self) -> None:
        self.times = array("q")
        self.ids = array("q")

    def add(self, at: int, record_id: int) -> None:
        self.times.append(at)
        self.ids.append(record_id)

    def since(self, at: int) -> Iterator[tuple[int, int]]:
        """Entries from `at` on, ordered by time, then by id. Includes overtaken entries."""
        entries = self._from(bisect_left(self.times, at))
        for _, same_time in groupby(entries, key=lambda entry: entry[0]):
            yield from sorted(same_time)

    def latest(self) -> Iterator[tuple[int, int]]:
        """All entries, the newest first. Includes overtaken entries."""
        return zip(reversed(self.times), reversed(self.ids), strict=True)

    def count_since(self, at: int) -> int:
        return len(self.times) - bisect_left(self.times, at)

    def _from(self, start: int) -> Iterator[tuple[int, int]]:
        for position in range(start, len(self.times)):
            yield self.times[position], self.ids[position]

    def rebuild(self, entries: list[tuple[int, int]]) -> None:
        entries.sort()
        self.times = array("q", (at for at, _ in entries))
        self.ids = array("q", (record_id for _, record_id in entries))

    def __len__(self) -> int:
        return len(self.times)


class KeyText:
    """Keys as long texts, so that a substring filter over a million contacts is no full scan.

    Only keys longer than the piece are looked for: an equal one is in the ValueIndex, a shorter one cannot hold it. As
    most keys of an institution have one length, asking for a whole key looks at hardly any text.
    """

    BLOCK = 4096

    def __init__(self) -> None:
        self._sealed: list[tuple[int, str]] = []  # length of the longest key, text
        self._open: list[str] = []
        self._longest = 0

    def add(self, key: str, record_id: int) -> None:
        self._open.append(f"\n{key}\t{record_id}")
        self._longest = max(self._longest, len(key))
        if len(self._open) >= self.BLOCK:
            self._sealed.append((self._longest, "".join(self._open) + "\n"))
            self._open, self._longest = [], 0

    def longer_than(self, piece: str) -> Iterator[int]:
        """Ids of records whose key once held the piece and more; the caller checks that it still does."""
        for longest, block in self._sealed:
            if longest > len(piece):
                yield from self._find_in(block, piece)
        if self._longest > len(piece):
            yield from self._find_in("".join(self._open) + "\n", piece)

    @staticmethod
    def _find_in(block: str, piece: str) -> Iterator[int]:
        position = block.find(piece)
        while position >= 0:
            tab, start = block.find("\t", position), block.rfind("\n", 0, position + 1)
            end = block.find("\n", start + 1)
            if position + len(piece) <= tab < end:
                yield int(block[tab + 1 : end])
            position = block.find(piece, end)

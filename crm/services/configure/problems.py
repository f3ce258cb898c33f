"""What is wrong with a configuration, every fault at once: where it stands, what it is, what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from crm.services.configure.locate import line_of

Path = tuple[str, ...]


class Unusable(Exception):  # noqa: N818 - carries the sentence that says what to write instead
    """A value cannot be used; the text says what to write. It never repeats a secret."""


@dataclass(frozen=True, slots=True)
class ConfigureProblem:
    """One fault. `line` is the line of the file where it was found, 0 where the configuration is not a file."""

    section: str
    key: str
    message: str
    line: int = 0

    def __str__(self) -> str:
        where = f"line {self.line}, " if self.line else ""
        section = f"[{self.section}] " if self.section else ""
        key = f"{self.key}: " if self.key else ""
        return f"{where}{section}{key}{self.message}"


class ConfigurationError(ValueError):
    """The configuration cannot be applied; `problems` holds every reason. Nothing was changed."""

    def __init__(self, problems: Iterable[ConfigureProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, self.problems)))


class Problems:
    """Collects faults while a configuration is read and planned."""

    def __init__(self, text: str = "") -> None:
        self._text = text
        self._found: list[ConfigureProblem] = []

    def note(self, path: Path, key: str, message: str) -> None:
        line = line_of(self._text, (*path, key) if key else path)
        self._found.append(ConfigureProblem(dotted(path), key, message, line))

    def note_unknown(self, path: Path, key: str, known: Iterable[str]) -> None:
        self.note(path, key, f"unknown key{nearest(key, known)}")

    def raise_any(self) -> None:
        """Raises ConfigurationError when there is a fault."""
        if self._found:
            raise ConfigurationError(sorted(self._found, key=lambda problem: problem.line))


def nearest(key: str, known: Iterable[str]) -> str:
    """The end of the sentence: the nearest known word, else all of them."""
    words = sorted(known)
    close = difflib.get_close_matches(key, words, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; known here: {', '.join(words)}" if words else "; nothing is expected here"


def dotted(path: Path) -> str:
    """The path as the file would write it: parts holding a dot or a star are quoted."""
    return ".".join(part if part.replace("-", "").replace("_", "").isalnum() else f'"{part}"' for part in path)

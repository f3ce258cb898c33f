"""Which settings does the environment give, and what is wrong with them?

A bad setting must not end in a traceback: it is remembered as a `Problem`, a harmless value stands in, and
`manage.py check` shows all problems at once, each naming the setting and the way out (see `config/checks.py`).
The web server refuses to start while there is a problem.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from environs import Env, EnvError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """One setting that cannot be used: `code` is the identifier `manage.py check` shows."""

    code: str
    setting: str
    message: str
    way_out: str


class Environment:
    """Reads settings, collecting problems instead of raising them."""

    def __init__(self) -> None:
        self._env = Env()
        self.problems: list[Problem] = []

    def text(self, name: str, default: str = "") -> str:
        return self._read(name, lambda: self._env.str(name, default) or default, default, "a text")

    def flag(self, name: str, *, default: bool) -> bool:
        return self._read(name, lambda: self._env.bool(name, default), default, "true or false")

    def number(self, name: str, default: int) -> int:
        return self._read(name, lambda: self._env.int(name, default), default, "a whole number")

    def words(self, name: str) -> list[str]:
        """A list separated by commas; blanks around and empty members are dropped."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()]

    def required(self, name: str, *, code: str, way_out: str, stand_in: str) -> str:
        """The value of `name`; when it is missing a problem is noted and `stand_in` returned."""
        value = self.text(name)
        if not value:
            self.note(code, name, f"{name} is not set.", way_out)
        return value or stand_in

    def parsed(self, name: str, value: str, parse: Callable[[str], T], *, code: str, way_out: str, stand_in: T) -> T:
        """`parse(value)`, or `stand_in` and a problem when it raises ValueError."""
        try:
            return parse(value)
        except ValueError as error:
            self.note(code, name, f"{name} cannot be used: {error}.", way_out)
            return stand_in

    def note(self, code: str, setting: str, message: str, way_out: str) -> None:
        self.problems.append(Problem(code=code, setting=setting, message=message, way_out=way_out))

    def _read(self, name: str, read: Callable[[], T], default: T, wanted: str) -> T:
        try:
            return read()
        except (EnvError, ValueError):
            # the value itself is not repeated: a secret pasted into the wrong variable must not reach a log
            self.note("console.E001", name, f"{name} is not {wanted}.", f"Set {name} to {wanted}, or remove it.")
            return default


def load_local_environment(path: Path) -> None:
    """Take what `make run` wrote for this checkout, so that `manage.py` in a second terminal meets the same servers.

    Variables already set win, and nothing is read where DATABASE_URL is set: a real deployment never looks here.
    """
    if os.environ.get("DATABASE_URL") or not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, separator, value = line.partition("=")
        if separator and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip())

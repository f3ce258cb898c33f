"""On which line of a TOML file does a key stand?

The standard parser gives values without positions. This reads the lines again, each by itself, and keeps the deepest
one that leads to the key: exact for a table or a key on a line of its own, the line of the table for one inside `{ }`.
A line inside a multi-line string may be taken for a key: the price is a wrong number in a message, nothing else.
"""

from __future__ import annotations

import tomllib


def line_of(text: str, path: tuple[str, ...]) -> int:
    """Line number from 1, or 0 when no part of the path is found."""
    best, depth, table = 0, 0, ()  # type: int, int, tuple[str, ...]
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            found = table = _header(stripped) or table
        else:
            key = _key(stripped)
            found = (*table, *key) if key else ()
        leads = found[: len(path)]  # a table deeper than the path stands inside what the path names
        if len(leads) > depth and leads == path[: len(leads)]:
            best, depth = number, len(leads)
    return best


def _header(line: str) -> tuple[str, ...]:
    return (
        _only_path(line.strip("[]") + " = 0") if line.endswith("]") else _only_path(line.partition("]")[0][1:] + " = 0")
    )


def _key(line: str) -> tuple[str, ...]:
    head, equals, rest = line.partition("=")
    while equals:
        if found := _only_path(f"{head} = 0"):
            return found
        more, equals, rest = rest.partition("=")  # the sign stood inside quotes
        head = f"{head}={more}"
    return ()


def _only_path(assignment: str) -> tuple[str, ...]:
    """`a."b.c" = 0` as ("a", "b.c"); empty when the line is no assignment."""
    try:
        parsed = tomllib.loads(assignment)
    except tomllib.TOMLDecodeError:
        return ()
    path: list[str] = []
    node: object = parsed
    while isinstance(node, dict) and len(node) == 1:
        ((name, node),) = node.items()
        path.append(name)
    return tuple(path)

"""Dotted paths into JSON: `data.items`, `errors.0.message`. The only way settings may reach into a body."""

from __future__ import annotations

from typing import Any

from crm.connectors.untrusted import as_id


def at_path(body: Any, path: str) -> Any:
    """The value at a path; the body itself for an empty path; None where the path leads nowhere."""
    if not path:
        return body
    for step in path.split("."):
        if isinstance(body, dict):
            body = body.get(step)
        elif isinstance(body, list) and step.isdigit():
            body = body[int(step)] if int(step) < len(body) else None
        else:
            return None
    return body


def put_at_path(body: dict[str, Any], path: str, value: Any) -> None:
    """Set the value at a path, making the objects on the way."""
    *way, last = path.split(".")
    for step in way:
        inner = body.get(step)
        if not isinstance(inner, dict):
            inner = body[step] = {}
        body = inner
    body[last] = value


def text_at(body: Any, path: str) -> str | None:
    """An id or another short value as text, None where there is none. Numbers are ids in many APIs."""
    return as_id(at_path(body, path))


def objects_at(body: Any, path: str) -> list[dict[str, Any]]:
    """The objects of a list at a path; a single object counts as a list of one."""
    value = at_path(body, path)
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []

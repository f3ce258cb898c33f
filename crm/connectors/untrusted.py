"""Single values out of an answer whose shape nobody guarantees: the right type, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_ID = 200


def as_object(value: object) -> Mapping[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_objects(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list; nothing for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def as_id(value: object) -> str | None:
    """An id, key, version or code as text. Numbers count; what is empty, endless or unprintable is none of these."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value)
    return text if text and text.isprintable() and len(text) <= MAX_ID else None

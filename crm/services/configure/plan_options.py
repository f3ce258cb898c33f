"""Free settings (a JSON column): what the file lists lies over what is stored, or replaces it when it is complete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm.services.configure.configuration import Options
from crm.services.configure.plan import HIDDEN, Detail


def merged(stored: Mapping[str, Any], options: Options) -> dict[str, Any]:
    return dict(options.values) if options.is_complete else {**stored, **options.values}


def option_details(prefix: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Detail]:
    """One detail a setting that moves; a setting that returns to its default becomes None."""
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return [Detail(f"{prefix}.{name}", before.get(name), after.get(name)) for name in names]


def secret_details(before: Mapping[str, str], after: Mapping[str, str]) -> list[Detail]:
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return [Detail(f"secrets.{name}", HIDDEN if before.get(name) else None, HIDDEN) for name in names]

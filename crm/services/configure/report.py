"""A plan for people and for programs. Neither form ever holds a secret, except the URLs just made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from crm.services.configure.plan import HIDDEN, ChangeKind, ConfigurePlan, Detail, PlannedChange, WebhookUrl
from crm.services.configure.problems import ConfigurationError

_SIGNS = {ChangeKind.ADDED: "+", ChangeKind.CHANGED: "~", ChangeKind.REMOVED: "-"}
_WIDTH = 100  # a longer value is cut for the eye; the JSON has it whole


def plan_lines(plan: ConfigurePlan) -> Iterator[str]:
    """The plan as an operator reads it, one line a value."""
    for change in plan.changes:
        yield f"{_SIGNS[change.kind]} {change.kind} [{change.section}]"
        for detail in change.details:
            yield f"      {_detail(change.kind, detail)}"
    for note in plan.notes:
        yield f"  {note}"
    yield summary(plan)


def summary(plan: ConfigurePlan) -> str:
    if plan.is_empty:
        return "Nothing to change."
    return ", ".join(f"{plan.count(kind)} {kind}" for kind in ChangeKind) + "."


def plan_as_json(plan: ConfigurePlan) -> dict[str, Any]:
    return {
        "changes": [_change_as_json(change) for change in plan.changes],
        "notes": list(plan.notes),
        "counts": {kind.value: plan.count(kind) for kind in ChangeKind},
    }


def problems_as_json(error: ConfigurationError) -> list[dict[str, Any]]:
    return [
        {"section": each.section, "key": each.key, "line": each.line or None, "message": each.message}
        for each in error.problems
    ]


def urls_as_json(urls: Iterable[WebhookUrl], base_url: str) -> list[dict[str, str]]:
    return [{"institution": url.institution, "name": url.name, "url": f"{base_url}{url.path}"} for url in urls]


def _change_as_json(change: PlannedChange) -> dict[str, Any]:
    return {
        "kind": change.kind.value,
        "section": change.section,
        "details": [{"name": each.name, "before": each.before, "after": each.after} for each in change.details],
    }


def _detail(kind: ChangeKind, detail: Detail) -> str:
    if kind is ChangeKind.ADDED:
        return f"{detail.name} = {_value(detail.after)}"
    if HIDDEN in (detail.before, detail.after):
        return f"{detail.name}: {'changed' if detail.before else 'set'}"
    return f"{detail.name}: {_value(detail.before)} -> {_value(detail.after)}"


def _value(value: Any) -> str:
    if value is None:
        return "(default)"
    text = value if value == HIDDEN else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"

"""What the CRM makes of a value: refused by a rule, or rewritten before it is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from crm.practice.schema import Problem

_NOT_DIGITS = re.compile(r"[^\d+]")


def _phone(value: str) -> str:
    """The international form with groups of two, as many CRMs show it: +41 79 12 34 56 7."""
    digits = _NOT_DIGITS.sub("", value)
    sign, digits = ("+", digits[1:]) if digits.startswith("+") else ("", digits)
    return sign + " ".join(digits[at : at + 2] for at in range(0, len(digits), 2))


REWRITES: dict[str, Callable[[str], str]] = {
    "trim": lambda value: " ".join(value.split()),
    "title": str.title,
    "upper": str.upper,
    "lower": str.lower,
    "phone": _phone,
}


def rewritten(rewrites: dict[str, list[str]], values: dict[str, Any]) -> dict[str, Any]:
    """Values as the CRM will keep them. Raises KeyError for an unknown rewrite."""
    result = dict(values)
    for name in rewrites.keys() & values.keys():
        for rewrite in rewrites[name]:
            if isinstance(result[name], str):
                result[name] = REWRITES[rewrite](result[name])
    return result


@dataclass
class Rule:
    """Records whose property has this value are refused until the rule is lifted. value None: any value at all."""

    entity: str
    field: str
    value: str | None
    message: str = ""
    id: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Rules:
    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._next_id = 1

    def add(self, rule: Rule) -> Rule:
        rule.id, self._next_id = self._next_id, self._next_id + 1
        self._rules = [*self._rules, rule]
        return rule

    def lift(self, rule_id: int | None = None) -> None:
        self._rules = [each for each in self._rules if rule_id is not None and each.id != rule_id]

    def standing(self) -> list[Rule]:
        return self._rules

    def problems(self, entity: str, values: dict[str, Any]) -> list[Problem]:
        return [_problem(each) for each in self._rules if each.entity == entity and _hits(each, values)]


def _hits(rule: Rule, values: dict[str, Any]) -> bool:
    held = values.get(rule.field)
    return held not in (None, "") and (rule.value is None or str(held).lower() == rule.value.lower())


def _problem(rule: Rule) -> Problem:
    return Problem(rule.field, "INVALID_OPTION", rule.message or f"{rule.value} is not an allowed value here.")

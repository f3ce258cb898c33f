"""HubSpot's error bodies (developer documentation, "Handling errors")."""

from __future__ import annotations

import itertools
from typing import Any

import orjson

from crm.practice.schema import Problem
from crm.practice.wire import Answer, json_answer

_numbers = itertools.count(1)


class RefusedError(Exception):
    """The call as a whole is refused with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def correlation_id() -> str:
    return f"00000000-0000-4000-8000-{next(_numbers):012x}"


def error_answer(status: int, message: str, category: str, **more: Any) -> Answer:
    body = {"status": "error", "message": message, "correlationId": correlation_id(), "category": category, **more}
    return json_answer(status, body)


def invalid(message: str, **more: Any) -> RefusedError:
    return RefusedError(error_answer(400, message, "VALIDATION_ERROR", **more))


def not_found(message: str = "resource not found") -> RefusedError:
    return RefusedError(error_answer(404, message, "OBJECT_NOT_FOUND"))


def detail(problem: Problem) -> dict[str, Any]:
    context = {"propertyName": [problem.field]}
    return {"message": problem.message, "code": problem.code, "in": problem.field, "context": context}


def values_message(problems: list[Problem]) -> str:
    """HubSpot puts the list of bad values into the message, as JSON text."""
    listed = [{"isValid": False, "message": each.message, "error": each.code, "name": each.field} for each in problems]
    return f"Property values were not valid: {orjson.dumps(listed).decode()}"


def conflict_message(owner: int) -> str:
    return f"Contact already exists. Existing ID: {owner}"

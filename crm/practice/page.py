"""The CRM's own screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm.practice.ledger import Call
from crm.practice.wire import Answer, Request

if TYPE_CHECKING:
    from crm.practice.core import Core


class Page:
    def __init__(self, core: Core) -> None:
        self._core = core

    def handle(self, request: Request, call: Call) -> Answer:
        return Answer(200, b"<h1>Practice CRM</h1>", "text/html; charset=utf-8")

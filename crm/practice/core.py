"""Everything one practice CRM consists of, and the way from a request to the face that answers it."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from crm.practice.control import Control
from crm.practice.faults import FaultBook
from crm.practice.generic.face import GenericFace
from crm.practice.hubspot.face import HubspotFace
from crm.practice.journal import Journal
from crm.practice.ledger import Call, Ledger
from crm.practice.limits import Limits
from crm.practice.page.face import Page
from crm.practice.people import People
from crm.practice.settings import Settings
from crm.practice.store import Store
from crm.practice.tokens import DEFAULT_APP, Tokens
from crm.practice.values import Rules
from crm.practice.wire import Answer, Request, json_answer

# Faces of people and tests: never spoilt by a fault, not part of the ledger.
OUTSIDE = frozenset({"control", "page"})


class Face(Protocol):
    def handle(self, request: Request, call: Call) -> Answer: ...


class Core:
    """directory: where state is kept, or None. clock: epoch seconds, given by tests that need their own time."""

    def __init__(
        self,
        *,
        token: str,
        directory: Path | None = None,
        clock: Callable[[], float] = time.time,
        seed: int | None = None,
    ) -> None:
        self.clock = clock
        self.stopping = threading.Event()
        self.settings = Settings()
        self.store = Store(Journal(directory) if directory else None, clock)
        self.ledger = Ledger(self.store, clock)
        self.faults = FaultBook(seed)
        self.rules = Rules()
        self.limits = Limits(self.settings, clock)
        self.tokens = Tokens({token: DEFAULT_APP}, clock)
        self.people = People(self.store, self.stopping, seed)
        self._faces: dict[str, Face] = {
            "hubspot": HubspotFace(self),
            "generic": GenericFace(self),
            "control": Control(self),
            "page": Page(self),
        }

    @staticmethod
    def face_of(request: Request) -> str:
        if request.path.startswith("/api/"):
            return "generic"
        if request.path.startswith(("/crm/", "/oauth/", "/account-info/")):
            return "hubspot"
        return "control" if request.path.startswith("/_practice") else "page"

    def answer(self, face: str, request: Request, call: Call) -> Answer:
        """Apply a request. Never raises: a bug of ours is a 500 and stands in the ledger."""
        if face in OUTSIDE and request.method != "GET" and _from_elsewhere(request):
            return json_answer(403, {"error": "Forms and scripts of other sites are not served."})
        try:
            return self._faces[face].handle(request, call)
        except Exception:  # noqa: BLE001 - the loop that keeps the server alive; tests assert that the list stays empty
            trace = traceback.format_exc()
            self.ledger.bugs.append(trace)
            sys.stderr.write(trace)
            return json_answer(500, {"status": "error", "message": "internal error"})

    def reset(self) -> None:
        """Forget records, faults, rules and the ledger's lists; settings, tokens and properties stay."""
        self.faults.lift()
        self.rules.lift()
        self.store.clear()
        self.ledger.forget()

    def close(self) -> None:
        self.stopping.set()
        self.people.stop_live()
        self.store.close()


def _from_elsewhere(request: Request) -> bool:
    """A browser tells where a form or script comes from; only our own pages may change things."""
    origin = request.headers.get("origin", "")
    return bool(origin) and origin.partition("://")[2] != request.headers.get("host", "")

"""The practice CRM inside a test or a benchmark: start it, look into it, make it misbehave, read its ledger."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from crm.practice.core import Core
from crm.practice.faults import Fault
from crm.practice.ledger import Ledger
from crm.practice.look import plain
from crm.practice.people import People
from crm.practice.record import Record
from crm.practice.server import PracticeServer
from crm.practice.settings import Settings
from crm.practice.table import Table
from crm.practice.tokens import DEFAULT_TOKEN
from crm.practice.values import Rule


class PracticeCrm:
    """Use as a context manager. Extra keywords are settings: `PracticeCrm(token="t", face_mode="all_or_nothing")`."""

    def __init__(
        self,
        *,
        token: str = DEFAULT_TOKEN,
        port: int = 0,
        host: str = "127.0.0.1",
        directory: Path | str | None = None,
        clock: Callable[[], float] = time.time,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        self.token = token
        self._address = (host, port)
        self.core = Core(token=token, directory=Path(directory) if directory else None, clock=clock, seed=seed)
        self.core.settings.change(**settings)
        self._server: PracticeServer | None = None

    # -- life

    def start(self) -> Self:
        self._server = PracticeServer(self.core, *self._address)
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop answering and close the journal; safe to repeat."""
        self.core.stopping.set()
        if self._server is not None:
            self._server.stop()
            self._server = None
        self.core.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """http://127.0.0.1:<port>, no slash at the end."""
        if self._server is None:
            raise RuntimeError("The practice CRM is not running.")
        return self._server.url

    # -- its parts

    @property
    def ledger(self) -> Ledger:
        return self.core.ledger

    @property
    def people(self) -> People:
        return self.core.people

    @property
    def settings(self) -> Settings:
        return self.core.settings

    def configure(self, **settings: Any) -> None:
        """Change settings while it runs. Raises UnknownSettingError."""
        self.core.settings.change(**settings)

    # -- its records, as plain dictionaries: id (text) and properties by HubSpot's names

    def contacts(self) -> list[dict[str, Any]]:
        return self._all(self.core.store.contacts)

    def orders(self) -> list[dict[str, Any]]:
        """Also contact_id, and contact_number of the linked contact."""
        return self._all(self.core.store.orders)

    def contact(self, record_id: int | str) -> dict[str, Any] | None:
        return self._one(self.core.store.contacts, self.core.store.contacts.get(record_id))

    def contact_by_number(self, number: str) -> dict[str, Any] | None:
        table = self.core.store.contacts
        return self._one(table, table.find(table.key_property, number))

    def order_by_id(self, order_id: str) -> dict[str, Any] | None:
        """By S-360's order id."""
        table = self.core.store.orders
        return self._one(table, table.find(table.key_property, order_id))

    def history(self, record_id: int | str, name: str) -> list[tuple[Any, int, Any]]:
        """(value, epoch milliseconds, source) of one property, newest first."""
        with self.core.store.lock:
            record = self.core.store.contacts.get(record_id)
            return list(record.history(name)) if record else []

    def _all(self, table: Table) -> list[dict[str, Any]]:
        with self.core.store.lock:
            return [plain(self.core, table, each) for each in table.rows.values()]

    def _one(self, table: Table, record: Record | None) -> dict[str, Any] | None:
        with self.core.store.lock:
            return plain(self.core, table, record) if record else None

    # -- making it misbehave

    def fail_next(self, face: str, kind: str, count: int = 1, *, path: str = "", **params: Any) -> Fault:
        """Spoil the next `count` calls of a face (hubspot, generic, *) whose "METHOD /path" holds `path`."""
        return self.core.faults.add(Fault(face, kind, path, count, 1.0, params))

    def fail_some(self, face: str, kind: str, probability: float, *, path: str = "", **params: Any) -> Fault:
        """Spoil a share of calls until lifted."""
        return self.core.faults.add(Fault(face, kind, path, None, probability, params))

    def clear_faults(self) -> None:
        self.core.faults.lift()

    def refuse(self, field: str, value: str | None = None, *, entity: str = "contacts", message: str = "") -> Rule:
        """Records with this value (or any, for None) in a property are refused until the rule is lifted."""
        return self.core.rules.add(Rule(entity, field, value, message))

    def lift(self, rule: Rule | None = None) -> None:
        """Lift one rule, or all."""
        self.core.rules.lift(rule.id if rule else None)

    def expire_tokens(self) -> None:
        """Issued tokens are refused from now on; the fixed one stays."""
        self.core.tokens.expire_issued()

    def reset(self) -> None:
        """Forget records, faults, rules and the ledger's lists; settings and properties stay."""
        self.core.reset()

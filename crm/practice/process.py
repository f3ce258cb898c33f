"""The practice CRM as its own process, and a handle on it that speaks the control API: for benchmarks and browsers."""

from __future__ import annotations

import http.client
import subprocess
import sys
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import orjson

from crm.practice.tokens import DEFAULT_TOKEN

READY = "practice CRM listening on "
CONTROL_TIMEOUT_S = 600  # a seed of a million takes a while


class PracticeCrmError(RuntimeError):
    """The practice CRM did not start, or refused what it was asked."""


class PracticeCrmRemote:
    """The control API of a practice CRM that runs elsewhere. Nothing here touches the CRM's own faces."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def get(self, path: str, **query: str) -> Any:
        """GET /_practice/<path>. Raises PracticeCrmError."""
        return self._call("GET", f"{path}?{urlencode(query)}", None)

    def post(self, path: str, **body: Any) -> Any:
        """POST /_practice/<path>. Raises PracticeCrmError."""
        return self._call("POST", path, orjson.dumps(body))

    def _call(self, method: str, path: str, body: bytes | None) -> Any:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=CONTROL_TIMEOUT_S)
        try:
            connection.request(method, f"/_practice/{path}", body)
            reply = connection.getresponse()
            text = reply.read()
        finally:
            connection.close()
        if reply.status != http.HTTPStatus.OK:
            raise PracticeCrmError(text.decode())
        return orjson.loads(text)

    def overview(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("")
        return found

    def totals(self) -> dict[str, int]:
        found: dict[str, int] = self.overview()["totals"]
        return found

    def contacts(self, limit: int = 1000) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("records", limit=str(limit))["records"]
        return found

    def orders(self, limit: int = 1000) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("records", entity="orders", limit=str(limit))["records"]
        return found

    def contact_by_number(self, number: str) -> dict[str, Any] | None:
        found = self.get("records", key=number)["records"]
        return found[0] if found else None

    def creates_for(self, key: str, entity: str = "contacts") -> int:
        return int(self.get("ledger", key=key, entity=entity)["creates"])

    def double_creates(self, entity: str = "contacts") -> dict[str, int]:
        found: dict[str, int] = self.get("duplicates", entity=entity)["double_creates"]
        return found

    def fail_next(self, face: str, kind: str, count: int = 1, **more: Any) -> Any:
        return self.post("faults", face=face, kind=kind, count=count, **more)

    def fail_some(self, face: str, kind: str, probability: float, **more: Any) -> Any:
        return self.post("faults", face=face, kind=kind, probability=probability, **more)

    def clear_faults(self) -> None:
        self.post("faults/lift")

    def configure(self, **settings: Any) -> None:
        self.post("settings", **settings)


class PracticeCrmProcess(PracticeCrmRemote):
    """`with PracticeCrmProcess(token="t") as crm:` runs `python -m crm.practice` and ends it again."""

    def __init__(self, *, token: str = DEFAULT_TOKEN, port: int = 0, directory: Path | None = None) -> None:
        super().__init__("")
        self.token = token
        self._command = [sys.executable, "-m", "crm.practice", "--port", str(port), "--token", token]
        self._command += ["--data", str(directory)] if directory else []
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise PracticeCrmError("The practice CRM is not running.")
        return self._process.pid

    def __enter__(self) -> Self:
        root = Path(__file__).resolve().parents[2]
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True, cwd=root)
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line.startswith(READY):
            self.__exit__()
            raise PracticeCrmError(f"The practice CRM did not start: {line}")
        self.url = line.removeprefix(READY).strip()
        return self

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def __exit__(self, *_: object) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None

"""The practice S-360 as its own process, and a handle on its control API."""

import http.client
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlsplit

import orjson

from config.supervisor.paths import ROOT

READY = "practice S-360 at "


class PracticeS360Process:
    """`with PracticeS360Process(...) as s360:` runs `python -m sync.practice` and ends it again."""

    def __init__(self, *, contacts: int, contacts_url: str) -> None:
        self._command = [sys.executable, "-m", "sync.practice", "--contacts", str(contacts), "--orders", "0"]
        self._command += ["--contacts-url", contacts_url, "--timeout", "30"]
        self._process: subprocess.Popen[str] | None = None
        self._netloc = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith(READY):
            self.__exit__()
            raise RuntimeError(f"the practice S-360 did not start: {line}")
        self._netloc = urlsplit(line.removeprefix(READY).strip()).netloc
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()

    def numbers(self) -> list[str]:
        """Every contact number, oldest first."""
        found, page = [], 1000
        while True:
            got = self._call("GET", f"contacts?offset={len(found)}&limit={page}")
            found += [contact["contactNumber"] for contact in got]
            if len(got) < page:
                return found

    def flag(self, numbers: Sequence[str]) -> None:
        """Queue these contacts for the next executions."""
        self._call("POST", "flag/contacts", {"keys": list(numbers)})

    def execute(self) -> dict[str, Any]:
        """One execution now: at most 500 records in arrays of 50. Returns its counters."""
        done: dict[str, Any] = self._call("POST", "execute/contacts", {})
        return done

    def edit(self, number: str, last_name: str) -> None:
        """A clerk's edit; it is queued by itself."""
        self._call("POST", f"contacts/{number}", {"individualLastname": last_name})

    def first_post_of_last_execution(self) -> float:
        """When its first POST began, in epoch seconds."""
        deliveries = self._call("GET", "ledger?stream=contacts&limit=20")["deliveries"]
        last = [d for d in deliveries if d["execution"] == deliveries[-1]["execution"]]
        return min(datetime.fromisoformat(d["at"]).timestamp() - d["seconds"] for d in last)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        link = http.client.HTTPConnection(self._netloc, timeout=120)
        try:
            link.request(method, f"/_practice/{path}", None if body is None else orjson.dumps(body))
            answer = link.getresponse()
            text = answer.read()
        finally:
            link.close()
        if answer.status != http.client.OK:
            raise RuntimeError(f"the practice S-360 refused {method} {path}: {text.decode()}")
        return orjson.loads(text)

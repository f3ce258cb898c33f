"""Keeps the practice S-360 across a restart: one SQLite file, written behind by its own thread.

Only what differs from the seed is kept. Writing every half second costs a change nothing; a kill may lose that half
second of practice data, an ordinary stop loses nothing.
"""

import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from sync.practice.firehose import Ticket
from sync.practice.interface_log import KEPT_LINES, LogLine
from sync.practice.ledger import KEPT, Delivery, Effect

EVERY_SECONDS = 0.5
SCHEMA = """
create table if not exists record (stream text, key text, body blob, primary key (stream, key)) without rowid;
create table if not exists ticket (stream text, key text, place integer, attempts integer, primary key (stream, key))
    without rowid;
create table if not exists setting (name text primary key, value blob) without rowid;
create table if not exists delivery (sequence integer primary key, body blob);
create table if not exists effect (sequence integer primary key, body blob);
create table if not exists line (stream text, number integer, body blob, primary key (stream, number)) without rowid;
"""
PUT_DELIVERY = "insert or replace into delivery values (?, ?)"
PUT_EFFECT = "insert or replace into effect values (?, ?)"
FORGET_LEDGER = "delete from delivery; delete from effect;"
FORGET_RECORDS = "delete from record; delete from ticket; delete from line;"


class Store:
    """One open file. `save` is what collects the changes; it is called by the thread and once more on close."""

    def __init__(self, directory: Path, save: Callable[["Store"], None]) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(directory / "practice-s360.sqlite3", check_same_thread=False, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(SCHEMA)
        self._save = save
        self._settings: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="practice-store", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self.flush()
        self._db.close()

    def abandon(self) -> None:
        """Close without writing anything."""
        self._db.close()

    def flush(self) -> None:
        """Everything not saved yet, in one transaction."""
        with self._lock:
            self._db.execute("begin")
            try:
                self._save(self)
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")

    def _loop(self) -> None:
        while not self._stopping.wait(EVERY_SECONDS):
            self.flush()

    # writing, inside `save`

    def put_records(self, rows: list[tuple[str, str, bytes]]) -> None:
        self._db.executemany("insert or replace into record values (?, ?, ?)", rows)

    def put_tickets(self, stream: str, tickets: list[Ticket], settled: list[str]) -> None:
        rows = [(stream, t.key, t.place, t.attempts) for t in tickets]
        self._db.executemany("insert or replace into ticket values (?, ?, ?, ?)", rows)
        self._db.executemany("delete from ticket where stream = ? and key = ?", [(stream, key) for key in settled])

    def put_setting(self, name: str, value: Any) -> None:
        body = orjson.dumps(value, default=str)
        if self._settings.get(name) != body:
            self._db.execute("insert or replace into setting values (?, ?)", (name, body))
            self._settings[name] = body

    def put_ledger(self, entries: list[Delivery | Effect]) -> None:
        for entry in entries:
            insert = PUT_DELIVERY if isinstance(entry, Delivery) else PUT_EFFECT
            self._db.execute(insert, (entry.sequence, orjson.dumps(entry)))
        last = max((entry.sequence for entry in entries if isinstance(entry, Delivery)), default=0)
        self._db.execute("delete from delivery where sequence <= ?", (last - KEPT,))

    def put_lines(self, stream: str, lines: list[LogLine]) -> None:
        rows = [(stream, line.number, orjson.dumps(line)) for line in lines]
        self._db.executemany("insert or replace into line values (?, ?, ?)", rows)
        last = max((line.number for line in lines), default=0)
        self._db.execute("delete from line where stream = ? and number <= ?", (stream, last - KEPT_LINES))

    def start_over(self, *, everything: bool) -> None:
        """Drop the ledger, or everything but the settings."""
        with self._lock:
            self._db.executescript(FORGET_LEDGER + FORGET_RECORDS if everything else FORGET_LEDGER)

    # reading, at the start

    def records(self, stream: str) -> dict[str, bytes]:
        return dict(self._db.execute("select key, body from record where stream = ?", (stream,)).fetchall())

    def tickets(self, stream: str) -> list[Ticket]:
        rows = self._db.execute("select key, place, attempts from ticket where stream = ?", (stream,))
        return [Ticket(*row) for row in rows]

    def setting(self, name: str) -> Any:
        row = self._db.execute("select value from setting where name = ?", (name,)).fetchone()
        return orjson.loads(row[0]) if row else None

    def deliveries(self) -> list[Delivery]:
        rows = self._db.execute("select body from delivery order by sequence desc limit ?", (KEPT,)).fetchall()
        return [Delivery(**(b | {"keys": tuple(b["keys"])})) for b in map(_loaded, reversed(rows))]

    def effects(self) -> list[Effect]:
        rows = self._db.execute("select body from effect order by sequence")
        return [Effect(**body) for body in map(_loaded, rows)]

    def lines(self, stream: str) -> list[LogLine]:
        rows = self._db.execute("select body from line where stream = ? order by number", (stream,))
        return [LogLine(**body) for body in map(_loaded, rows)]


def _loaded(row: tuple[bytes]) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(row[0])
    return body | {"at": datetime.fromisoformat(body["at"])}

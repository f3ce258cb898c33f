"""State on disk: one line a changed record, appended before the answer leaves; the last line of a record counts."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from crm.practice.record import Change, Record, Source, packed
from crm.practice.schema import Property

if TYPE_CHECKING:
    from crm.practice.store import Store

FEW_LINES = 100  # not worth writing a file anew


class Journal:
    """No fsync: it outlives the process (kill -9), not the machine. A rehearsal needs no more, and pays nothing."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / "records.jsonl"
        self._sources: dict[tuple[Any, ...], Source] = {}
        self._file = self._open()

    def _open(self) -> int:
        return os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)

    def write_records(self, entity: str, records: Iterable[Record]) -> None:
        self._write(b"".join([_line(entity, record) for record in records]))

    def write_property(self, entity: str, prop: Property) -> None:
        self._write(orjson.dumps({"property": entity, "is": asdict(prop)}) + b"\n")

    def _write(self, lines: bytes) -> None:
        view = memoryview(lines)
        while view:
            view = view[os.write(self._file, view) :]

    def load(self, store: Store) -> None:
        """Fill an empty store; then write the file anew when most of its lines are overtaken."""
        latest, lines, whole = self._scan()
        with self._path.open("rb") as file:
            place = 0
            for line in itertools.islice(file, lines):
                if latest.get(_name(line), place) == place:
                    self._take(store, orjson.loads(line))
                place += len(line)
        for table in (store.contacts, store.orders):
            table.sort_changes()
        if lines > 2 * len(latest) + FEW_LINES or not whole:
            self.restart(store)

    def _scan(self) -> tuple[dict[bytes, int], int, bool]:
        """Where the last line of each record begins, how many lines there are, and whether the last one is complete.

        A line cut by a kill in the middle of a write belongs to a call that was never answered.
        """
        latest: dict[bytes, int] = {}
        place = lines = 0
        with self._path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    return latest, lines, False
                if name := _name(line):
                    latest[name] = place
                place += len(line)
                lines += 1
        return latest, lines, True

    def _take(self, store: Store, item: dict[str, Any]) -> None:
        if "property" not in item:
            store.table(item["entity"]).insert(self._record(item["record"]), item["record"][3])
            return
        entity, prop = item["property"], Property(**item["is"])
        store.catalogs[entity].add(prop)
        if prop.unique:
            store.table(entity).add_index(prop.name)

    def _record(self, row: list[Any]) -> Record:
        record = Record(row[0], row[1], packed(row[3]), self._source(row[4]))
        record.modified, record.author = row[2], self._source(row[5])
        if row[6]:
            record.past = [Change(at, self._source(by), packed(values)) for at, by, values in row[6]]
        record.archived, record.merged_into, record.contact_id, record.updates, record.noops = row[7:12]
        return record

    def _source(self, row: list[Any]) -> Source:
        return self._sources.setdefault(tuple(row), Source(*row))

    def restart(self, store: Store) -> None:
        """Write the present state to a new file and put it in place of the old one."""
        fresh = self._path.with_suffix(".new")
        with fresh.open("wb") as file:
            for entity, catalog in store.catalogs.items():
                for prop in catalog.added():
                    file.write(orjson.dumps({"property": entity, "is": prop}) + b"\n")
            for table in (store.contacts, store.orders):
                for record in (*table.gone.values(), *table.rows.values()):
                    file.write(_line(table.name, record))
        os.close(self._file)
        fresh.replace(self._path)
        self._file = self._open()

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _name(line: bytes) -> bytes:
    """Entity and id of a record's line, as they stand at its beginning; empty for other lines."""
    head, record, rest = line[:60].partition(b',"record":[')
    return head + b"," + rest.partition(b",")[0] if record else b""


def _line(entity: str, record: Record) -> bytes:
    # [:] makes plain tuples of the sources: orjson refuses named ones
    past = [(each.at, each.source[:], orjson.Fragment(each.blob)) for each in record.past] if record.past else None
    row = (
        record.id,
        record.created,
        record.modified,
        orjson.Fragment(record.blob),
        record.origin[:],
        record.author[:],
        past,
        record.archived,
        record.merged_into,
        record.contact_id,
        record.updates,
        record.noops,
    )
    return orjson.dumps({"entity": entity, "record": row}, option=orjson.OPT_APPEND_NEWLINE)

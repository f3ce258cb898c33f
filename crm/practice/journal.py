"""State on disk: one line a changed record, appended before the answer leaves; the last line of a record counts."""

from __future__ import annotations

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
        latest: dict[str, dict[int, list[Any]]] = {"contacts": {}, "orders": {}}
        lines = 0
        with self._path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break  # cut by a kill in the middle of a write: that write was never answered
                lines += 1
                item = orjson.loads(line)
                if "property" in item:
                    store.catalogs[item["property"]].add(Property(**item["is"]))
                else:
                    latest[item["entity"]][item["record"][0]] = item["record"]
        for entity, rows in latest.items():
            self._fill(store, entity, rows)
        if lines > 2 * sum(len(rows) for rows in latest.values()) or not self._ends_cleanly():
            self.restart(store)

    def _fill(self, store: Store, entity: str, rows: dict[int, list[Any]]) -> None:
        table = store.table(entity)
        for name in store.catalogs[entity].unique_names() - table.indexes.keys():
            table.add_index(name)
        for row in sorted(rows.values(), key=lambda each: each[2]):  # by time of change: the change order needs it
            table.insert(self._record(row), row[3])

    def _record(self, row: list[Any]) -> Record:
        record = Record(row[0], row[1], packed(row[3]), self._source(row[4]))
        record.modified, record.author = row[2], self._source(row[5])
        if row[6]:
            record.past = [Change(at, self._source(by), packed(values)) for at, by, values in row[6]]
        record.archived, record.merged_into, record.contact_id, record.updates, record.noops = row[7:12]
        return record

    def _source(self, row: list[Any]) -> Source:
        return self._sources.setdefault(tuple(row), Source(*row))

    def _ends_cleanly(self) -> bool:
        data = self._path.stat().st_size
        if not data:
            return True
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

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

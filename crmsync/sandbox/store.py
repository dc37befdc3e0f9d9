"""The sandbox's memory: one SQLite file.

Invariant: what was answered is stored. Every request is one transaction under one lock, committed before the
answer leaves; WAL with synchronous=NORMAL survives a kill of the process (not a power cut, which a sandbox
need not).
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crmsync.sandbox.catalog import OWNERS, PROPERTIES, Owner

_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    id INTEGER PRIMARY KEY AUTOINCREMENT, object TEXT NOT NULL, properties TEXT NOT NULL,
    created_at REAL NOT NULL, updated_at REAL NOT NULL, archived INTEGER NOT NULL DEFAULT 0, merged_into INTEGER);
CREATE INDEX IF NOT EXISTS record_object ON record (object, archived, id);
CREATE TABLE IF NOT EXISTS value (
    object TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, id INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS value_find ON value (object, name, value, id);
CREATE INDEX IF NOT EXISTS value_record ON value (id);
CREATE TABLE IF NOT EXISTS association (
    from_id INTEGER NOT NULL, to_id INTEGER NOT NULL, type INTEGER NOT NULL, PRIMARY KEY (from_id, to_id, type));
CREATE INDEX IF NOT EXISTS association_back ON association (to_id);
CREATE TABLE IF NOT EXISTS property (
    object TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL, PRIMARY KEY (object, name));
CREATE TABLE IF NOT EXISTS property_group (
    object TEXT NOT NULL, name TEXT NOT NULL, label TEXT NOT NULL, PRIMARY KEY (object, name));
CREATE TABLE IF NOT EXISTS owner (id TEXT PRIMARY KEY, email TEXT, first TEXT, last TEXT, archived INTEGER);
CREATE TABLE IF NOT EXISTS call (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    status INTEGER NOT NULL, fault TEXT NOT NULL, milliseconds INTEGER NOT NULL, body TEXT NOT NULL);
INSERT OR IGNORE INTO sqlite_sequence (name, seq) SELECT 'record', 1000
    WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'record');
"""

_KEPT_BODY = 2_000  # characters of a request's body kept with the call


@dataclass(slots=True)
class Record:
    id: int
    object: str
    properties: dict[str, str]
    created_at: float
    updated_at: float
    archived: bool
    merged_into: int | None


class Store:
    """Records, properties, owners and calls. Methods other than `transaction` must run inside one.

    Args:
        clock: the current Unix time; search lag is measured by it.
    """

    def __init__(
        self,
        file: Path | str,
        *,
        owners: Iterable[Owner] = OWNERS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.clock = clock
        self._owners = tuple(owners)
        self._lock = threading.Lock()
        self._definitions: dict[str, dict[str, dict[str, Any]]] = {}
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)
        with self.transaction():
            self._seed()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One request's work: all of it, or none."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                self._definitions.clear()
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def part(self) -> Iterator[None]:
        """One input of a batch: undone alone if it is refused."""
        self._db.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK TO part")
            self._db.execute("RELEASE part")
            raise
        self._db.execute("RELEASE part")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def reset(self) -> None:
        """Back to a fresh account."""
        for table in ("record", "value", "association", "property", "property_group", "owner", "call"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - a name from this line
        self._seed()

    def _seed(self) -> None:
        for kind, name, type_, unique, options in PROPERTIES:
            self.define(kind, name, {"type": type_, "hasUniqueValue": unique, "options": options}, ours=True)
        self._db.executemany(
            "INSERT OR IGNORE INTO owner VALUES (?, ?, ?, ?, ?)",
            [(o.id, o.email, o.first, o.last, o.archived) for o in self._owners],
        )

    # Records

    def insert(self, kind: str, properties: dict[str, str]) -> Record:
        now = self.clock()
        cursor = self._db.execute(
            "INSERT INTO record (object, properties, created_at, updated_at) VALUES (?, ?, ?, ?)",
            (kind, json.dumps(properties), now, now),
        )
        record = Record(cursor.lastrowid or 0, kind, properties, now, now, archived=False, merged_into=None)
        self._index(record)
        return record

    def save(self, record: Record) -> None:
        record.updated_at = self.clock()
        self._db.execute(
            "UPDATE record SET properties = ?, updated_at = ?, archived = ?, merged_into = ? WHERE id = ?",
            (
                json.dumps(record.properties),
                record.updated_at,
                record.archived,
                record.merged_into,
                record.id,
            ),
        )
        self._db.execute("DELETE FROM value WHERE id = ?", (record.id,))
        if not record.archived:
            self._index(record)

    def _index(self, record: Record) -> None:
        rows = [(record.object, name, value.lower(), record.id) for name, value in record.properties.items() if value]
        # A contact is found by its secondary addresses as by its first.
        extra = record.properties.get("hs_additional_emails", "")
        rows += [(record.object, "email", email.lower(), record.id) for email in extra.split(";") if email]
        rows.append((record.object, "hs_object_id", str(record.id), record.id))
        self._db.executemany("INSERT INTO value VALUES (?, ?, ?, ?)", rows)

    def get(self, kind: str, id: str) -> Record | None:
        """By id; a merged record answers as its survivor."""
        if not id.isascii() or not id.isdigit() or len(id) > 18:
            return None
        wanted: int | None = int(id)
        while wanted is not None:
            row = self._db.execute("SELECT * FROM record WHERE id = ? AND object = ?", (wanted, kind)).fetchone()
            if row is None:
                return None
            record = _record(row)
            if not record.archived:
                return record
            wanted = record.merged_into
        return None

    def find(self, kind: str, name: str, value: str) -> Record | None:
        """By a property's exact value."""
        row = self._db.execute(
            "SELECT id FROM value WHERE object = ? AND name = ? AND value = ? ORDER BY id LIMIT 1",
            (kind, name, value.lower()),
        ).fetchone()
        return None if row is None else self.get(kind, str(row[0]))

    def select(
        self, kind: str, where: str = "1", parameters: Iterable[object] = (), *, order: str = "id", limit: int = -1
    ) -> list[Record]:
        """Live records; `where` and `order` are SQL made by this package, values stand in `parameters`."""
        rows = self._db.execute(
            f"SELECT * FROM record WHERE object = ? AND archived = 0 AND ({where})"  # noqa: S608 - see above
            f" ORDER BY {order} LIMIT ?",
            (kind, *parameters, limit),
        )
        return [_record(row) for row in rows]

    def count(self, kind: str) -> int:
        row = self._db.execute("SELECT count(*) FROM record WHERE object = ? AND archived = 0", (kind,)).fetchone()
        return int(row[0])

    def duplicates(self, kind: str, name: str) -> dict[str, list[int]]:
        """Values that more than one record has."""
        rows = self._db.execute(
            "SELECT value, group_concat(id) FROM value WHERE object = ? AND name = ?"
            " GROUP BY value HAVING count(DISTINCT id) > 1",
            (kind, name),
        )
        return {value: sorted(map(int, ids.split(","))) for value, ids in rows}

    # Associations

    def associate(self, from_id: int, to_id: int, type_: int) -> None:
        self._db.execute("INSERT OR IGNORE INTO association VALUES (?, ?, ?)", (from_id, to_id, type_))

    def associated(self, id: int, kind: str) -> list[tuple[int, int]]:
        """(id, type) of live records of a kind tied to this one, from either side."""
        rows = self._db.execute(
            "SELECT r.id, a.type FROM association a JOIN record r"
            " ON (a.from_id = ? AND r.id = a.to_id) OR (a.to_id = ? AND r.id = a.from_id)"
            " WHERE r.object = ? AND r.archived = 0 ORDER BY r.id",
            (id, id, kind),
        )
        return [(int(other), int(type_)) for other, type_ in rows]

    def move_associations(self, old: int, new: int) -> None:
        self._db.execute("UPDATE OR IGNORE association SET from_id = ? WHERE from_id = ?", (new, old))
        self._db.execute("UPDATE OR IGNORE association SET to_id = ? WHERE to_id = ?", (new, old))

    # Properties and owners

    def define(self, kind: str, name: str, definition: dict[str, Any], *, ours: bool = False) -> None:
        label = definition.get("label") or name.removeprefix("hs_").replace("_", " ").capitalize()
        full = {
            "name": name,
            "label": label,
            "type": "string",
            "fieldType": "text",
            "description": "",
            "groupName": f"{kind}information",
            "hasUniqueValue": False,
            "hidden": False,
            "hubspotDefined": ours,
            "formField": False,
            "displayOrder": -1,
            "archived": False,
            **definition,
        }
        full["options"] = [
            option if isinstance(option, dict) else {"label": option, "value": option, "hidden": False}
            for option in definition.get("options") or ()
        ]
        self._db.execute("INSERT OR IGNORE INTO property VALUES (?, ?, ?)", (kind, name, json.dumps(full)))
        self._definitions.clear()

    def definitions(self, kind: str) -> dict[str, dict[str, Any]]:
        if kind not in self._definitions:
            rows = self._db.execute("SELECT name, definition FROM property WHERE object = ? ORDER BY rowid", (kind,))
            self._definitions[kind] = {name: json.loads(definition) for name, definition in rows}
        return self._definitions[kind]

    def groups(self, kind: str) -> dict[str, str]:
        return dict(self._db.execute("SELECT name, label FROM property_group WHERE object = ?", (kind,)))

    def define_group(self, kind: str, name: str, label: str) -> None:
        self._db.execute("INSERT INTO property_group VALUES (?, ?, ?)", (kind, name, label))

    def owners(self) -> list[Owner]:
        rows = self._db.execute("SELECT id, email, first, last, archived FROM owner ORDER BY id")
        return [Owner(id, email, first, last, bool(archived)) for id, email, first, last, archived in rows]

    # Calls

    def record_call(self, *, method: str, path: str, status: int, fault: str, milliseconds: int, body: bytes) -> None:
        self._db.execute(
            "INSERT INTO call (at, method, path, status, fault, milliseconds, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                self.clock(),
                method,
                path,
                status,
                fault,
                milliseconds,
                body[:_KEPT_BODY].decode(errors="replace"),
            ),
        )

    def calls(self, limit: int) -> list[dict[str, Any]]:
        """Newest first."""
        cursor = self._db.execute("SELECT * FROM call ORDER BY id DESC LIMIT ?", (limit,))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def call_counts(self) -> dict[str, int]:
        return dict(self._db.execute("SELECT status, count(*) FROM call GROUP BY status ORDER BY status"))


def _record(row: tuple[Any, ...]) -> Record:
    id, kind, properties, created_at, updated_at, archived, merged_into = row
    return Record(id, kind, json.loads(properties), created_at, updated_at, bool(archived), merged_into)

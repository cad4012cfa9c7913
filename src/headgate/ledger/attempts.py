"""Attempt records: one SQLite file a day, committed before the tick that counts them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING, Any

from headgate.ledger.driver import IntegrityError, SqliteError, open_reader, open_writer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from headgate.folder import DataFolder
    from headgate.ledger.port import Attempt

_LAST = """select max(n) from attempts where partition = :p and position = :q
    and lane = :l and subscription = :s"""
_AGAIN = f"""insert into attempts select :p, :q, :l, :s, max(coalesce(({_LAST}), 0), :prior) + 1,
    :at, :ms, :status, :outcome, :reason, :snapshot, :batch"""
_FIRST = """insert into attempts values (:p, :q, :l, :s, 1, :at, :ms, :status, :outcome,
    :reason, :snapshot, :batch)"""
_SAMPLE = """insert or replace into samples
    select :p, :q, :l, :s, max(n), :request, :response, x'' from attempts
    where partition = :p and position = :q and lane = :l and subscription = :s"""
_END = "select max(position) from attempts where partition = ?"


def day_of(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")


class AttemptFiles:
    """Writes attempts into the file of their day; their numbers go on from those in all files.

    It never turns back to an older day: what ended late, or by a clock that was set back, goes
    into the newest file.
    """

    def __init__(self, folder: DataFolder, process: int) -> None:
        self._folder, self._process = folder, process
        self._day = ""
        self._path: Path | None = None
        self._writer: Any = None
        self._earlier: list[_Earlier] = []

    def commit(self, attempts: Sequence[Attempt]) -> None:
        """All or none of them."""
        if not attempts:
            return
        self._turn_to(day_of(max(attempt.at for attempt in attempts)))
        rows = [self._row(attempt) for attempt in attempts]
        sampled = [row for row in rows if row["request"] is not None]
        try:
            self._writer.execute("begin immediate")
            self._insert(rows)
            self._writer.executemany(_SAMPLE, sampled)
            self._writer.execute("commit")
        finally:
            if self._writer.in_transaction:
                self._writer.execute("rollback")

    def _insert(self, rows: list[dict[str, Any]]) -> None:
        """Nearly always nothing stands where a first attempt goes; looking would cost more."""
        try:
            self._writer.executemany(_FIRST, [row for row in rows if not row["prior"]])
            self._writer.executemany(_AGAIN, [row for row in rows if row["prior"]])
        except IntegrityError:
            self._writer.execute("rollback")
            self._writer.execute("begin immediate")
            self._writer.executemany(_AGAIN, rows)

    def _turn_to(self, day: str) -> None:
        if day > self._day:
            self.close()
            path = self._folder.attempts(self._process, day)
            self._writer = open_writer(path)
            self._writer.execute("pragma wal_autocheckpoint=1000")
            schema = resources.files("headgate.ledger").joinpath("attempts.sql").read_text()
            self._writer.executescript(schema)
            files = self._folder.root.glob(path.name.replace(day, "????-??-??"))
            self._earlier = [_Earlier(file) for file in files if file.name < path.name]
            self._day, self._path = day, path

    def _row(self, attempt: Attempt) -> dict[str, Any]:
        row = _row(attempt)
        last = [file.last(row) for file in self._earlier if file.may_hold(attempt)]
        row["prior"] = max([attempt.prior, *last])
        return row

    def sync(self) -> None:
        """Sync the WAL alone, in any thread; one that was closed meanwhile is durable already."""
        path = self._path
        if path is not None:
            try:
                sync_wal(path)
            except FileNotFoundError:
                if path == self._path:
                    raise

    def close(self) -> None:
        self._day, self._path = "", None
        for earlier in self._earlier:
            earlier.close()
        self._earlier = []
        if self._writer is not None:
            self._writer.close()
            self._writer = None


class _Earlier:
    """The file of an earlier day, which nobody writes any more; opened when it is first asked.

    One that cannot be read holds nothing: a number that stands twice must not stop a ledger.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader: Any = None
        self._ends: dict[int, int] = {}

    def may_hold(self, attempt: Attempt) -> bool:
        """Fresh events lie beyond everything that was tried on an earlier day."""
        end = self._ends.get(attempt.partition)
        if end is None:
            end = self._ends[attempt.partition] = self._highest(_END, (attempt.partition,))
        return attempt.position <= end

    def last(self, row: dict[str, Any]) -> int:
        """The highest number of the same delivery, 0 where it was not tried that day."""
        return self._highest(_LAST, row)

    def _highest(self, query: str, values: Any) -> int:
        try:
            if self._reader is None:
                self._reader = open_reader(self._path)
            (number,) = self._reader.execute(query, values).fetchone()
        except SqliteError:
            return 0
        return number or 0

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None


def sync_wal(path: Path) -> None:
    """Sync a database's WAL file; closing a descriptor of the database would drop its locks."""
    file = os.open(path.with_name(path.name + "-wal"), os.O_RDONLY)
    try:
        os.fdatasync(file)
    finally:
        os.close(file)


def _row(attempt: Attempt) -> dict[str, Any]:
    return {
        "p": attempt.partition,
        "q": attempt.position,
        "l": attempt.lane,
        "s": attempt.subscription,
        "prior": attempt.prior,
        "at": attempt.at,
        "ms": attempt.ms,
        "status": attempt.status,
        "outcome": attempt.outcome,
        "reason": attempt.reason,
        "snapshot": attempt.snapshot,
        "batch": attempt.batch_id,
        "request": attempt.request,
        "response": attempt.response,
    }

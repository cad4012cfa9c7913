"""Attempt records: one SQLite file a day, committed before the tick that counts them."""

from __future__ import annotations

import contextlib
import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from headgate.ledger.driver import (
    IntegrityError,
    SqliteError,
    is_damaged,
    open_reader,
    open_writer,
)
from headgate.ledger.files import ATTEMPTS, files
from headgate.ledger.schema import statements
from headgate.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from headgate.folder import DataFolder
    from headgate.ledger.port import Attempt

_LAST = """select max(n) from attempts where partition = :p and position = :q
    and lane = :l and subscription = :s"""
_AGAIN = f"""insert into attempts select :p, :q, :l, :s, max(coalesce(({_LAST}), 0), :prior) + 1,
    :at, :ms, :status, :outcome, :reason, :snapshot, :batch"""
_FIRST = "insert into attempts values (?1, ?2, ?3, ?4, 1, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
_STORED = slice(12)
"""The fields of an `Attempt` that stand in its row, in the order of the columns."""
_SAMPLE = """insert or replace into samples
    select :p, :q, :l, :s, max(n), :request, :response, :subjects from attempts
    where partition = :p and position = :q and lane = :l and subscription = :s"""
_END = "select max(position) from attempts where partition = ?"


_ON_RECORD = """select distinct position, subscription from attempts
    where partition = :p and position >= :low and position < :high
    and lane in (select value from json_each(:lanes))
    and (:outcome is null or outcome = :outcome)"""
_DAMAGED = ".damaged"
_GONE = ".gone"
_STRANGERS_MS = 2 * 86_400_000
"""Another process's file has this much longer to be dropped by its owner, if that still runs."""


def day_of(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")


class AttemptFiles:
    """Writes attempts into the file of their day; their numbers go on from those in all files.

    Those of other deliver processes count, too: a lane may have been moved from one of them.
    It never turns back to an older day: what ended late, or by a clock that was set back, goes
    into the newest file.
    """

    def __init__(self, folder: DataFolder, process: int) -> None:
        self._folder, self._process = folder, process
        self._day = ""
        self._path: Path | None = None
        self._writer: Any = None
        self._earlier: list[_Earlier] = []
        self._may_have_gone = True

    def commit(self, attempts: Sequence[Attempt]) -> None:
        """All or none of them."""
        if not attempts:
            return
        self._turn_to(day_of(max(attempt.at for attempt in attempts)))
        sampled = [_row(attempt) for attempt in attempts if attempt.request is not None]
        try:
            self._writer.execute("begin immediate")
            self._insert(attempts)
            self._writer.executemany(_SAMPLE, sampled)
            self._writer.execute("commit")
        finally:
            if self._writer.in_transaction:
                self._writer.execute("rollback")

    def _insert(self, attempts: Sequence[Attempt]) -> None:
        """Nearly always nothing stands where a first attempt goes; looking would cost more."""
        fresh = [each[_STORED] for each in attempts if self._is_first(each)]
        again = [self._row(each) for each in attempts if not self._is_first(each)]
        try:
            self._writer.executemany(_FIRST, fresh)
            self._writer.executemany(_AGAIN, again)
        except IntegrityError:
            self._writer.execute("rollback")
            self._writer.execute("begin immediate")
            self._writer.executemany(_AGAIN, [self._row(each) for each in attempts])

    def _is_first(self, attempt: Attempt) -> bool:
        return not attempt.prior and not any(file.may_hold(attempt) for file in self._earlier)

    def _turn_to(self, day: str) -> None:
        if day > self._day:
            self.close()
            path = self._folder.attempts(self._process, day)
            self._writer = _opened(path)
            files = self._folder.root.glob("attempts-*-????-??-??.db")
            self._earlier = [_Earlier(file) for file in files if file != path]
            self._day, self._path = day, path

    def _row(self, attempt: Attempt) -> dict[str, Any]:
        row = _row(attempt)
        last = [file.last(row) for file in self._earlier if file.may_hold(attempt)]
        row["prior"] = max([attempt.prior, *last])
        return row

    def drop_one(self, before: int) -> bool:
        """Remove one file of a day before that of `before`; whether there was one."""
        for path in files(self._folder.root, ATTEMPTS):
            found = ATTEMPTS.fullmatch(path.name)
            is_own = found is not None and int(found["process"]) == self._process
            end = before if is_own else before - _STRANGERS_MS
            if found is not None and found["day"] < day_of(end):
                self._drop(path)
                return True
        return False

    def _drop(self, path: Path) -> None:
        """Hide it now; removing a large file takes long, so the thread that syncs does it."""
        if path == self._path:
            self.close()
        for earlier in self._earlier:
            earlier.close()
        self._earlier = [earlier for earlier in self._earlier if earlier.path != path]
        for name in (f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
        path.rename(path.with_suffix(_GONE))
        self._may_have_gone = True

    def remove_gone(self) -> None:
        """Remove what was dropped, also by a process that died before it came to this."""
        if self._may_have_gone:
            self._may_have_gone = False
            for path in self._folder.root.glob(f"attempts-*{_GONE}"):
                path.unlink(missing_ok=True)

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
        path, self._day, self._path = self._path, "", None
        if path is not None:  # others may read it, so that closing it moves nothing
            with contextlib.suppress(FileNotFoundError):
                sync_wal(path)
        for earlier in self._earlier:
            earlier.close()
        self._earlier = []
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _opened(path: Path) -> Any:
    """The file of a day; one that is damaged is set aside, as it holds nothing but records."""
    try:
        return _begun(path)
    except SqliteError as error:
        if not is_damaged(error):
            raise
        log.error("attempts.set_aside", file=str(path), error=str(error))
        for name in (f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
        path.rename(path.with_suffix(_DAMAGED))
        return _begun(path)


def _begun(path: Path) -> Any:
    writer = open_writer(path)
    writer.execute("pragma wal_autocheckpoint=1000")
    writer.executescript(f"begin immediate; {statements('attempts')} commit;")
    return writer


class OnRecord:
    """What was attempted, over the files of all processes, which stay open between two questions.

    A file that cannot be read is left out: an event that is sent once more keeps its key.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._readers: dict[Path, Any] = {}

    def find(
        self, lanes: frozenset[int], span: tuple[int, int, int], outcome: str | None
    ) -> frozenset[tuple[int, str]]:
        """(position, subscription) in a span (partition, low, high); None is any outcome."""
        partition, low, high = span
        values = {
            "p": partition,
            "low": low,
            "high": high,
            "lanes": json.dumps(sorted(lanes)),
            "outcome": outcome,
        }
        found: set[tuple[int, str]] = set()
        there = files(self._root, ATTEMPTS)
        for gone in self._readers.keys() - set(there):
            self._readers.pop(gone).close()
        for path in there:
            try:
                found.update(self._reader(path).execute(_ON_RECORD, values))
            except SqliteError as error:
                log.warning("attempts.unreadable", file=str(path), error=str(error))
        return frozenset(found)

    def _reader(self, path: Path) -> Any:
        reader = self._readers.get(path)
        if reader is None:
            reader = self._readers[path] = open_reader(path)
        return reader

    def close(self) -> None:
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()


def on_record(
    root: Path, lanes: frozenset[int], span: tuple[int, int, int], outcome: str | None
) -> frozenset[tuple[int, str]]:
    """The same for whoever asks once."""
    with contextlib.closing(OnRecord(root)) as record:
        return record.find(lanes, span, outcome)


class _Earlier:
    """A file to which nobody adds attempts of our lanes any more; opened when it is first asked.

    One that cannot be read holds nothing: a number that stands twice must not stop a ledger.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
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
                self._reader = open_reader(self.path)
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
        "subjects": attempt.subjects,
    }

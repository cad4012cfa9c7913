"""Attempt records: one SQLite file a day, committed before the tick that counts them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING, Any

from headgate.ledger.driver import IntegrityError, open_writer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from headgate.folder import DataFolder
    from headgate.ledger.port import Attempt

_N = """max(coalesce((select max(n) from attempts where partition = :p and position = :q
    and lane = :l and subscription = :s), 0), :prior) + 1"""
_ATTEMPT = f"""insert into attempts
    select :p, :q, :l, :s, {_N}, :at, :ms, :status, :outcome, :reason, :snapshot, :batch"""
_NEW = """insert into attempts values (:p, :q, :l, :s, :prior + 1, :at, :ms, :status, :outcome,
    :reason, :snapshot, :batch)"""
_SAMPLE = """insert or replace into samples
    select :p, :q, :l, :s, max(n), :request, :response, x'' from attempts
    where partition = :p and position = :q and lane = :l and subscription = :s"""


def day_of(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")


class AttemptFiles:
    """Writes each attempt into the file of its day; attempt numbers go on from the stored ones."""

    def __init__(self, folder: DataFolder, process: int) -> None:
        self._folder, self._process = folder, process
        self._day = ""
        self._path: Path | None = None
        self._writer: Any = None

    def commit(self, attempts: Sequence[Attempt]) -> None:
        if not attempts:
            return
        self._turn_to(day_of(attempts[0].at))
        self._writer.execute("begin immediate")
        try:
            rows = [_row(attempt) for attempt in attempts]
            self._insert(rows)
            sampled = [row for row in rows if row["request"] is not None]
            if sampled:
                self._writer.executemany(_SAMPLE, sampled)
            self._writer.execute("commit")
        except BaseException:
            if self._writer.in_transaction:
                self._writer.execute("rollback")
            raise

    def _insert(self, rows: list[dict[str, Any]]) -> None:
        """Nearly always nothing stands where an attempt goes; looking first would cost more."""
        try:
            self._writer.executemany(_NEW, rows)
        except IntegrityError:
            self._writer.execute("rollback")
            self._writer.execute("begin immediate")
            self._writer.executemany(_ATTEMPT, rows)

    def _turn_to(self, day: str) -> None:
        if day != self._day:
            self.close()
            self._path = self._folder.attempts(self._process, day)
            self._writer = open_writer(self._path)
            self._writer.execute("pragma wal_autocheckpoint=1000")
            schema = resources.files("headgate.ledger").joinpath("attempts.sql").read_text()
            self._writer.executescript(schema)
            self._day = day

    def sync(self) -> None:
        if self._path is not None:
            file = os.open(self._path.with_name(self._path.name + "-wal"), os.O_RDONLY)
            try:
                os.fdatasync(file)
            finally:
                os.close(file)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer, self._day, self._path = None, "", None


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

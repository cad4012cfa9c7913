"""The ledger in one SQLite file: one commit a tick, synced by a thread behind it."""

from __future__ import annotations

import json
import os
from importlib import resources
from typing import TYPE_CHECKING, Any

from headgate.ledger.attempts import AttemptFiles
from headgate.ledger.driver import HAS_SAFE_CHECKPOINTS, SqliteError, open_writer
from headgate.ledger.port import (
    Held,
    LaneRow,
    Ledger,
    LedgerUnavailable,
    OpenRow,
    ParkedRow,
    PlaceRow,
    Tick,
)

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.folder import DataFolder

_VERSION = 1
_FEW_FRAMES = 1000
_MANY_FRAMES = 4000

_LANE = """insert into lanes values (?,?,?,?,?,?,?,?,?,?) on conflict (lane) do update set
    state = excluded.state, reason = excluded.reason, epoch = excluded.epoch"""
_PLACE = """insert into places values (?,?,?,?,?,?,?,?) on conflict (lane, partition) do update set
    stop = excluded.stop, cursor = excluded.cursor, done = excluded.done,
    floor_ack = excluded.floor_ack"""
_SWITCH = "insert or replace into lane_snapshots values (?,?,?,?,?)"
_TALLY = """insert into tallies values (?,?,?,?)
    on conflict (lane, class, reason) do update set n = n + excluded.n"""
_OPEN = "insert or replace into open values (?,?,?,?,?,?)"
_CLOSE = "delete from open where lane = ? and partition = ? and position = ?"
_PARK = "insert or replace into parked values (?,?,?,?,?,?,?,?,?,?,?)"
_UNPARK = (
    "delete from parked where lane = ? and partition = ? and position = ? and subscription = ?"
)
_DEAD = """insert into dead_letters (lane, partition, position, subscription, message_id, source,
    subject_hashes, reason, status, tries, at, record, sample) values (?,?,?,?,?,?,?,?,?,?,?,?,?)"""
_SERIES = """insert into series values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
    on conflict (lane, minute, class, reason, event_type, event_name) do update set
    n = n + excluded.n, le_10 = le_10 + excluded.le_10, le_30 = le_30 + excluded.le_30,
    le_100 = le_100 + excluded.le_100, le_300 = le_300 + excluded.le_300,
    le_1000 = le_1000 + excluded.le_1000, le_3000 = le_3000 + excluded.le_3000,
    le_10000 = le_10000 + excluded.le_10000, slower = slower + excluded.slower"""


class SqliteLedger(Ledger):
    """`Ledger` for deliver process `process` of a data folder."""

    def __init__(self, folder: DataFolder, process: int = 0) -> None:
        self.path = folder.ledger(process)
        self._writer = open_writer(self.path)
        self._migrate()
        self._attempts = AttemptFiles(folder, process)
        self._checkpointer = open_writer(self.path) if HAS_SAFE_CHECKPOINTS else None
        self._standing_still = False
        self._dirty = False

    def _migrate(self) -> None:
        (version,) = self._writer.execute("pragma user_version").fetchone()
        if version == 0:
            schema = resources.files("headgate.ledger").joinpath("schema.sql").read_text()
            self._writer.executescript(f"begin;{schema};pragma user_version={_VERSION};commit;")
        elif version != _VERSION:
            raise LedgerUnavailable(
                f"{self.path} has format {version}; this program reads format {_VERSION}:"
                " start the newer program again"
            )

    def held(self) -> Held:
        rows = self._writer.execute
        return Held(
            [LaneRow(*row) for row in rows("select * from lanes")],
            [PlaceRow(*row) for row in rows("select * from places")],
            [open_row(row) for row in rows("select * from open order by position")],
            [ParkedRow(*row) for row in rows("select * from parked order by due_at")],
        )

    def may_commit(self) -> bool:
        return not self._standing_still

    def commit(self, tick: Tick) -> None:
        try:
            self._attempts.commit(tick.attempts)
            self._commit(tick)
        except SqliteError as error:
            self._roll_back()
            raise LedgerUnavailable(f"{self.path}: {error}") from error
        self._dirty = True

    def _commit(self, tick: Tick) -> None:
        many = self._writer.executemany
        self._writer.execute("begin immediate")
        for statement, rows in (
            (_LANE, tick.lanes),
            (_PLACE, tick.places),
            (_SWITCH, tick.switches),
            (_TALLY, [(*key, n) for key, n in tick.tallies.items()]),
            (_OPEN, [_stored(row) for row in tick.opened]),
            (_CLOSE, tick.closed),
            (_PARK, tick.parked),
            (_UNPARK, tick.unparked),
            (_DEAD, tick.dead),
            (_SERIES, [(*key, sum(counts), *counts) for key, counts in tick.series.items()]),
        ):
            if rows:
                many(statement, rows)
        self._writer.execute("commit")

    def _roll_back(self) -> None:
        if self._writer.in_transaction:
            self._writer.execute("rollback")

    @property
    def is_dirty(self) -> bool:
        """Something was committed since the last sync."""
        return self._dirty

    def sync(self) -> None:
        """Sync the WAL file alone: closing a descriptor of the database would drop its locks."""
        if self._dirty:
            self._dirty = False
            _sync(self.path.with_name(self.path.name + "-wal"))
            self._attempts.sync()
            self._checkpoint()

    def _checkpoint(self) -> None:
        """Move the WAL into the database; when little is left, stand still and start it anew."""
        if self._checkpointer is None:
            return
        _, frames, moved = self._pragma("passive")
        if frames > _MANY_FRAMES and frames - moved < _FEW_FRAMES:
            self._standing_still = True
            try:
                self._pragma("restart")
            finally:
                self._standing_still = False

    def _pragma(self, mode: str) -> tuple[int, int, int]:
        connection: Any = self._checkpointer
        row: tuple[int, int, int] = connection.execute(f"pragma wal_checkpoint({mode})").fetchone()
        return row

    def close(self) -> None:
        self.sync()
        self._attempts.close()
        if self._checkpointer is not None:
            self._checkpointer.close()
        self._writer.close()


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fdatasync(file)
    finally:
        os.close(file)


def _stored(row: OpenRow) -> tuple[Any, ...]:
    return (
        *row[:3],
        json.dumps(row.done_subscriptions),
        json.dumps(row.left),
        row.worst,
    )


def open_row(row: tuple[Any, ...]) -> OpenRow:
    lane, partition, position, done, left, worst = row
    return OpenRow(
        lane, partition, position, tuple(json.loads(done)), tuple(json.loads(left)), worst
    )

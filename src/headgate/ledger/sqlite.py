"""The ledger in one SQLite file: one commit a tick, synced by a thread behind it."""

from __future__ import annotations

import json
import threading
from importlib import resources
from typing import TYPE_CHECKING, Any

from headgate.ledger.attempts import AttemptFiles, sync_wal
from headgate.ledger.driver import HAS_SAFE_CHECKPOINTS, SqliteError, is_full, open_writer
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
    from headgate.folder import DataFolder
    from headgate.ledger.reserve import Reserve

_VERSION = 1
_FEW_FRAMES = 1000
_MANY_FRAMES = 4000
_STAND_STILL_MS = 50
"""A reader that stays longer is waited for again at the next sync, not by every tick."""

_LANE = """insert into lanes values (?,?,?,?,?,?,?,?,?,?) on conflict (lane) do update set
    state = excluded.state, reason = excluded.reason, epoch = excluded.epoch"""
_PLACE = """insert into places values (?,?,?,?,?,?,?,?) on conflict (lane, partition) do update set
    stop = excluded.stop, cursor = excluded.cursor, done = excluded.done,
    floor_ack = excluded.floor_ack"""
_SWITCH = "insert or replace into lane_snapshots values (?,?,?,?,?)"
_TALLY = """insert into tallies values (?,?,?,?)
    on conflict (lane, class, reason) do update set n = n + excluded.n"""
_OPEN = "insert or replace into open values (?,?,?,?,?,?,?)"
_CLOSE = "delete from open where lane = ? and partition = ? and position = ?"
_PARK = """insert into parked values (?,?,?,?,?,?,?,?,?,?,?)
    on conflict (lane, partition, position, subscription) do update set
    order_key = excluded.order_key, due_at = excluded.due_at, first_at = excluded.first_at,
    tries = excluded.tries, last_status = excluded.last_status, reason = excluded.reason,
    record = coalesce(excluded.record, record)"""
_UNPARK = (
    "delete from parked where lane = ? and partition = ? and position = ? and subscription = ?"
)
_DEAD = """insert into dead_letters (lane, partition, position, subscription, message_id, source,
    subject_hashes, reason, status, tries, at, record, sample)
    values (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11, coalesce(?12, (select record from parked
    where lane = ?1 and partition = ?2 and position = ?3 and subscription = ?4)), ?13)"""
_RECORD_PARKED = """update parked set record = ? where lane = ? and partition = ? and position = ?
    and record is null"""
_RECORD_DEAD = """update dead_letters set record = ? where lane = ? and partition = ?
    and position = ? and record is null"""
_UNRECORDED = """select position from parked where lane = :l and partition = :p
    and position < :below and record is null union
    select position from dead_letters where lane = :l and partition = :p
    and position < :below and record is null"""
_RECORD = """select record from parked where lane = :l and partition = :p and position = :q
    and record is not null union all
    select record from dead_letters where lane = :l and partition = :p and position = :q
    and record is not null limit 1"""
_SERIES = """insert into series values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
    on conflict (lane, minute, class, reason, event_type, event_name) do update set
    n = n + excluded.n, le_10 = le_10 + excluded.le_10, le_30 = le_30 + excluded.le_30,
    le_100 = le_100 + excluded.le_100, le_300 = le_300 + excluded.le_300,
    le_1000 = le_1000 + excluded.le_1000, le_3000 = le_3000 + excluded.le_3000,
    le_10000 = le_10000 + excluded.le_10000, slower = slower + excluded.slower"""


class SqliteLedger(Ledger):
    """`Ledger` for deliver process `process` of a data folder.

    A commit that finds the disk full takes the room of `reserve` and tries again.
    """

    def __init__(
        self, folder: DataFolder, process: int = 0, reserve: Reserve | None = None
    ) -> None:
        self.path = folder.ledger(process)
        self._reserve = reserve
        self._writer = open_writer(self.path)
        self._migrate()
        self._attempts = AttemptFiles(folder, process)
        self._checkpointer = open_writer(self.path) if HAS_SAFE_CHECKPOINTS else None
        if self._checkpointer is not None:
            self._checkpointer.execute(f"pragma busy_timeout={_STAND_STILL_MS}")
        self._syncing = threading.Lock()
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

    def unrecorded(self, lane: int, partition: int, below: int) -> list[int]:
        rows = self._writer.execute(_UNRECORDED, {"l": lane, "p": partition, "below": below})
        return [position for (position,) in rows]

    def record(self, lane: int, partition: int, position: int) -> bytes | None:
        row = self._writer.execute(_RECORD, {"l": lane, "p": partition, "q": position}).fetchone()
        return row[0] if row else None

    def may_commit(self) -> bool:
        return not self._standing_still

    def commit(self, tick: Tick) -> None:
        try:
            self._attempts.commit(tick.attempts)
            tick.attempts = []
            self._commit(tick)
        except SqliteError as error:
            self._roll_back()
            if not self._gave_room(error):
                raise LedgerUnavailable(f"{self.path}: {error}") from error
            self.commit(tick)
        finally:
            self._roll_back()
        self._dirty = True

    def _gave_room(self, error: Exception) -> bool:
        return self._reserve is not None and is_full(error) and self._reserve.release()

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
            (_DEAD, tick.dead),
            (_UNPARK, tick.unparked),
            (_RECORD_PARKED, tick.records),
            (_RECORD_DEAD, tick.records),
            (_SERIES, [(*key, sum(counts), *counts) for key, counts in tick.series.items()]),
        ):
            if rows:
                many(statement, rows)
        self._writer.execute("commit")

    def _roll_back(self) -> None:
        """Leave no transaction behind, whatever went wrong; after a commit there is none."""
        if self._writer.in_transaction:
            self._writer.execute("rollback")

    @property
    def is_dirty(self) -> bool:
        """Something was committed since the last sync."""
        return self._dirty

    def sync(self) -> None:
        """Attempts go first: power loss must not leave a mark without the attempt it counts."""
        with self._syncing:
            if self._dirty:
                self._dirty = False
                self._attempts.sync()
                sync_wal(self.path)
                self._checkpoint()

    def _checkpoint(self) -> None:
        """Move the WAL into the database; when little is left, stand still and start it anew.

        On a full disk the WAL stays as it is: the next sync tries again.
        """
        try:
            self._move()
        except SqliteError as error:
            if not is_full(error):
                raise

    def _move(self) -> None:
        if self._checkpointer is None:
            return
        _, frames, moved = self._pragma("passive")
        if frames > self._most_frames() and frames - moved < _FEW_FRAMES:
            self._standing_still = True
            try:
                self._pragma("restart")
            finally:
                self._standing_still = False

    def _most_frames(self) -> int:
        """The WAL is started anew earlier while it grows at the cost of the reserve."""
        is_scarce = self._reserve is not None and not self._reserve.is_held
        return _FEW_FRAMES if is_scarce else _MANY_FRAMES

    def _pragma(self, mode: str) -> tuple[int, int, int]:
        connection: Any = self._checkpointer
        row: tuple[int, int, int] = connection.execute(f"pragma wal_checkpoint({mode})").fetchone()
        return row

    def close(self) -> None:
        self.sync()
        with self._syncing:
            self._attempts.close()
            if self._checkpointer is not None:
                self._checkpointer.close()
            self._writer.close()


def _stored(row: OpenRow) -> tuple[Any, ...]:
    done, left = json.dumps(row.done_subscriptions), json.dumps(row.left)
    return (*row[:3], done, left, row.worst, row.reason)


def open_row(row: tuple[Any, ...]) -> OpenRow:
    lane, partition, position, done, left, worst, reason = row
    done, left = tuple(json.loads(done)), tuple(json.loads(left))
    return OpenRow(lane, partition, position, done, left, worst, reason)

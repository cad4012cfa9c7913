"""The ledger in one SQLite file: one commit a tick, synced by a thread behind it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

from headgate.ledger.attempts import AttemptFiles, OnRecord, sync_wal
from headgate.ledger.driver import HAS_SAFE_CHECKPOINTS, SqliteError, is_full, open_writer
from headgate.ledger.files import LEDGERS, in_all
from headgate.ledger.letters import letters, letters_at
from headgate.ledger.open_rows import open_row, stored
from headgate.ledger.port import (
    Held,
    LaneRow,
    Ledger,
    LedgerUnavailable,
    OpenRow,
    ParkedRow,
    PlaceRow,
    Share,
    Tick,
)
from headgate.ledger.schema import migrate
from headgate.ledger.sweeping import COUNT, TALLY, limits, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from headgate.ages import Ages
    from headgate.folder import DataFolder
    from headgate.ledger.port import Letter
    from headgate.ledger.queries import LetterFilter
    from headgate.ledger.reserve import Reserve
    from headgate.ledger.sweeping import Limits

T = TypeVar("T")

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
UNRECORDED = """select position from parked where lane = :l and partition = :p
    and position < :below and record is null union
    select position from dead_letters where lane = :l and partition = :p
    and position < :below and record is null"""
RECORD = """select record from parked where lane = :l and partition = :p and position = :q
    and record is not null union all
    select record from dead_letters where lane = :l and partition = :p and position = :q
    and record is not null limit 1"""
_REDRIVEN = "update dead_letters set redriven_at = ?2 where id = ?1"
_CLOSING = """update dead_letters set closed_class = ?4, closed_reason = ?5
    where lane = ?1 and partition = ?2 and position = ?3"""
_COMMAND = "insert or replace into commands values (?,?,?,?)"
SHARES = """select lanes.lane, sum(case when class = 'dead_lettered' then n else 0 end), sum(n)
    from lanes cross join series on series.lane = lanes.lane and minute >= ?
    where class in ('delivered', 'discarded', 'dead_lettered') group by lanes.lane"""
OPENED = "select * from open where lane = ? and partition = ? and position = ?"


class SqliteLedger(Ledger):
    """`Ledger` for deliver process `process` of a data folder.

    A commit that finds the disk full takes the room of `reserve` and tries again.
    """

    def __init__(
        self, folder: DataFolder, process: int = 0, reserve: Reserve | None = None
    ) -> None:
        self.path, self._root = folder.ledger(process), folder.root
        self._reserve = reserve
        self._writer = open_writer(self.path)
        migrate(self._writer, self.path)
        self._attempts = AttemptFiles(folder, process)
        self._on_record = OnRecord(folder.root)
        self._checkpointer = open_writer(self.path) if HAS_SAFE_CHECKPOINTS else None
        if self._checkpointer is not None:
            self._checkpointer.execute(f"pragma busy_timeout={_STAND_STILL_MS}")
        self._syncing = threading.Lock()
        self._standing_still = False
        self._dirty = False

    def held(self) -> Held:
        rows = self._writer.execute
        return Held(
            [LaneRow(*row) for row in rows("select * from lanes")],
            [PlaceRow(*row) for row in rows("select * from places")],
            [open_row(row) for row in rows("select * from open order by position")],
            [ParkedRow(*row) for row in rows("select * from parked order by due_at")],
        )

    def unrecorded(self, lane: int, partition: int, below: int) -> list[int]:
        rows = self._writer.execute(UNRECORDED, {"l": lane, "p": partition, "below": below})
        return [position for (position,) in rows]

    def record(self, lane: int, partition: int, position: int) -> bytes | None:
        row = self._writer.execute(RECORD, {"l": lane, "p": partition, "q": position}).fetchone()
        return row[0] if row else None

    def opened_row(self, lane: int, partition: int, position: int) -> OpenRow | None:
        row = self._writer.execute(OPENED, (lane, partition, position)).fetchone()
        return row and open_row(row)

    def letters(self, which: LetterFilter) -> list[Letter]:
        return letters(self._writer, which)

    def letters_at(self, lane: int, partition: int, position: int) -> list[Letter]:
        return letters_at(self._writer, lane, partition, position)

    def done_commands(self) -> frozenset[str]:
        return frozenset(name for (name,) in in_all(self._root, LEDGERS, "select id from commands"))

    def delivered(
        self, lanes: frozenset[int], partition: int, low: int, high: int
    ) -> frozenset[tuple[int, str]]:
        return self._on_record.find(lanes, (partition, low, high), "delivered")

    def tried(
        self, lanes: frozenset[int], partition: int, low: int, high: int
    ) -> frozenset[tuple[int, str]]:
        return self._on_record.find(lanes, (partition, low, high), None)

    def shares(self, since_ms: int) -> dict[int, Share]:
        rows = self._writer.execute(SHARES, (since_ms // 60_000,))
        return {lane: Share(dead, ended) for lane, dead, ended in rows}

    def may_commit(self) -> bool:
        return not self._standing_still

    def commit(self, tick: Tick) -> None:
        def write() -> None:
            self._attempts.commit(tick.attempts)
            tick.attempts = []
            self._commit(tick)

        self._make_room_for(write)

    def sweep(self, now_ms: int, ages: Ages, commands: Container[str] | None = None) -> bool:
        if not self.may_commit():
            return True
        now = limits(now_ms, ages)
        if self._attempts.drop_one(now.attempts):
            self._dirty = True
            return True
        return self._make_room_for(lambda: self._sweep(now, commands))

    def _sweep(self, limits: Limits, commands: Container[str] | None) -> bool:
        self._writer.execute("begin")
        has_changed = sweep(self._writer, limits, commands)
        self._writer.execute("commit")
        return has_changed

    def _make_room_for(self, write: Callable[[], T]) -> T:
        try:
            result = write()
        except SqliteError as error:
            self._roll_back()
            if not self._gave_room(error):
                raise LedgerUnavailable(
                    f"{self.path}, or the attempts beside it: {error}"
                ) from error
            return self._make_room_for(write)
        finally:
            self._roll_back()
        self._dirty = True
        return result

    def _gave_room(self, error: Exception) -> bool:
        return self._reserve is not None and is_full(error) and self._reserve.release()

    def _commit(self, tick: Tick) -> None:
        many = self._writer.executemany
        self._writer.execute("begin immediate")
        for statement, rows in (
            (_LANE, tick.lanes),
            (_PLACE, tick.places),
            (_SWITCH, tick.switches),
            (TALLY, [(*key, n) for key, n in tick.tallies.items()]),
            (_OPEN, [stored(row) for row in tick.opened]),
            (_CLOSE, tick.closed),
            (_PARK, tick.parked),
            (_DEAD, tick.dead),
            (_REDRIVEN, tick.redriven),
            (_CLOSING, tick.closings),
            (_UNPARK, tick.unparked),
            (_RECORD_PARKED, tick.records),
            (_RECORD_DEAD, tick.records),
            (_COMMAND, tick.commands),
            (COUNT, [(*key, sum(counts), *counts) for key, counts in tick.series.items()]),
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
                self._attempts.remove_gone()

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
            self._on_record.close()
            self._attempts.close()
            if self._checkpointer is not None:
                self._checkpointer.close()
            self._writer.close()

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from headgate.folder import DataFolder
from headgate.ledger import sqlite
from headgate.ledger.port import LaneRow, LedgerUnavailable, Tick
from headgate.ledger.reserve import LEAST, SIZE, Reserve
from headgate.ledger.sqlite import SqliteLedger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Room = Callable[[int], None]


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    """Pretend that the disk has so many bytes free."""

    def pretend(free: int) -> None:
        found = os.statvfs_result((4096, 4096, 1 << 30, 0, free // 4096, 0, 0, 0, 0, 255))
        monkeypatch.setattr(os, "statvfs", lambda _path: found)

    return pretend


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reserve"


def test_the_reserve_takes_its_room_on_the_disk(path: Path) -> None:
    assert Reserve(path).make()
    assert path.stat().st_size == SIZE
    assert path.stat().st_blocks * 512 >= SIZE
    assert Reserve(path).is_held


def test_where_there_is_little_room_no_reserve_is_made(path: Path, room: Room) -> None:
    room(2 * SIZE - 4096)
    reserve = Reserve(path)
    assert not reserve.make()
    assert not path.exists()
    assert not reserve.is_spent()
    assert not reserve.release()


def test_a_released_reserve_is_spent_until_there_is_room_again(path: Path, room: Room) -> None:
    reserve = Reserve(path)
    reserve.make()
    room(0)
    assert not reserve.is_spent()
    assert reserve.release()
    assert path.stat().st_blocks == 0
    assert reserve.is_spent()
    assert not reserve.release()
    assert not reserve.make()
    room(2 * SIZE)
    assert not reserve.is_spent()
    assert reserve.make()
    assert path.stat().st_size == SIZE


def test_a_start_on_a_full_disk_takes_the_reserve(path: Path, room: Room) -> None:
    reserve = Reserve(path)
    reserve.make()
    room(LEAST)
    assert not reserve.give_way()
    room(LEAST - 4096)
    assert reserve.give_way()
    assert not reserve.is_held


def test_a_reserve_that_cannot_be_allocated_leaves_no_half_of_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(file: int, _offset: int, size: int) -> None:
        os.ftruncate(file, size // 2)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", half)
    assert not Reserve(path).make()
    assert path.stat().st_size == 0


class Full(Exception):
    """What SQLite raises on a full disk."""

    sqlite_errorname = "SQLITE_FULL"


class Crowded(SqliteLedger):
    """Its disk is full as long as the reserve is held, and for `more` commits beyond that."""

    more = 0

    def _commit(self, tick: Tick) -> None:
        assert self._reserve is not None
        if self._reserve.is_held or self.more:
            self.more -= not self._reserve.is_held
            raise Full("database or disk is full")
        super()._commit(tick)


@pytest.fixture
def crowded(tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> Crowded:
    monkeypatch.setattr(sqlite, "SqliteError", Full)
    reserve = Reserve(path)
    reserve.make()
    return Crowded(DataFolder(tmp_path), 0, reserve)


def test_a_tick_on_a_full_disk_is_committed_with_the_room_of_the_reserve(
    crowded: Crowded, path: Path
) -> None:
    crowded.commit(Tick(lanes=[LaneRow(1, 1, "w", 1, 1)]))
    assert [row.lane for row in crowded.held().lanes] == [1]
    assert path.stat().st_size == 0


def test_a_tick_that_is_still_refused_is_kept_by_its_owner(crowded: Crowded) -> None:
    crowded.more = 1
    tick = Tick(lanes=[LaneRow(1, 1, "w", 1, 1)])
    with pytest.raises(LedgerUnavailable, match="full"):
        crowded.commit(tick)
    crowded.commit(tick)
    assert [row.lane for row in crowded.held().lanes] == [1]

"""When the number of deliver processes changes, lanes move between files: all of each, once."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from headgate.folder import DataFolder
from headgate.ledger import moving
from headgate.ledger.driver import open_reader, open_writer
from headgate.ledger.moving import move_lanes
from headgate.ledger.port import LedgerUnavailable, Tick
from headgate.ledger.reader import FolderLedgers
from headgate.ledger.shard import Shard, check_placed, holders, ledger_files, standings
from headgate.ledger.sqlite import SqliteLedger
from tests.contracts.filled import (
    LANES,
    REPLAY,
    ROWS,
    check_counts_once,
    check_moved,
    fill,
    held,
    schema,
)
from tests.contracts.ledgers import DAY, NOON, attempt, lane, numbers

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """A ledger of one process, with rows in every table."""
    folder = DataFolder(tmp_path / "data").make()
    fill(folder)
    return folder


def test_every_table_of_a_lane_moves_to_the_process_that_owns_it(folder: DataFolder) -> None:
    before = held(folder.root)
    assert all(len(rows) for tables in before.values() for rows in tables.values())
    for processes in (3, 2, 64, 1):
        moved = move_lanes(folder, processes)
        assert moved
        check_moved(folder.root, before, processes)
        check_counts_once(folder.root, before)
        assert move_lanes(folder, processes) == []


def test_no_table_is_forgotten(folder: DataFolder) -> None:
    """Rows that belong to no lane could not be moved: what letters weigh is counted by triggers."""
    with closing(open_reader(folder.ledger(0))) as file:
        moved = {table.name for table in moving.tables_of_lanes(file)}
        assert moved == set(schema(file)) - {"letter_bytes"}


def test_a_replay_stays_with_the_gate_of_its_connection(folder: DataFolder) -> None:
    for processes in (2, 3, 5):
        move_lanes(folder, processes)
        found = holders(standings(folder.root))
        assert found[REPLAY].process == found[3].process == 3 % processes


def test_what_stays_where_it_is_keeps_its_epoch_and_what_moves_gets_a_higher_one(
    folder: DataFolder,
) -> None:
    before = holders(standings(folder.root))
    move_lanes(folder, 2)
    for number, now in holders(standings(folder.root)).items():
        assert now.epoch == before[number].epoch + (now.process != 0)


def test_dead_letters_of_two_files_get_numbers_of_their_own_in_their_order(
    folder: DataFolder,
) -> None:
    move_lanes(folder, 3)
    move_lanes(folder, 1)
    with closing(open_reader(folder.ledger(0))) as file:
        rows = file.execute("select lane, message_id from dead_letters order by id").fetchall()
    for number in LANES:
        named = [int(name.split()[1]) for each, name in rows if each == number]
        assert named == sorted(named)
        assert len(named) == ROWS


def test_a_command_of_a_lane_that_never_was_stays_where_it_is_known(folder: DataFolder) -> None:
    with closing(open_writer(folder.ledger(0))) as file:
        file.execute("delete from lanes where lane = ?", (REPLAY,))
    move_lanes(folder, 3)
    with closing(open_reader(folder.ledger(0))) as file:
        query = "select count(*) from commands where lane = ?"
        assert file.execute(query, (REPLAY,)).fetchone() == (ROWS,)


def test_nothing_is_touched_when_every_lane_is_at_home(folder: DataFolder) -> None:
    assert move_lanes(folder, 1) == []
    assert list(ledger_files(folder.root)) == [0]
    assert move_lanes(DataFolder(folder.root / "empty").make(), 5) == []


def test_a_file_that_was_made_and_never_begun_has_no_lanes(folder: DataFolder) -> None:
    """A kill in the middle of a move left one, and `headgate ledger` failed on it."""
    open_writer(folder.ledger(2)).close()
    before = held(folder.root)
    check_counts_once(folder.root, before)
    ledger = SqliteLedger(folder)
    assert len(ledger.done_commands()) == len(LANES) * ROWS
    ledger.close()
    move_lanes(folder, 3)
    check_moved(folder.root, before, 3)


def test_attempts_are_numbered_on_in_the_process_that_a_lane_moved_to(folder: DataFolder) -> None:
    first = SqliteLedger(folder)
    for turn in range(3):
        first.commit(Tick(attempts=[attempt(at=NOON + turn), attempt(6, at=NOON + turn)]))
    first.close()
    move_lanes(folder, 3)
    second = SqliteLedger(folder, process=1)
    second.commit(Tick(attempts=[attempt(at=NOON + 10)]))
    second.commit(Tick(attempts=[attempt(at=NOON + DAY)]))
    second.close()
    move_lanes(folder, 1)
    third = SqliteLedger(folder)
    third.commit(Tick(attempts=[attempt(at=NOON + DAY + 9), attempt(6, at=NOON + DAY + 9)]))
    third.close()
    assert numbers(FolderLedgers(folder.root)) == [1, 2, 3, 4, 5, 6]
    assert numbers(FolderLedgers(folder.root), 6) == [1, 2, 3, 4]


def test_a_process_takes_no_ledger_that_lanes_must_be_moved_to_or_from(folder: DataFolder) -> None:
    """It would end lanes that it does not know, and begin those anew that another file holds."""
    for index in range(3):
        with pytest.raises(LedgerUnavailable, match="--deliver-processes 3"):
            check_placed(folder.root, Shard(index, 3))
    move_lanes(folder, 3)
    for index in range(3):
        check_placed(folder.root, Shard(index, 3))
    with pytest.raises(LedgerUnavailable, match="--deliver-processes 1"):
        check_placed(folder.root, Shard(0, 1))


def test_a_lane_that_two_files_hold_alike_is_not_guessed_about(folder: DataFolder) -> None:
    copy = SqliteLedger(folder, process=1)
    (epoch,) = {each.epoch for each in standings(folder.root) if each.lane == 1}
    copy.commit(Tick(lanes=[lane(1, epoch=epoch)]))
    copy.close()
    for processes in (1, 2):
        with pytest.raises(LedgerUnavailable, match=r"ledger-0\.db and in ledger-1\.db"):
            move_lanes(folder, processes)


def test_a_full_disk_ends_a_move_which_the_next_start_finishes(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> Any:
        file = open_writer(path)
        (pages,) = file.execute("pragma page_count").fetchone()
        file.execute(f"pragma max_page_count={pages}")
        return file

    with closing(open_writer(folder.ledger(0))) as file:
        file.execute("update parked set record = zeroblob(100000)")
    before = held(folder.root)
    monkeypatch.setattr(moving, "open_writer", full)
    with pytest.raises(LedgerUnavailable, match="full"):
        move_lanes(folder, 3)
    check_counts_once(folder.root, before)
    monkeypatch.undo()
    move_lanes(folder, 3)
    check_moved(folder.root, before, 3)

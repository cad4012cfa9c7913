from __future__ import annotations

import shutil
import time
from copy import deepcopy
from random import Random, SystemRandom
from typing import TYPE_CHECKING

import pytest

from headgate.ages import Ages
from headgate.folder import DataFolder
from headgate.ledger import attempts, sqlite
from headgate.ledger import reader as reading
from headgate.ledger.attempts import AttemptFiles, day_of
from headgate.ledger.driver import open_reader
from headgate.ledger.memory import MemoryLedger
from headgate.ledger.port import LaneAccount, LaneRow, LedgerUnavailable, Tick
from headgate.ledger.reader import FolderLedgers
from headgate.ledger.sqlite import SqliteLedger
from tests.contracts.ledgers import (
    DAY,
    NOON,
    TABLES,
    Image,
    SqliteBench,
    attempt,
    begun,
    copied,
    image,
    lane,
    numbers,
    place,
    some_tick,
)
from tests.contracts.test_ledger import everything

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

WAL_HEADER = 32
FRAME = 24 + 4096


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[SqliteBench]:
    bench = SqliteBench(tmp_path / "data")
    yield bench
    bench.ledger.close()


@pytest.mark.parametrize("table", TABLES)
def test_a_statement_that_fails_anywhere_in_a_tick_changes_nothing(
    bench: SqliteBench, table: str
) -> None:
    begun(bench)
    before = image(bench.ledger, bench.reader)
    bench.refuse(table)
    with pytest.raises(LedgerUnavailable, match="refused"):
        bench.ledger.commit(everything())
    assert image(bench.ledger, bench.reader) == before
    bench.accept()
    bench.ledger.commit(everything())
    assert image(bench.ledger, bench.reader) != before


def test_a_full_disk_refuses_the_tick_and_takes_it_when_there_is_room(bench: SqliteBench) -> None:
    begun(bench)
    writer = bench.ledger._writer
    (pages,) = writer.execute("pragma page_count").fetchone()
    writer.execute(f"pragma max_page_count={pages}")
    tick = Tick(places=[place(cursor=40)._replace(done=bytes(50_000))])
    for _ in range(2):
        with pytest.raises(LedgerUnavailable, match="full"):
            bench.ledger.commit(tick)
    assert list(bench.ledger.held().places) == [place()]
    writer.execute("pragma max_page_count=100000")
    bench.ledger.commit(tick)
    assert bench.ledger.held().places[0].cursor == 40


def test_whatever_goes_wrong_leaves_no_transaction_behind(bench: SqliteBench) -> None:
    begun(bench)
    with pytest.raises(OverflowError):
        bench.ledger.commit(Tick(places=[place(cursor=1 << 70)], lanes=[lane(2)]))
    bench.ledger.commit(Tick(places=[place(cursor=40)]))
    assert [row.lane for row in bench.ledger.held().lanes] == [1]
    assert bench.ledger.held().places[0].cursor == 40


def test_a_ledger_of_a_newer_format_is_refused_with_the_cure(bench: SqliteBench) -> None:
    bench.ledger._writer.execute("pragma user_version=9")
    with pytest.raises(LedgerUnavailable, match="start the newer program"):
        bench.reopen()
    bench.ledger = SqliteLedger(bench.folder, process=1)


def test_a_reader_sees_one_moment_while_the_writer_commits(
    bench: SqliteBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between any two of the reader's queries the writer closes an event."""
    begun(bench)
    bench.ledger.commit(Tick(lanes=[lane(2)], places=[place(2)]))
    cursor = place().cursor

    def close_one() -> None:
        nonlocal cursor
        cursor += 1
        tick = Tick(places=[place(number, cursor=cursor) for number in (1, 2)])
        for number in (1, 2):
            tick.tally(number, "delivered", "")
        bench.ledger.commit(tick)

    def interrupted(connection: Any, row: LaneRow) -> LaneAccount:
        close_one()
        account = of_lane(connection, row)
        close_one()
        return account

    of_lane = reading._account
    monkeypatch.setattr(reading, "_account", interrupted)
    for _ in range(3):
        for account in bench.reader.accounts():
            finished = account.places[0].cursor - account.places[0].start
            assert finished == sum(n for _, _, n in account.tallies)
    assert cursor == place().cursor + 12


def test_a_stopped_ledger_can_be_read_wherever_its_folder_is(tmp_path: Path) -> None:
    """A `?`, `#` or `%` in the folder's name was taken for a part of an address."""
    bench = SqliteBench(tmp_path / "50%25 of? it#all")
    begun(bench)
    bench.ledger.commit(everything())
    bench.ledger.close()
    assert [account.lane.lane for account in bench.reader.accounts()] == [1, 2]
    assert numbers(bench.reader, 11) == [1]


def test_readers_see_the_lanes_of_all_deliver_processes(bench: SqliteBench) -> None:
    begun(bench)
    second = SqliteLedger(bench.folder, process=1)
    second.commit(Tick(lanes=[lane(2)], places=[place(2)], attempts=[attempt(number=2)]))
    assert [account.lane.lane for account in bench.reader.accounts()] == [1, 2]
    assert len(bench.reader.attempts(2, 5)) == 1
    second.close()


def test_a_day_that_ends_during_the_sync_costs_nothing(
    bench: SqliteBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sync met a file that was closed in between, and ended the process."""
    files = AttemptFiles(bench.folder, 0)

    def turned(path: Path) -> None:
        files.commit([attempt(at=NOON + DAY)])
        raise FileNotFoundError(path)

    def missing(path: Path) -> None:
        raise FileNotFoundError(path)

    files.commit([attempt()])
    monkeypatch.setattr(attempts, "sync_wal", turned)
    files.sync()
    monkeypatch.setattr(attempts, "sync_wal", missing)
    with pytest.raises(FileNotFoundError):
        files.sync()
    files.close()


def test_attempts_are_durable_before_the_marks_that_count_them(
    bench: SqliteBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Power loss between the two syncs left marks without their attempts."""
    synced: list[str] = []
    for module in (attempts, sqlite):
        monkeypatch.setattr(module, "sync_wal", lambda path: synced.append(path.name))
    bench.ledger.commit(Tick(attempts=[attempt()]))
    bench.ledger.sync()
    assert [name.partition("-")[0] for name in synced] == ["attempts", "ledger"]


def test_a_damaged_file_of_an_earlier_day_stops_nothing(bench: SqliteBench) -> None:
    bench.folder.attempts(0, "2020-01-01").write_bytes(b"no database" * 1000)
    bench.folder.attempts(0, "2020-01-02").write_bytes(b"")
    bench.ledger.commit(Tick(attempts=[attempt()]))
    bench.folder.attempts(0, "2020-01-01").unlink()
    bench.folder.attempts(0, "2020-01-02").unlink()
    assert numbers(bench.reader) == [1]


def test_the_log_of_writes_is_begun_anew_when_all_of_it_was_moved(
    bench: SqliteBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_MANY_FRAMES", 50)
    begun(bench)
    for turn in range(200):
        bench.ledger.commit(Tick(places=[place(cursor=turn)]))
        if turn % 20 == 0:
            bench.ledger.sync()
    wal = bench.ledger.path.with_name(bench.ledger.path.name + "-wal")
    assert wal.stat().st_size < WAL_HEADER + 120 * FRAME


def test_a_slow_reader_does_not_make_the_ticks_wait(
    bench: SqliteBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody's long look at the ledger held every slot for five seconds."""
    monkeypatch.setattr(sqlite, "_MANY_FRAMES", 10)
    begun(bench)
    slow = open_reader(bench.ledger.path)
    for turn in range(20):
        bench.ledger.commit(Tick(places=[place(cursor=turn)]))
    slow.execute("begin")
    slow.execute("select count(*) from lanes").fetchone()
    begin = time.monotonic()
    bench.ledger.sync()
    assert time.monotonic() - begin < 1
    assert bench.ledger.may_commit()
    slow.close()


class Recorded:
    """A run of ticks on the files and on the twin at once; some of them synced."""

    def __init__(self, bench: SqliteBench, rng: Random, ticks: int) -> None:
        self.bench, self.twin = bench, MemoryLedger()
        begun(bench)
        self.twin.commit(Tick(lanes=[lane()], places=[place()]))
        self.sync()
        for turn in range(ticks):
            tick = some_tick(rng, turn)
            bench.ledger.commit(copied(tick))
            self.twin.commit(copied(tick))
            if rng.random() < 0.2:
                self.sweep()
            if rng.random() < 0.1:
                self.sync()

    def sweep(self) -> None:
        """Letters and series go at once, in both alike."""
        now, ages = NOON + 400 * DAY, Ages(attempts_days=1000)
        assert self.bench.ledger.sweep(now, ages, ()) == self.twin.sweep(now, ages, ())

    def sync(self) -> None:
        self.bench.ledger.sync()
        self.twin.sync()
        self._synced = written(self._wal())

    def _wal(self) -> bytes:
        path = self.bench.ledger.path
        return path.with_name(path.name + "-wal").read_bytes()

    def shortest(self) -> int:
        """Power loss keeps at least this much: what was synced, unless the WAL was begun anew."""
        salt, end = self._synced
        return end if written(self._wal())[0] == salt else 0

    def possible(self) -> list[Image]:
        """What may be left after power loss, as the twin says."""
        images = []
        for kept in range(self.twin.unsynced + 1):
            twin = copied_ledger(self.twin)
            twin.power_loss(kept)
            images.append(image(twin, twin))
        return images


def copied_ledger(twin: MemoryLedger) -> MemoryLedger:
    other = MemoryLedger()
    other._now, other._durable, other._since = deepcopy((twin._now, twin._durable, twin._since))
    return other


def written(wal: bytes) -> tuple[bytes, int]:
    """The salt of a WAL, and where its own frames end: older ones may lie behind them."""
    salt, end = wal[16:24], WAL_HEADER
    while wal[end + 8 : end + 16] == salt:
        end += FRAME
    return salt, end


def cuts(size: int, rng: Random, shortest: int) -> list[int]:
    """Every boundary of a frame in the WAL, and odd bytes in between."""
    boundaries = list(range(WAL_HEADER, size + 1, FRAME))
    odd = [rng.randrange(size) for _ in range(15)]
    all_cuts = {0, 1, WAL_HEADER - 1, size - 1, *boundaries, *odd, shortest}
    return sorted(cut for cut in all_cuts if cut >= shortest)


def after_cut(bench: SqliteBench, root: Path, size: int) -> Image:
    """What a ledger holds whose files were copied with the WAL cut at a byte."""
    folder = DataFolder(root).make()
    name = bench.ledger.path.name
    shutil.copyfile(bench.ledger.path, folder.root / name)
    wal = bench.ledger.path.with_name(f"{name}-wal").read_bytes()
    (folder.root / f"{name}-wal").write_bytes(wal[:size])
    ledger = SqliteLedger(folder)
    try:
        return image(ledger, FolderLedgers(root))
    finally:
        ledger.close()


@pytest.mark.parametrize("ticks", [12, pytest.param(150, marks=pytest.mark.full)])
def test_files_cut_at_any_write_are_a_state_that_the_twin_knows(
    bench: SqliteBench, tmp_path: Path, ticks: int
) -> None:
    """Power loss leaves a prefix of the commits, and all that were synced: no more, no less."""
    seed = SystemRandom().randrange(1 << 32)
    print(f"SEED={seed}")  # noqa: T201 - to run a failure again
    rng = Random(seed)  # noqa: S311
    run = Recorded(bench, rng, ticks)
    possible = run.possible()
    wal = bench.ledger.path.with_name(bench.ledger.path.name + "-wal")
    met = set()
    for number, size in enumerate(cuts(wal.stat().st_size, rng, run.shortest())):
        found = after_cut(bench, tmp_path / f"cut-{number}", size)
        assert found in possible, f"{seed=} {size=}: no prefix of the commits"
        met.add(possible.index(found))
    assert met == {possible.index(each) for each in possible}, "a sweep of series changes no image"


def test_a_damaged_file_of_attempts_is_set_aside_and_deliveries_go_on(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path).make()
    path = folder.attempts(0, day_of(NOON))
    path.write_bytes(b"no database at all" * 100)
    ledger = SqliteLedger(folder)
    ledger.commit(Tick(attempts=[attempt(5)]))
    ledger.close()
    assert path.with_suffix(".damaged").exists()
    assert len(FolderLedgers(tmp_path).attempts(1, 5)) == 1

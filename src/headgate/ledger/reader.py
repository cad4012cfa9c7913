"""Reading all ledgers of a data folder, while they are being written or not."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from headgate.ledger.attempts import on_record
from headgate.ledger.fates import Fate, fates
from headgate.ledger.files import ATTEMPTS, LEDGERS, in_all, reading, rows
from headgate.ledger.finding import TRIES, find
from headgate.ledger.letters import letters
from headgate.ledger.open_rows import open_row
from headgate.ledger.port import (
    WAITS,
    Attempt,
    CommandRow,
    DeadLetter,
    LaneAccount,
    LaneRow,
    LedgerReader,
    OpenRow,
    ParkedRow,
    PlaceRow,
    Switch,
)
from headgate.ledger.queries import letter_mark
from headgate.ledger.series import merged, points
from headgate.ledger.shard import holders, ledger_files, standings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from headgate.ledger.port import Letter
    from headgate.ledger.queries import (
        AttemptFilter,
        Found,
        LetterFilter,
        Point,
        SeriesQuery,
    )

    Home = Callable[[int], Path | None]

T = TypeVar("T")

_LOOKS = 10
_DEAD = """select lane, partition, position, subscription, message_id, source, subject_hashes,
    reason, status, tries, at, record, sample from dead_letters
    where lane = ? and position = ? order by id"""
_TRIES = TRIES.format(rows="attempts") + " where a.lane = ? and a.position = ?"
_DUES = "select lane, min(due_at) from parked where reason <> ? group by lane"
_TALLIES = "select class, reason, n from tallies where lane = ? and n <> 0"
_OPEN = """select position from open where lane = ? and partition = ? and position >= ?
    and position < ?"""


class FolderLedgers(LedgerReader):
    """`LedgerReader` over the files of a data folder.

    A lane that is being moved between files counts in the one that holds it, and is never missed:
    where there are several files it is read again if a lane moved meanwhile.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def _steady(self, read: Callable[[list[Path], Home], T]) -> T:
        """Read, given the files and which of them holds a lane."""
        for _ in range(_LOOKS):
            paths = ledger_files(self._root)
            if len(paths) <= 1:
                return read([*paths.values()], partial(_only, paths))
            standing = standings(self._root)
            homes = {lane: paths[at.process] for lane, at in holders(standing).items()}
            found = read([*paths.values()], homes.get)
            if standings(self._root) == standing:
                break
        return found

    def _rows(self, lane: int, query: str, *values: Any) -> list[Any]:
        """What the file that holds a lane has of it."""

        def read(_: list[Path], home: Home) -> list[Any]:
            path = home(lane)
            return [] if path is None else rows(path, query, (lane, *values))

        return self._steady(read)

    def accounts(self) -> Sequence[LaneAccount]:
        """All lanes; each file is read in one transaction, so a lane's rows belong together."""
        found = self._steady(
            lambda paths, home: [
                account
                for path in paths
                for account in _accounts(path)
                if home(account.lane.lane) == path
            ]
        )
        return sorted(found, key=lambda account: account.lane.lane)

    def switches(self, lane: int) -> Sequence[Switch]:
        query = "select * from lane_snapshots where lane = ? order by from_position"
        return [Switch(*row) for row in self._rows(lane, query)]

    def parked(self, lane: int, position: int) -> Sequence[ParkedRow]:
        query = "select * from parked where lane = ? and position = ?"
        return [ParkedRow(*row) for row in self._rows(lane, query, position)]

    def opened(self, lane: int, position: int) -> OpenRow | None:
        query = "select * from open where lane = ? and position = ?"
        return next(map(open_row, self._rows(lane, query, position)), None)

    def open_positions(self, lane: int, partition: int, low: int, high: int) -> frozenset[int]:
        return frozenset(at for (at,) in self._rows(lane, _OPEN, partition, low, high))

    def dead_letters(self, lane: int, position: int) -> Sequence[DeadLetter]:
        return [DeadLetter(*row) for row in self._rows(lane, _DEAD, position)]

    def letters(self, which: LetterFilter) -> Sequence[Letter]:
        found = self._steady(lambda paths, home: _letters(paths, home, which))
        return found[: which.limit]

    def command(self, name: str) -> CommandRow | None:
        found = in_all(self._root, LEDGERS, "select * from commands where id = ?", (name,))
        return next((CommandRow(*row) for row in found), None)

    def attempts(self, lane: int, position: int) -> Sequence[tuple[int, Attempt]]:
        found = in_all(self._root, ATTEMPTS, _TRIES, (lane, position))
        tries = [(row[0], Attempt(*row[1:])) for row in found]
        return sorted(tries, key=lambda numbered: (numbered[1].at, numbered[0]))

    def fates(self, source: int, partition: int, position: int, key: str = "") -> Sequence[Fate]:
        found = self._steady(
            lambda paths, home: [
                fate
                for path in paths
                for fate in _fates(path, source, partition, position, key)
                if home(fate.lane.lane) == path
            ]
        )
        return sorted(found, key=lambda fate: fate.lane.lane)

    def find_attempts(self, which: AttemptFilter) -> Found:
        return find(self._root, which)

    def series(self, query: SeriesQuery) -> Sequence[Point]:
        found = self._steady(lambda paths, home: _points(paths, home, query))
        return merged(found)

    def waiting(self) -> dict[int, int]:
        counted = "select lane, count(*) from parked group by lane"
        return self._steady(
            lambda paths, home: {
                lane: n for path in paths for lane, n in rows(path, counted) if home(lane) == path
            }
        )

    def dues(self) -> dict[int, int]:
        return self._steady(
            lambda paths, home: {
                lane: at
                for path in paths
                for lane, at in rows(path, _DUES, (WAITS,))
                if home(lane) == path
            }
        )

    def delivered(
        self, lanes: frozenset[int], partition: int, low: int, high: int
    ) -> frozenset[tuple[int, str]]:
        return on_record(self._root, lanes, (partition, low, high), outcome="delivered")

    def tried(
        self, lanes: frozenset[int], partition: int, low: int, high: int
    ) -> frozenset[tuple[int, str]]:
        return on_record(self._root, lanes, (partition, low, high), outcome=None)


def _only(paths: dict[int, Path], lane: int) -> Path | None:  # noqa: ARG001 - a `Home`
    return next(iter(paths.values()), None)


def _letters(paths: list[Path], home: Home, which: LetterFilter) -> list[Letter]:
    found: list[Letter] = []
    for path, here in _placed(paths, home, which.lanes):
        with reading(path) as connection:
            found += letters(connection, which._replace(lanes=here))
    if which.newest_first:
        found.sort(key=letter_mark, reverse=True)
    elif len(paths) > 1:
        found.sort(key=lambda row: (row.letter.at, row.id))
    return found


def _points(paths: list[Path], home: Home, query: SeriesQuery) -> list[Point]:
    found: list[Point] = []
    for path, here in _placed(paths, home, query.lanes):
        with reading(path) as connection:
            found += points(connection, query._replace(lanes=here))
    return found


def _placed(
    paths: list[Path], home: Home, lanes: frozenset[int]
) -> Iterator[tuple[Path, frozenset[int]]]:
    """The files that hold some of the lanes, with those."""
    for path in paths:
        here = frozenset(lane for lane in lanes if home(lane) == path)
        if here:
            yield path, here


def _accounts(path: Path) -> list[LaneAccount]:
    with reading(path) as connection:
        connection.execute("begin")
        lanes = [LaneRow(*row) for row in connection.execute("select * from lanes order by lane")]
        return [_account(connection, lane) for lane in lanes]


def _fates(path: Path, source: int, partition: int, position: int, key: str) -> list[Fate]:
    with reading(path) as connection:
        connection.execute("begin")
        return fates(connection, source, partition, position, key)


def _account(connection: Any, lane: LaneRow) -> LaneAccount:
    rows = connection.execute
    return LaneAccount(
        lane,
        [PlaceRow(*row) for row in rows("select * from places where lane = ?", (lane.lane,))],
        rows(_TALLIES, (lane.lane,)).fetchall(),
        rows("select count(*) from open where lane = ?", (lane.lane,)).fetchone()[0],
    )

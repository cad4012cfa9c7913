"""Reading all ledgers of a data folder, while they are being written or not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from headgate.ledger.driver import open_reader
from headgate.ledger.port import (
    Attempt,
    DeadLetter,
    LaneAccount,
    LaneRow,
    LedgerReader,
    OpenRow,
    ParkedRow,
    PlaceRow,
    Switch,
)
from headgate.ledger.sqlite import open_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_LEDGER = re.compile(r"ledger-\d+\.db")
_ATTEMPTS = re.compile(r"attempts-\d+-\d{4}-\d\d-\d\d\.db")
_DEAD = """select lane, partition, position, subscription, message_id, source, subject_hashes,
    reason, status, tries, at, record, sample from dead_letters
    where lane = ? and position = ? order by id"""
_TRIES = """select a.n, a.partition, a.position, a.lane, a.subscription, a.n - 1, a.at, a.ms,
    a.status, a.outcome, a.reason, a.snapshot, a.batch_id, s.request, s.response
    from attempts a left join samples s using (partition, position, lane, subscription, n)
    where a.lane = ? and a.position = ?"""


class FolderLedgers(LedgerReader):
    """`LedgerReader` over the files of a data folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def _files(self, pattern: re.Pattern[str]) -> list[Path]:
        return sorted(path for path in self._root.iterdir() if pattern.fullmatch(path.name))

    def _rows(self, pattern: re.Pattern[str], query: str, *values: Any) -> Iterator[Any]:
        for path in self._files(pattern):
            connection = open_reader(path)
            try:
                yield from connection.execute(query, values).fetchall()
            finally:
                connection.close()

    def accounts(self) -> Sequence[LaneAccount]:
        """All lanes; each file is read in one transaction, so a lane's rows belong together."""
        return [account for path in self._files(_LEDGER) for account in _accounts(path)]

    def switches(self, lane: int) -> Sequence[Switch]:
        query = "select * from lane_snapshots where lane = ? order by from_position"
        return [Switch(*row) for row in self._rows(_LEDGER, query, lane)]

    def parked(self, lane: int, position: int) -> Sequence[ParkedRow]:
        query = "select * from parked where lane = ? and position = ?"
        return [ParkedRow(*row) for row in self._rows(_LEDGER, query, lane, position)]

    def opened(self, lane: int, position: int) -> OpenRow | None:
        query = "select * from open where lane = ? and position = ?"
        return next(map(open_row, self._rows(_LEDGER, query, lane, position)), None)

    def dead_letters(self, lane: int, position: int) -> Sequence[DeadLetter]:
        return [DeadLetter(*row) for row in self._rows(_LEDGER, _DEAD, lane, position)]

    def attempts(self, lane: int, position: int) -> Sequence[tuple[int, Attempt]]:
        rows = self._rows(_ATTEMPTS, _TRIES, lane, position)
        tries = [(row[0], Attempt(*row[1:])) for row in rows]
        return sorted(tries, key=lambda numbered: (numbered[1].at, numbered[0]))


def _accounts(path: Path) -> list[LaneAccount]:
    connection = open_reader(path)
    try:
        connection.execute("begin")
        lanes = [LaneRow(*row) for row in connection.execute("select * from lanes order by lane")]
        return [_account(connection, lane) for lane in lanes]
    finally:
        connection.close()


def _account(connection: Any, lane: LaneRow) -> LaneAccount:
    rows = connection.execute
    return LaneAccount(
        lane,
        [PlaceRow(*row) for row in rows("select * from places where lane = ?", (lane.lane,))],
        rows("select class, reason, n from tallies where lane = ?", (lane.lane,)).fetchall(),
        rows("select count(*) from open where lane = ?", (lane.lane,)).fetchone()[0],
    )

"""Reading a ledger in PostgreSQL, while it is being written or not."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeVar

from headgate.ledger.fates import Fate, fates
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
from headgate.ledger.postgresql import attempts
from headgate.ledger.postgresql.dialect import Portable
from headgate.ledger.postgresql.server import Connections
from headgate.ledger.series import points

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headgate.ledger.port import Letter
    from headgate.ledger.postgresql.server import Server
    from headgate.ledger.queries import AttemptFilter, Found, LetterFilter, Point, SeriesQuery

T = TypeVar("T")

_LANES = "select * from lanes order by lane"
_PLACES = "select * from places order by lane, partition"
_TALLIES = "select lane, class, reason, n from tallies where n <> 0 order by lane, class, reason"
_OPEN = "select lane, count(*) from open group by lane"
_SWITCHES = "select * from lane_snapshots where lane = ? order by from_position"
_PARKED = "select * from parked where lane = ? and position = ? order by partition, subscription"
_OPENED = "select * from open where lane = ? and position = ?"
_DEAD = """select lane, partition, position, subscription, message_id, source, subject_hashes,
    reason, status, tries, at, record, sample from dead_letters
    where lane = ? and position = ? order by id"""
_COMMAND = "select id, lane, done_at, result from commands where id = ?"
_POSITIONS = """select position from open where lane = ? and partition = ? and position >= ?
    and position < ?"""
_WAITING = "select lane, count(*) from parked group by lane"
_DUES = "select lane, min(due_at) from parked where reason <> ? group by lane"


class PostgresqlLedgers(LedgerReader):
    """`LedgerReader` for the lanes of all deliver processes; threads may share it.

    Each answer is one view of the ledger that does not change meanwhile.
    """

    def __init__(self, server: Server) -> None:
        self._connections = Connections(server)

    def close(self) -> None:
        self._connections.close()

    def accounts(self) -> Sequence[LaneAccount]:
        queries = (_LANES, _PLACES, _TALLIES, _OPEN)
        lanes, *rows = self._ask(lambda ask: [ask(query).fetchall() for query in queries])
        places, tallies, opened = map(_by_lane, rows)
        return [
            LaneAccount(
                LaneRow(*lane),
                [PlaceRow(lane[0], *place) for place in places[lane[0]]],
                tallies[lane[0]],
                sum(n for (n,) in opened[lane[0]]),
            )
            for lane in lanes
        ]

    def switches(self, lane: int) -> Sequence[Switch]:
        return [Switch(*row) for row in self._rows(_SWITCHES, lane)]

    def parked(self, lane: int, position: int) -> Sequence[ParkedRow]:
        return [ParkedRow(*row) for row in self._rows(_PARKED, lane, position)]

    def opened(self, lane: int, position: int) -> OpenRow | None:
        return next(map(open_row, self._rows(_OPENED, lane, position)), None)

    def open_positions(self, lane: int, partition: int, low: int, high: int) -> frozenset[int]:
        return frozenset(at for (at,) in self._rows(_POSITIONS, lane, partition, low, high))

    def dead_letters(self, lane: int, position: int) -> Sequence[DeadLetter]:
        return [DeadLetter(*row) for row in self._rows(_DEAD, lane, position)]

    def letters(self, which: LetterFilter) -> Sequence[Letter]:
        return self._look(lambda connection: letters(Portable(connection), which))

    def command(self, name: str) -> CommandRow | None:
        return next((CommandRow(*row) for row in self._rows(_COMMAND, name)), None)

    def attempts(self, lane: int, position: int) -> Sequence[tuple[int, Attempt]]:
        return self._look(lambda connection: attempts.tries(connection, lane, position))

    def fates(self, source: int, partition: int, position: int, key: str = "") -> Sequence[Fate]:
        event = (source, partition, position, key)
        return self._look(lambda connection: fates(Portable(connection), *event))

    def find_attempts(self, which: AttemptFilter) -> Found:
        return self._look(lambda connection: attempts.find(connection, which))

    def series(self, query: SeriesQuery) -> Sequence[Point]:
        return self._look(lambda connection: points(Portable(connection), query))

    def waiting(self) -> dict[int, int]:
        return dict(self._rows(_WAITING))

    def dues(self) -> dict[int, int]:
        return dict(self._rows(_DUES, WAITS))

    def delivered(
        self, lanes: frozenset[int], partition: int, low: int, high: int
    ) -> frozenset[tuple[int, str]]:
        span = (partition, low, high)
        return self._look(lambda each: attempts.on_record(each, lanes, span, "delivered"))

    def tried(
        self, lanes: frozenset[int], partition: int, low: int, high: int
    ) -> frozenset[tuple[int, str]]:
        span = (partition, low, high)
        return self._look(lambda each: attempts.on_record(each, lanes, span, None))

    def _rows(self, query: str, *values: Any) -> list[Any]:
        return self._ask(lambda ask: list(ask(query, values)))

    def _ask(self, read: Callable[[Callable[..., Any]], T]) -> T:
        return self._look(lambda connection: read(Portable(connection).execute))

    def _look(self, read: Callable[[Any], T]) -> T:
        with self._connections.look() as connection:
            return read(connection)


def _by_lane(rows: list[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    found = defaultdict(list)
    for lane, *rest in rows:
        found[lane].append(tuple(rest))
    return found

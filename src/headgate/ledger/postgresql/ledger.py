"""The ledger in PostgreSQL: one tick on its way at a time, in a thread of its own."""

from __future__ import annotations

import hashlib
from concurrent.futures import wait
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import psycopg

from headgate.ledger.letters import letters, letters_at
from headgate.ledger.open_rows import open_row
from headgate.ledger.port import (
    Held,
    LaneRow,
    Ledger,
    LedgerUnavailable,
    OnItsWay,
    OpenRow,
    ParkedRow,
    PlaceRow,
    Share,
    Tick,
)
from headgate.ledger.postgresql import attempts
from headgate.ledger.postgresql.dialect import Portable
from headgate.ledger.postgresql.line import Line
from headgate.ledger.postgresql.server import BEGIN, TERMS, Taken, roll_back
from headgate.ledger.postgresql.statements import changes
from headgate.ledger.sqlite import OPENED, RECORD, SHARES, UNRECORDED
from headgate.ledger.sweeping import limits, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from concurrent.futures import Future

    from headgate.ages import Ages
    from headgate.ledger.port import Letter
    from headgate.ledger.postgresql.server import Server
    from headgate.ledger.queries import LetterFilter
    from headgate.ledger.shard import Shard
    from headgate.ledger.sweeping import Limits

T = TypeVar("T")

AT_MOST_SECONDS = 0.001
"""How long the loop stands still for a tick, or for a step of the sweep."""
READ_SECONDS = 5.0
CLOSE_SECONDS = 3.0
_DDL_WAIT_MS = 100
"""Dropping a day waits for those who read it, and all others wait behind it."""

_HELD = (
    "select * from lanes where {mine} order by lane",
    "select * from places where {mine} order by lane, partition",
    "select * from open where {mine} order by position",
    "select * from parked where {mine} order by due_at, position",
)
_MINE = "lane in (select lane from lanes where mod(gate, {of}) = {index})"
_COMMANDS = "select id from commands"
_FENCE = b"select fence(%s, %s, %s)"
_RECORDED = b"update writers set recorded = %s where process = %s"
_COMMITTED = b"update writers set tick = %s where process = %s"
_OTHERS = b"update writers set epoch = epoch + 1 where of <> %s"
_TAKE = b"""insert into writers as mine values (%s, %s, 1, 0, 0) on conflict (process) do update
    set of = excluded.of, epoch = mine.epoch + 1, tick = 0, recorded = 0 returning epoch"""
_CLAIM = b"select pg_advisory_xact_lock(%s)"
_TAKEN, _DONE, _LOST = "HG001", "HG002", "HG003"
"""What `fence` raises."""


class Flight(NamedTuple):
    """A tick that is on its way, and what becomes of it."""

    tick: Tick
    ended: Future[None]


class PostgresqlLedger(Ledger):
    """`Ledger` for the deliver process of a shard; decision 0019.

    Everything that touches the server is done in one thread, in order. A tick that takes longer
    than `at_most` seconds goes on there: `commit` then raises `OnItsWay`, and given the same tick
    again tells what became of it.
    """

    def __init__(self, server: Server, shard: Shard, at_most: float = AT_MOST_SECONDS) -> None:
        self._server, self._shard, self._at_most = server, shard, at_most
        self._line = Line(f"ledger-{shard.index}")
        self._connection: Any = None
        self._epoch = self._tick = self._records = 0
        self._days: frozenset[int] = frozenset()
        self._doubtful: Tick | None = None
        """The last tick that failed: a lost connection does not tell whether it was committed."""
        self._flight: Flight | None = None
        self._sweeping: Future[bool] | None = None
        try:
            self._line.do(self._open).result()
        except BaseException:
            self.close()
            raise

    # reading

    def held(self) -> Held:
        mine = self._mine
        lanes, places, opened, parked = self._ask(
            lambda rows: [rows(query.format(mine=mine)).fetchall() for query in _HELD]
        )
        return Held(
            [LaneRow(*row) for row in lanes],
            [PlaceRow(*row) for row in places],
            [open_row(row) for row in opened],
            [ParkedRow(*row) for row in parked],
        )

    def unrecorded(self, lane: int, partition: int, below: int) -> list[int]:
        values = {"l": lane, "p": partition, "below": below}
        return self._ask(lambda rows: sorted(at for (at,) in rows(UNRECORDED, values)))

    def record(self, lane: int, partition: int, position: int) -> bytes | None:
        values = {"l": lane, "p": partition, "q": position}
        row = self._ask(lambda rows: rows(RECORD, values).fetchone())
        return row[0] if row else None

    def opened_row(self, lane: int, partition: int, position: int) -> OpenRow | None:
        row = self._ask(lambda rows: rows(OPENED, (lane, partition, position)).fetchone())
        return row and open_row(row)

    def letters(self, which: LetterFilter) -> list[Letter]:
        return self._look(lambda connection: letters(Portable(connection), which))

    def letters_at(self, lane: int, partition: int, position: int) -> list[Letter]:
        place = (lane, partition, position)
        return self._look(lambda connection: letters_at(Portable(connection), *place))

    def done_commands(self) -> frozenset[str]:
        return self._ask(lambda rows: frozenset(name for (name,) in rows(_COMMANDS)))

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

    def shares(self, since_ms: int) -> dict[int, Share]:
        found = self._ask(lambda rows: rows(SHARES, (since_ms // 60_000,)).fetchall())
        return {lane: Share(dead, ended) for lane, dead, ended in found}

    def _ask(self, read: Callable[[Callable[..., Any]], T]) -> T:
        return self._look(lambda connection: read(Portable(connection).execute))

    def _look(self, read: Callable[[Any], T]) -> T:
        try:
            return self._line.do(lambda: self._read(read)).result(READ_SECONDS)
        except TimeoutError:
            raise LedgerUnavailable(
                f"the ledger at {self._server.address.shown} did not answer within"
                f" {READ_SECONDS:g} s: look there for what keeps it"
            ) from None

    # writing

    def may_commit(self) -> bool:
        return True

    def commit(self, tick: Tick) -> None:
        """Raises `OnItsWay` for what takes longer, and `Taken` when nothing may be written."""
        flight, patience = self._flight, 0.0
        if flight is None:
            ended = self._line.do(partial(self._commit, tick))
            flight, patience = Flight(tick, ended), self._at_most
        if flight.tick is not tick:
            raise RuntimeError("another tick is on its way: this one must wait for it")
        self._flight = flight
        wait((flight.ended,), patience)
        if not flight.ended.done():
            raise OnItsWay("the tick is on its way")
        self._flight = None
        flight.ended.result()

    def sweep(self, now_ms: int, ages: Ages, commands: Container[str] | None = None) -> bool:
        """A step that takes longer goes on, and is looked after at the next call."""
        if self._sweeping is None:
            now = limits(now_ms, ages)
            self._sweeping = self._line.do(lambda: self._sweep(now, commands))
        step = self._sweeping
        wait((step,), self._at_most)
        if not step.done():
            return True
        self._sweeping = None
        return step.result()

    def sync(self) -> None:
        """What is committed survives power loss as far as the server promises it."""

    def close(self) -> None:
        self._line.do(self._disconnect)
        self._line.close(CLOSE_SECONDS)

    # in the thread

    @property
    def _mine(self) -> str:
        """In SQL, of a `lane`: that it is one of this process."""
        shard = self._shard
        return "true" if shard.of == 1 else _MINE.format(of=shard.of, index=shard.index)

    def _open(self) -> None:
        """Take the lanes over, from whatever earlier process may still have a tick on its way."""
        connection = self._connected()
        self._server.make(connection)
        with self._server.transaction(connection):
            self._claim(connection)
            connection.execute(_OTHERS, (self._shard.of,))
            writer = (self._shard.index, self._shard.of)
            (self._epoch,) = connection.execute(_TAKE, writer).fetchone()

    def _connected(self) -> Any:
        if self._connection is None or self._connection.closed:
            self._connection = self._server.connect()
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _claim(self, connection: Any) -> None:
        """One process at a time changes who may write, or which days there are."""
        digest = hashlib.blake2b(f"{self._server.schema} writers".encode(), digest_size=8).digest()
        connection.execute(_CLAIM, (int.from_bytes(digest, "big", signed=True),))

    def _read(self, read: Callable[[Any], T]) -> T:
        """Ask once more where the server was started anew since it was last asked."""
        known = self._connection
        try:
            with self._server.transaction(self._connected()) as connection:
                return read(connection)
        except LedgerUnavailable:
            if known is None or not known.closed:
                raise
        with self._server.transaction(self._connected()) as connection:
            return read(connection)

    def _commit(self, tick: Tick) -> None:
        connection = self._connected()
        if tick.attempts:
            self._make_days({each.at // attempts.DAY_MS for each in tick.attempts})
        number, records = self._tick + 1, self._records + 1
        try:
            self._send(connection, tick, number, records)
        except psycopg.Error as error:
            self._not_sent(connection, tick, error)
        self._tick, self._doubtful = number, None
        if tick.attempts:
            self._records, tick.attempts = records, []

    def _send(self, connection: Any, tick: Tick, number: int, records: int) -> None:
        """All statements at once, so that the server is waited for only once."""
        process, sent = self._shard.index, changes(tick)
        with connection.pipeline():
            connection.execute(BEGIN)
            connection.execute(TERMS, self._server.terms())
            connection.execute(_FENCE, (process, self._epoch, number))
            if tick.attempts:
                for batch in attempts.batches(tick.attempts):
                    connection.execute(attempts.RECORD, [*batch, process, records])
                connection.execute(_RECORDED, (records, process))
                connection.execute(b"savepoint recorded")
            for query, columns in sent:
                connection.execute(query, columns)
            connection.execute(_COMMITTED, (number, process))
            connection.execute(b"commit")

    def _not_sent(self, connection: Any, tick: Tick, error: psycopg.Error) -> None:
        """Return for a tick that was committed after all; else say why it was not."""
        if error.sqlstate == _DONE and tick is self._doubtful:
            roll_back(connection)
            return
        if error.sqlstate in (_TAKEN, _DONE, _LOST):
            roll_back(connection)
            raise Taken(f"the ledger at {self._server.address.shown}: {error.diag.message_primary}")
        self._days, self._doubtful = frozenset(), tick
        if tick.attempts and self._keep_attempts(connection):
            self._records, tick.attempts = self._records + 1, []
        roll_back(connection)
        raise self._server.unavailable(error) from error

    def _keep_attempts(self, connection: Any) -> bool:
        """They stay on record though the rest of their tick is refused."""
        try:
            connection.execute(b"rollback to savepoint recorded")
            connection.execute(b"commit")
        except psycopg.Error:
            return False
        return True

    def _make_days(self, wanted: set[int]) -> None:
        if wanted <= self._days:
            return
        with self._server.transaction(self._connected()) as connection:
            self._claim(connection)
            for day in sorted(wanted):
                attempts.make_day(connection, day)
            self._days = frozenset(attempts.days(connection))

    def _sweep(self, limits: Limits, commands: Container[str] | None) -> bool:
        connection, fence = self._connected(), (self._shard.index, self._epoch, self._tick + 1)
        with self._server.transaction(connection, wait_ms=_DDL_WAIT_MS):
            self._claim(connection)
            connection.execute(_FENCE, fence)
            if (dropped := attempts.drop_day(connection, limits.attempts)) is not None:
                self._days -= {dropped}
                return True
        with self._server.transaction(connection):
            connection.execute(_FENCE, fence)
            return sweep(Portable(connection), limits, commands, self._mine)

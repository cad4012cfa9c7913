"""Ledgers to run one contract suite on: in memory, in SQLite files, and in PostgreSQL."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import psycopg

from headgate.folder import DataFolder
from headgate.ledger.memory import MemoryLedger
from headgate.ledger.port import (
    LATENCIES_MS,
    Attempt,
    CommandRow,
    DeadLetter,
    Held,
    LaneAccount,
    LaneRow,
    Ledger,
    LedgerReader,
    Letter,
    OpenRow,
    ParkedRow,
    PlaceRow,
    SeriesKey,
    Switch,
    Tick,
)
from headgate.ledger.postgresql.ledger import PostgresqlLedger
from headgate.ledger.postgresql.reader import PostgresqlLedgers
from headgate.ledger.postgresql.server import Server
from headgate.ledger.queries import LetterFilter
from headgate.ledger.reader import FolderLedgers
from headgate.ledger.shard import Shard
from headgate.ledger.sqlite import SqliteLedger
from headgate.store.postgresql_address import Address

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from tests.contracts.postgres import Postgres

NOON = 1_790_000_000_000
DAY = 86_400_000
TABLES = (
    "lanes",
    "places",
    "lane_snapshots",
    "tallies",
    "open",
    "parked",
    "dead_letters",
    "commands",
    "series",
)


class Bench(Protocol):
    """A ledger, who reads it, and what may happen to it."""

    @property
    def ledger(self) -> Ledger: ...
    @property
    def reader(self) -> LedgerReader: ...

    def reopen(self) -> None:
        """End the process and start another on the same files."""
        ...

    def refuse(self, table: str = TABLES[-1]) -> None:
        """Let commits that write a table fail in their middle, until `accept`."""
        ...

    def accept(self) -> None: ...

    def series(self, of: str = "minutes") -> dict[SeriesKey, list[int]]: ...


class MemoryBench:
    def __init__(self) -> None:
        self.ledger = self.reader = MemoryLedger()

    def reopen(self) -> None:
        self.ledger.kill()

    def refuse(self, table: str = TABLES[-1]) -> None:  # noqa: ARG002 - it refuses all
        self.ledger.failing = True

    def accept(self) -> None:
        self.ledger.failing = False

    def series(self, of: str = "minutes") -> dict[SeriesKey, list[int]]:
        tables = self.ledger.tables
        return {"minutes": tables.series, "hours": tables.hours, "days": tables.days}[of]


class SqliteBench:
    def __init__(self, root: Path) -> None:
        self.folder = DataFolder(root).make()
        self.ledger = SqliteLedger(self.folder)
        self.reader = FolderLedgers(root)

    def reopen(self) -> None:
        self.ledger.close()
        self.ledger = SqliteLedger(self.folder)

    def refuse(self, table: str = TABLES[-1]) -> None:
        """The last table that a tick writes: everything else has been written by then."""
        for change in ("insert", "update"):
            self.ledger._writer.execute(
                f"create trigger refuse_{change} before {change} on {table}"
                " begin select raise(abort, 'refused'); end"
            )

    def accept(self) -> None:
        for change in ("insert", "update"):
            self.ledger._writer.execute(f"drop trigger refuse_{change}")

    def series(self, of: str = "minutes") -> dict[SeriesKey, list[int]]:
        table = "series" if of == "minutes" else f"series_{of}"
        rows = self.ledger._writer.execute(f"select * from {table}").fetchall()  # noqa: S608
        return {SeriesKey(*row[:6]): list(row[7:]) for row in rows}


SCHEMA = "headgate_ledger_test"
PATIENCE = 30.0
_EMPTIED = (*TABLES, "series_hours", "series_days", "writers")
_REFUSES = """create or replace function refuse() returns trigger language plpgsql
    as $$ begin raise 'refused'; end $$"""


class PostgresBench:
    """A ledger of a database that has its tables already; each bench begins without rows."""

    def __init__(self, postgres: Postgres, database: str) -> None:
        address = postgres.by_socket(database)
        self.server = Server(Address.parsed(address), SCHEMA)
        self.reader = PostgresqlLedgers(self.server)
        self._beside = psycopg.connect(address, autocommit=True)
        self._beside.execute(f"set search_path to {SCHEMA}")
        self.ledger = self.opened()

    def opened(self, index: int = 0, of: int = 1) -> PostgresqlLedger:
        """A process starts; it waits for its ticks, as those of files do."""
        return PostgresqlLedger(self.server, Shard(index, of), PATIENCE)

    def empty(self) -> None:
        """For the next bench; quicker than to make the tables anew."""
        days = self.run(
            "select inhrelid::regclass::text from pg_inherits"
            " where inhparent = 'attempts'::regclass"
        )
        dropped = [f"drop table {name}" for (name,) in days]
        gone = [f"delete from {table}" for table in _EMPTIED]  # noqa: S608
        self.run(";".join([*dropped, *gone, "alter table dead_letters alter id restart"]))

    def reopen(self) -> None:
        self.ledger.close()
        self.ledger = self.opened()

    def refuse(self, table: str = TABLES[-1]) -> None:
        self.run(
            f"{_REFUSES}; create trigger refuse before insert or update on {table}"
            " for each row execute function refuse()"
        )

    def accept(self) -> None:
        self.run("drop function if exists refuse cascade")

    def series(self, of: str = "minutes") -> dict[SeriesKey, list[int]]:
        table = "series" if of == "minutes" else f"series_{of}"
        rows = self.run(f"select * from {table}")  # noqa: S608
        return {SeriesKey(*row[:6]): list(row[7:]) for row in rows}

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """Look at the tables from beside."""
        found = self._beside.execute(statement.encode())
        return found.fetchall() if found.description else []

    def close(self) -> None:
        self.accept()
        self.ledger.close()
        self.reader.close()
        self.empty()
        self._beside.close()


class Image(NamedTuple):
    """Everything that a ledger says of some lanes, to compare two ledgers or two moments."""

    held: Held
    accounts: list[LaneAccount]
    switches: list[list[Switch]]
    dead: list[list[DeadLetter]]
    letters: list[Letter]
    commands: frozenset[str]


def listed(held: Held) -> Held:
    """The same in lists, so that two of them compare."""
    return Held(list(held.lanes), list(held.places), list(held.opened), list(held.parked))


def image(ledger: Ledger, reader: LedgerReader, positions: range = range(100)) -> Image:
    held = ledger.held()
    accounts = [
        each._replace(places=list(each.places), tallies=sorted(each.tallies))
        for each in reader.accounts()
    ]
    lanes = [row.lane for row in held.lanes]
    return Image(
        listed(held),
        accounts,
        [list(reader.switches(lane)) for lane in lanes],
        [list(reader.dead_letters(lane, position)) for lane in lanes for position in positions],
        list(ledger.letters(LetterFilter(frozenset(lanes)))),
        ledger.done_commands(),
    )


def lane(number: int = 1, **changed: str | int) -> LaneRow:
    return LaneRow(number, number, "ws", number, 7)._replace(**changed)  # type: ignore[arg-type] # of the fields' own types


def place(number: int = 1, cursor: int = 10, *, start: int = 10, base: int = 3) -> PlaceRow:
    return PlaceRow(number, 0, start, base, None, cursor, b"\x02\x03")


def opened(position: int = 5, number: int = 1) -> OpenRow:
    return OpenRow(number, 0, position, ("a",), ("b", "c"), "dead_lettered", "http_400")


def parked(position: int = 5, subscription: str = "a", *, due_at: int = 900) -> ParkedRow:
    return ParkedRow(1, 0, position, subscription, "ann", due_at, 100, 2, 503, "http_503")


def letter(position: int = 5, subscription: str = "a") -> DeadLetter:
    return DeadLetter(
        1, 0, position, subscription, "m5", 7, b"", "http_400", 400, 1, NOON, None, b"sample"
    )


def attempt(
    position: int = 5, subscription: str = "a", *, prior: int = 0, at: int = NOON, number: int = 1
) -> Attempt:
    return Attempt(
        0,
        position,
        number,
        subscription,
        prior,
        at,
        12,
        503,
        "retry",
        "http_503",
        4,
        "",
        b"q",
        b"r",
    )


def numbers(reader: LedgerReader, position: int = 5, subscription: str = "a") -> list[int]:
    tries = reader.attempts(1, position)
    return [n for n, each in tries if each.subscription == subscription]


def begun(bench: Bench) -> None:
    """Give the bench's ledger lane 1."""
    bench.ledger.commit(Tick(lanes=[lane()], places=[place()]))


def some_tick(rng: Random, turn: int) -> Tick:
    """A tick of a lane's life: every table is written now and then, and rows go again."""
    position = rng.randrange(12)
    tick = Tick(lanes=[lane(state=rng.choice(["running", "held"]))] if turn % 7 == 0 else [])
    tick.places.append(place(cursor=turn)._replace(done=rng.randbytes(rng.randrange(300))))
    tick.tally(1, "delivered", "", rng.randint(1, 3))
    if rng.random() < 0.3:
        tick.tally(1, "filtered", f"rule {rng.randrange(3)}")
    if rng.random() < 0.5:
        tick.opened.append(opened(position)._replace(left=(rng.choice("bc"),)))
        tick.parked.append(parked(position, due_at=rng.randrange(1000) * 100 + position))
    else:
        tick.closed.append((1, 0, position))
        tick.unparked.append((1, 0, position, "a"))
    if rng.random() < 0.3:
        tick.dead.append(letter(position))
        tick.closings.append((1, 0, position, "dead_lettered", "http_400"))
        tick.switches.append(Switch(1, 0, turn, turn, "1"))
    if rng.random() < 0.3:
        tick.redriven.append((rng.randint(1, turn + 1), turn))
        tick.tally(1, "dead_lettered", "http_400", -1)
        tick.commands.append(CommandRow(f"cmd_{rng.randrange(9)}", 1, turn, f"{turn}"))
    key = SeriesKey(1, turn // 5, "delivered", "", "track", rng.choice("xy"))
    tick.series[key] = [1] * (len(LATENCIES_MS) + 1)
    return tick


def copied(tick: Tick) -> Tick:
    """A tick may be given to one ledger only."""
    return copy.deepcopy(tick)

"""What a tick of the ledger costs its loop, in an SQLite file and on a PostgreSQL server.

The server is one of its own on this machine, with `fsync` on.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.machine import describe, say
from headgate.folder import DataFolder
from headgate.ledger.port import Attempt, LaneRow, OnItsWay, PlaceRow, SeriesKey, Tick
from headgate.ledger.postgresql.ledger import PostgresqlLedger
from headgate.ledger.postgresql.server import Server
from headgate.ledger.shard import Shard
from headgate.ledger.sqlite import SqliteLedger
from headgate.store.postgresql_address import Address
from tests.contracts.postgres import Postgres

if TYPE_CHECKING:
    from headgate.ledger.port import Ledger

TICKS = 400
NOON = 1_790_000_000_000


def tick(turn: int, rows: int) -> Tick:
    """Events of one lane that were delivered at their first attempt."""
    done = Tick(places=[PlaceRow(1, 0, 0, 0, None, turn * rows, b"")])
    done.tally(1, "delivered", "", rows)
    done.series[SeriesKey(1, NOON // 60_000 + turn // 200, "delivered", "", "track", "Paid")] = [
        rows,
        *[0] * 7,
    ]
    done.attempts = [
        Attempt(0, turn * rows + at, 1, "sub", 0, NOON + turn, 12, 200, "delivered", "", 1)
        for at in range(rows)
    ]
    return done


def measured(ledger: Ledger, rows: int) -> list[float]:
    """Seconds from the beginning of each commit to its end."""
    committed(ledger, Tick(lanes=[LaneRow(1, 1, "ws", 1, 7)]))
    return sorted(committed(ledger, tick(turn, rows)) for turn in range(TICKS))


def committed(ledger: Ledger, tick: Tick) -> float:
    began = time.perf_counter()
    while True:
        try:
            ledger.commit(tick)
        except OnItsWay:
            time.sleep(0.0005)
        else:
            return time.perf_counter() - began


def show(name: str, rows: int, seconds: list[float]) -> None:
    half, most = seconds[len(seconds) // 2] * 1000, seconds[int(len(seconds) * 0.99)] * 1000
    late = sum(each > 0.005 for each in seconds) / len(seconds)
    say(f"  {name:26} {rows:4} rows  median {half:6.2f} ms  p99 {most:6.2f} ms  >5 ms {late:5.1%}")


def main() -> None:
    say(f"ledger: {describe()}")
    for rows in (1, 50, 500):
        with tempfile.TemporaryDirectory() as root:
            files = SqliteLedger(DataFolder(Path(root)).make())
            show("SQLite", rows, measured(files, rows))
            files.close()
    with Postgres(fsync="on", synchronous_commit="on") as server:
        for commits in ("on", "off"):
            for rows in (1, 50, 500):
                name = server.database()
                server.run(f"alter database {name} set synchronous_commit = {commits}")
                address = Address.parsed(server.by_tcp(name))
                ledger = PostgresqlLedger(Server(address, "ledger"), Shard(0, 1))
                show(f"PostgreSQL, commits {commits}", rows, measured(ledger, rows))
                ledger.close()


if __name__ == "__main__":
    main()

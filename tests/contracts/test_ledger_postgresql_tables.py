"""The tables of a ledger on a server: days as partitions, any text, made once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from headgate.ages import Ages
from headgate.ledger.port import LedgerUnavailable, Switch, Tick
from headgate.ledger.postgresql.ledger import PostgresqlLedger
from headgate.ledger.queries import LetterFilter
from headgate.ledger.shard import Shard
from tests.contracts.ledgers import DAY, NOON, attempt, begun, lane, letter, numbers, parked

if TYPE_CHECKING:
    from headgate.ledger.postgresql.server import Server
    from tests.contracts.ledgers import PostgresBench

SECONDS = 20.0


@pytest.fixture
def bench(postgres_bench: PostgresBench) -> PostgresBench:
    begun(postgres_bench)
    return postgres_bench


def test_each_day_of_attempts_is_a_partition_that_goes_as_a_whole(bench: PostgresBench) -> None:
    for day in range(3):
        bench.ledger.commit(Tick(attempts=[attempt(at=NOON + day * DAY, prior=day)]))
    bench.reopen()
    bench.ledger.commit(Tick(attempts=[attempt(6, at=NOON + 2 * DAY)]))
    assert len(days(bench)) == 3
    assert bench.ledger.sweep(NOON + 10 * DAY, Ages())
    assert len(days(bench)) == 2
    assert numbers(bench.reader) == [2, 3]
    bench.ledger.commit(Tick(attempts=[attempt(at=NOON, prior=3)]))
    assert numbers(bench.reader) == [4, 2, 3], "a day that is gone is made again for what is late"


def days(bench: PostgresBench) -> list[tuple[Any, ...]]:
    return bench.run("select 1 from pg_inherits where inhparent = 'attempts'::regclass")


def test_a_day_that_somebody_reads_is_dropped_later(bench: PostgresBench) -> None:
    """Who waits for it would have all others wait, too."""
    bench.ledger.commit(Tick(attempts=[attempt()]))
    bench.run("begin")
    bench.run("select * from attempts")
    with pytest.raises(LedgerUnavailable, match="lock timeout"):
        bench.ledger.sweep(NOON + 10 * DAY, Ages())
    bench.run("rollback")
    assert bench.ledger.sweep(NOON + 10 * DAY, Ages())


def test_text_with_nul_comes_back_as_it_was(bench: PostgresBench) -> None:
    """Users may be called so, and PostgreSQL keeps no such text."""
    odd = "a\0b"
    row = parked()._replace(order_key=odd, reason=odd)
    dead = letter(6)._replace(message_id=odd)
    bench.ledger.commit(
        Tick(
            lanes=[lane(workspace=odd)],
            parked=[row],
            dead=[dead],
            switches=[Switch(1, 0, 10, 4, odd)],
            closings=[(1, 0, 6, "dead_lettered", odd)],
        )
    )
    assert list(bench.reader.parked(1, 5)) == [row]
    which = LetterFilter(frozenset({1}), message_ids=frozenset({odd}))
    (found,) = bench.reader.letters(which)
    assert (found.letter, found.closed_reason) == (dead, odd)
    assert [each.behind for each in bench.reader.fates(7, 0, 20, odd)] == [5]


def test_a_ledger_of_a_newer_program_is_left_alone(bench: PostgresBench) -> None:
    bench.run("update format set version = version + 1")
    try:
        with pytest.raises(LedgerUnavailable, match="start the newer program"):
            bench.opened()
    finally:
        bench.run("update format set version = version - 1")


def test_tables_are_made_once_by_whoever_comes_first(bench: PostgresBench) -> None:
    server = bench.server._replace(schema="headgate_ledger_fresh")
    made: list[PostgresqlLedger] = []
    threads = [threading.Thread(target=open_at, args=(server, index, made)) for index in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert len(made) == 3
    for ledger in made:
        assert list(ledger.held().lanes) == []
        ledger.close()
    bench.run("drop schema headgate_ledger_fresh cascade")


def open_at(server: Server, index: int, made: list[PostgresqlLedger]) -> None:
    made.append(PostgresqlLedger(server, Shard(index, 3), SECONDS))

"""What only a ledger on a server meets: lost connections, successors, a server that forgets."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from headgate.ages import Ages
from headgate.ledger.port import LedgerUnavailable, OnItsWay, Tick
from headgate.ledger.postgresql import ledger as module
from headgate.ledger.postgresql.ledger import PostgresqlLedger
from headgate.ledger.postgresql.server import Taken
from headgate.ledger.queries import LetterFilter
from headgate.ledger.shard import Shard
from tests.contracts.ledgers import (
    DAY,
    NOON,
    MemoryBench,
    PostgresBench,
    attempt,
    begun,
    copied,
    image,
    lane,
    letter,
    numbers,
    opened,
    parked,
    place,
    some_tick,
)
from tests.harness.fixtures import rng, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

__all__ = ["rng"]

SECONDS = 20.0
NO_FENCE = b"select %s::integer, %s::bigint, %s::bigint"


@pytest.fixture
def bench(postgres_bench: PostgresBench) -> PostgresBench:
    begun(postgres_bench)
    return postgres_bench


@pytest.fixture
def hasty(bench: PostgresBench) -> Iterator[PostgresqlLedger]:
    """A process that waits for no tick."""
    bench.ledger.close()
    ledger = PostgresqlLedger(bench.server, Shard(0, 1), at_most=0.0)
    yield ledger
    ledger.close()


def counted(n: int = 1) -> Tick:
    tick = Tick(places=[place(cursor=40)], attempts=[attempt()], opened=[opened(11)])
    tick.tally(1, "delivered", "", n)
    return tick


def delivered(bench: PostgresBench) -> int:
    (account,) = bench.reader.accounts()
    return sum(n for cls, _, n in account.tallies if cls == "delivered")


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)


def landed(ledger: PostgresqlLedger, tick: Tick) -> None:
    """Give a tick again until it is known what became of it."""
    end = time.monotonic() + SECONDS
    while True:
        try:
            return ledger.commit(tick)
        except OnItsWay:
            assert time.monotonic() < end
            time.sleep(0.005)


class Held:
    """Somebody stands in the way of every tick that has opened an event, in its middle."""

    def __init__(self, bench: PostgresBench) -> None:
        self._bench = bench

    def __enter__(self) -> None:
        self._bench.run("begin")
        self._bench.run("lock table open in exclusive mode")

    def __exit__(self, *_: object) -> None:
        self._bench.run("rollback")

    def waits(self) -> bool:
        return bool(self._bench.run("select 1 from pg_locks where not granted"))


def kill(bench: PostgresBench) -> None:
    """End every connection but the one that asks for it."""
    bench.run(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )


# a connection that is lost


def test_a_connection_lost_before_the_commit_leaves_nothing_behind(
    bench: PostgresBench, hasty: PostgresqlLedger
) -> None:
    before, tick, held = image(hasty, bench.reader), counted(), Held(bench)
    with held:
        with pytest.raises(OnItsWay):
            hasty.commit(tick)
        until(held.waits)
        kill(bench)
        with pytest.raises(LedgerUnavailable) as lost:
            landed(hasty, tick)
    assert not isinstance(lost.value, OnItsWay)
    assert image(hasty, bench.reader) == before
    assert numbers(bench.reader) == []
    landed(hasty, tick)
    assert delivered(bench) == 1
    assert numbers(bench.reader) == [1]


class Deaf(PostgresqlLedger):
    """Its connection breaks after the commit, and before anybody knows of it."""

    is_deaf = False

    def _send(self, connection: Any, tick: Tick, number: int, records: int) -> None:
        super()._send(connection, tick, number, records)
        if self.is_deaf:
            self.is_deaf = False
            connection.close()
            raise psycopg.OperationalError("the connection is lost")


def deaf(bench: PostgresBench) -> Deaf:
    bench.ledger.close()
    bench.ledger = ledger = Deaf(bench.server, Shard(0, 1), SECONDS)
    ledger.is_deaf = True
    return ledger


def test_a_commit_whose_answer_was_lost_counts_once(bench: PostgresBench) -> None:
    ledger, tick = deaf(bench), counted()
    with pytest.raises(LedgerUnavailable):
        ledger.commit(tick)
    assert tick.attempts
    ledger.commit(tick)
    ledger.commit(counted(5))
    assert delivered(bench) == 6
    assert numbers(bench.reader) == [1, 2]


def test_without_a_fence_it_would_count_twice(
    bench: PostgresBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(module, "_FENCE", NO_FENCE)
    ledger, tick = deaf(bench), counted()
    with pytest.raises(LedgerUnavailable):
        ledger.commit(tick)
    ledger.commit(tick)
    assert delivered(bench) == 2


def test_what_is_lost_and_given_again_by_chance_comes_to_what_the_twin_has(
    bench: PostgresBench, rng: Random
) -> None:
    """Connections break before a commit and after it, and processes are replaced."""
    memory, ledger = MemoryBench(), deaf(bench)
    begun(memory)
    met = Counter[str]()
    for turn in range(1, 80):
        tick = some_tick(rng, turn)
        memory.ledger.commit(copied(tick))
        trouble = rng.choice(["none", "none", "after", "before", "replaced"])
        met[trouble] += 1
        ledger.is_deaf = trouble == "after"
        if trouble == "before":
            kill(bench)
        if trouble == "replaced":
            ledger.close()
            bench.ledger = ledger = Deaf(bench.server, Shard(0, 1), SECONDS)
        again(ledger, tick)
    tell(f"{dict(met)}")
    assert image(ledger, bench.reader) == image(memory.ledger, memory.reader)
    assert bench.series() == memory.series()


def again(ledger: PostgresqlLedger, tick: Tick) -> None:
    """As the engine does."""
    for _ in range(3):
        try:
            return ledger.commit(tick)
        except LedgerUnavailable:
            continue
    raise AssertionError("it takes no tick")


def test_another_tick_in_place_of_one_in_doubt_is_not_taken_for_it(bench: PostgresBench) -> None:
    ledger = deaf(bench)
    with pytest.raises(LedgerUnavailable):
        ledger.commit(counted())
    with pytest.raises(Taken):
        ledger.commit(counted(5))
    assert delivered(bench) == 1


def test_who_asks_again_after_the_server_was_started_anew_is_answered(
    bench: PostgresBench,
) -> None:
    kill(bench)
    assert [row.lane for row in bench.ledger.held().lanes] == [1]
    kill(bench)
    assert [each.lane.lane for each in bench.reader.accounts()] == [1]


# a tick that takes its time


def test_a_tick_on_its_way_keeps_nobody_and_is_told_of_when_it_is_there(
    bench: PostgresBench, hasty: PostgresqlLedger
) -> None:
    tick, held = counted(), Held(bench)
    with held:
        for _ in range(3):
            with pytest.raises(OnItsWay):
                hasty.commit(tick)
        until(held.waits)
        with pytest.raises(RuntimeError, match="must wait"):
            hasty.commit(counted())
    landed(hasty, tick)
    landed(hasty, counted())
    assert delivered(bench) == 2


def test_who_reads_behind_a_tick_sees_it(bench: PostgresBench, hasty: PostgresqlLedger) -> None:
    tick = counted()
    with pytest.raises(OnItsWay):
        hasty.commit(tick)
    assert hasty.opened_row(1, 0, 11) == opened(11)
    landed(hasty, tick)
    assert delivered(bench) == 1


def test_a_reader_is_not_kept_for_ever(
    bench: PostgresBench, hasty: PostgresqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "READ_SECONDS", 0.05)
    tick = counted()
    with Held(bench):
        with pytest.raises(OnItsWay):
            hasty.commit(tick)
        with pytest.raises(LedgerUnavailable, match="did not answer"):
            hasty.held()
    landed(hasty, tick)


# successors


def test_a_process_that_was_replaced_changes_nothing_more(bench: PostgresBench) -> None:
    replaced, bench.ledger = bench.ledger, bench.opened()
    before = image(bench.ledger, bench.reader)
    for _ in range(2):
        with pytest.raises(Taken, match="taken the lanes over"):
            replaced.commit(counted())
    with pytest.raises(LedgerUnavailable):
        replaced.sweep(NOON + 100 * DAY, Ages())
    replaced.close()
    assert image(bench.ledger, bench.reader) == before
    assert numbers(bench.reader) == []
    bench.ledger.commit(counted())
    assert delivered(bench) == 1


def test_a_replaced_process_would_go_on_without_a_fence(
    bench: PostgresBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(module, "_FENCE", NO_FENCE)
    replaced, bench.ledger = bench.ledger, bench.opened()
    replaced.commit(counted())
    replaced.close()
    assert delivered(bench) == 1


def test_a_successor_waits_for_a_tick_that_its_predecessor_sent(
    bench: PostgresBench, hasty: PostgresqlLedger
) -> None:
    """Killed with a tick on its way: the server does it all the same."""
    successors: list[PostgresqlLedger] = []
    held = Held(bench)
    with held:
        with pytest.raises(OnItsWay):
            hasty.commit(counted())
        until(held.waits)
        taking_over = threading.Thread(target=lambda: successors.append(bench.opened()))
        taking_over.start()
        until(lambda: len(bench.run("select 1 from pg_locks where not granted")) > 1)
        assert not successors
    taking_over.join(SECONDS)
    (bench.ledger,) = successors
    assert [row.position for row in bench.ledger.held().opened] == [11]
    assert delivered(bench) == 1


def test_a_server_that_lost_what_it_confirmed_is_written_no_more(bench: PostgresBench) -> None:
    """A replica took its place, or it answered before its disk did."""
    bench.ledger.commit(counted())
    bench.ledger.commit(counted())
    bench.run("update writers set tick = tick - 1")
    with pytest.raises(Taken, match="lost tick"):
        bench.ledger.commit(counted())
    bench.reopen()
    bench.ledger.commit(counted())
    assert delivered(bench) == 3


# several processes


def shared(bench: PostgresBench) -> list[PostgresqlLedger]:
    """Two processes: lane 2 is the first one's, lane 1 the second one's."""
    bench.ledger.commit(Tick(lanes=[lane(2)], places=[place(2)]))
    bench.ledger.close()
    return [bench.opened(index, 2) for index in range(2)]


def test_each_process_holds_the_lanes_of_its_shard(bench: PostgresBench) -> None:
    both = [lane(2), lane(1)]
    first, second = shared(bench)
    first.commit(Tick(parked=[parked()._replace(lane=2)], opened=[opened(number=2)]))
    second.commit(Tick(parked=[parked()], opened=[opened()]))
    for ledger, row in zip((first, second), both, strict=True):
        held = ledger.held()
        assert list(held.lanes) == [row]
        assert {each.lane for each in held.places} == {row.lane}
        assert {each.lane for each in held.parked} == {each.lane for each in held.opened}
        assert [each.lane for each in held.opened] == [row.lane]
        ledger.close()
    bench.ledger = bench.opened()
    assert {row.lane for row in bench.ledger.held().parked} == {1, 2}


def test_a_process_of_another_count_changes_nothing_more(bench: PostgresBench) -> None:
    first, second = shared(bench)
    bench.ledger = bench.opened()
    for replaced in (first, second):
        with pytest.raises(Taken):
            replaced.commit(counted())
        replaced.close()


def test_each_process_sweeps_what_is_its_own(bench: PostgresBench) -> None:
    """Another may be sending that letter again."""
    first, second = shared(bench)
    for ledger, number in ((second, 1), (first, 2)):
        tick = Tick(dead=[letter()._replace(lane=number)])
        tick.closings.append((number, 0, 5, "dead_lettered", "http_400"))
        tick.tally(number, "dead_lettered", "http_400")
        ledger.commit(tick)
    while first.sweep(NOON + 31 * DAY, Ages()):
        pass
    left = bench.reader.letters(LetterFilter(frozenset({1, 2})))
    assert [row.letter.lane for row in left] == [1]
    accounts = {each.lane.lane: each.tallies for each in bench.reader.accounts()}
    assert accounts == {
        1: [("dead_lettered", "http_400", 1)],
        2: [("discarded", "letter_expired", 1)],
    }
    for ledger in (first, second):
        ledger.close()

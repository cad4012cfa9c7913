"""What a ledger has of one event, lane by lane, is the same whatever keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.ledger.fates import Fate
from headgate.ledger.port import REPLAY_LANES, Switch, Tick
from tests.contracts.ledgers import (
    Bench,
    MemoryBench,
    SqliteBench,
    copied,
    lane,
    letter,
    opened,
    parked,
    place,
    some_tick,
)
from tests.harness.fixtures import rng, tell

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

__all__ = ["rng"]

SOURCE = 7


def fates(bench: Bench, position: int, source: int = SOURCE, key: str = "") -> list[Fate]:
    """Comparable whatever the sequences in it are."""
    return [
        each._replace(
            parked=list(each.parked), letters=list(each.letters), tallies=list(each.tallies)
        )
        for each in bench.reader.fates(source, 0, position, key)
    ]


def test_a_fate_has_the_rows_of_its_event_and_of_no_other(bench: Bench) -> None:
    tick = Tick(
        lanes=[lane()],
        places=[place(cursor=40)],
        switches=[Switch(1, 0, 10, 4, "1"), Switch(1, 0, 13, 5, "1")],
        opened=[opened(11), opened(12)],
        parked=[parked(12, "b"), parked(12), parked(11)],
        dead=[letter(12), letter(14)],
    )
    tick.tally(1, "delivered", "", 2)
    tick.tally(1, "discarded", "expired")
    bench.ledger.commit(tick)
    (fate,) = fates(bench, 12)
    assert fate.lane == lane()
    assert (fate.place, fate.switch) == (place(cursor=40), Switch(1, 0, 10, 4, "1"))
    assert fate.opened == opened(12)
    assert fate.parked == [parked(12), parked(12, "b")]
    assert [each.letter for each in fate.letters] == [letter(12)]
    assert fate.tallies == [("delivered", "", 2), ("discarded", "expired", 1)]
    (fate,) = fates(bench, 13)
    assert (fate.switch, fate.opened) == (Switch(1, 0, 13, 5, "1"), None)
    assert not fate.parked
    assert not fate.letters


def test_lanes_of_which_an_event_is_no_part_are_left_out(bench: Bench) -> None:
    replay = lane(REPLAY_LANES + 3, connection=1, gate=1, kind="replay", replay_id="rpl_3")
    later, other = lane(2), lane(3, source=9)
    bench.ledger.commit(
        Tick(
            lanes=[replay, lane(), later, other],
            places=[
                place(),
                place(2, start=50, cursor=50),
                place(3),
                place(replay.lane)._replace(stop=30),
            ],
        )
    )
    lanes = {at: [each.lane.lane for each in fates(bench, at)] for at in (9, 10, 29, 30, 50)}
    assert lanes == {9: [], 10: [1, replay.lane], 29: [1, replay.lane], 30: [1], 50: [1, 2]}
    assert [each.lane for each in fates(bench, 10, source=9)] == [other]


def test_an_event_before_a_lane_knows_who_of_its_user_waits_in_front_of_it(bench: Bench) -> None:
    others = [parked(14, "b")._replace(order_key="bob"), parked(16)]
    rows = [parked(11), parked(12), *others]
    bench.ledger.commit(Tick(lanes=[lane()], places=[place(cursor=13)], parked=rows))
    behind = {at: [each.behind for each in fates(bench, at, key="ann")] for at in (12, 13, 15, 17)}
    assert behind == {12: [None], 13: [12], 15: [12], 17: [16]}
    assert [each.behind for each in fates(bench, 15, key="bob")] == [14]
    assert [each.behind for each in fates(bench, 15)] == [None]


def test_a_lane_without_a_place_is_told_as_that(bench: Bench) -> None:
    bench.ledger.commit(Tick(lanes=[lane()]))
    (fate,) = fates(bench, 12)
    assert (fate.lane, fate.place, fate.switch, fate.opened) == (lane(), None, None, None)


def test_the_twins_tell_the_same_after_every_tick(tmp_path: Path, rng: Random) -> None:
    memory, sqlite = MemoryBench(), SqliteBench(tmp_path)
    begun = Tick(lanes=[lane()], places=[place(start=0)])
    met = 0
    for turn in range(60):
        tick = some_tick(rng, turn) if turn else begun
        for bench in (memory, sqlite):
            bench.ledger.commit(copied(tick))
        for position in range(12):
            found = fates(sqlite, position, key="ann")
            assert found == fates(memory, position, key="ann")
            met += sum(bool(each.opened and each.parked and each.letters) for each in found)
    sqlite.ledger.close()
    tell(f"{met} fates with rows of every kind")
    assert met

"""Ticks on their way to a ledger far away: slots stay taken, everything else goes on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from headgate.ledger.port import LedgerUnavailable, OnItsWay, Share, Tick
from tests.unit.deliver.rig import BUSY, Rig, passed, virtual

if TYPE_CHECKING:
    from collections.abc import Callable

DELIVERED = ("delivered", "")


def far(rig: Rig, seconds: float, ends: Callable[[], None] = lambda: None) -> list[Tick]:
    """Each tick takes so long to the ledger; those that were begun, in order."""
    loop, commit = asyncio.get_running_loop(), rig.ledger.commit
    begun: list[Tick] = []
    at = 0.0

    def later(tick: Tick) -> None:
        nonlocal at
        if not begun or begun[-1] is not tick:
            begun.append(tick)
            at = loop.time() + seconds
        if loop.time() < at:
            raise OnItsWay("it is on its way")
        at = loop.time() + seconds
        ends()
        commit(tick)

    rig.ledger.commit = later  # type: ignore[method-assign]
    return begun


@virtual
async def test_others_are_sent_while_a_tick_is_on_its_way() -> None:
    rig = Rig(slots=4)
    await rig.start()
    await passed()
    begun = far(rig, 0.5)
    await rig.append("Seen-0")
    await passed(0.1)
    assert (rig.lane.gate.in_flight, rig.tallies) == (1, {})
    await rig.append("Seen-1")
    await passed(0.1)
    assert rig.names == ["Seen-0", "Seen-1"]
    assert (rig.lane.gate.in_flight, rig.tallies) == (2, {}), "both keep their slots"
    await passed(2.0)
    assert (rig.lane.gate.in_flight, rig.tallies) == (0, {DELIVERED: 2})
    assert len(begun) >= 2
    assert rig.engine.ticks.counters["failed_ticks"] == 0


@virtual
async def test_nothing_is_claimed_for_a_tick_that_takes_too_long() -> None:
    rig = Rig(slots=4)
    await rig.start()
    await passed()
    far(rig, 30.0)
    await rig.append("Seen-0")
    await passed(2.0)
    await rig.append("Seen-1")
    await passed(20.0)
    assert rig.names == ["Seen-0"]
    await passed(200.0)
    assert rig.names == ["Seen-0", "Seen-1"]
    assert rig.tallies == {DELIVERED: 2}


@virtual
async def test_a_tick_that_fails_on_its_way_is_tried_again_each_second() -> None:
    rig, failures = Rig(slots=4), 5

    def fails() -> None:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise LedgerUnavailable("the database is away")

    await rig.start()
    await passed()
    begun = far(rig, 0.1, fails)
    await rig.append("Seen-0")
    await passed(3.0)
    await rig.append("Seen-1")
    await passed(0.5)
    assert rig.names == ["Seen-0"], "nothing is claimed meanwhile"
    await passed(10.0)
    assert rig.tallies == {DELIVERED: 2}
    assert rig.engine.ticks.counters["failed_ticks"] == 5
    assert begun.count(begun[0]) == 1, "the same tick is given again"


@virtual
async def test_who_needs_a_commit_waits_for_it() -> None:
    rig = Rig(slots=4)
    await rig.start()
    await passed()
    commit, left = rig.ledger.commit, 3

    def soon(tick: Tick) -> None:
        nonlocal left
        left -= 1
        if left > 0:
            raise OnItsWay("it is on its way")
        commit(tick)

    rig.ledger.commit = soon  # type: ignore[method-assign]
    rig.engine.ticks.now.tally(10, "discarded", "skipped")
    assert rig.engine.ticks.commit_now()
    assert rig.tallies == {("discarded", "skipped"): 1}


@virtual
async def test_nobody_waits_for_ever() -> None:
    rig = Rig(slots=4)
    await rig.start()
    await passed()
    begun = far(rig, 1000.0)
    rig.engine.ticks.now.tally(10, "discarded", "skipped")
    assert not rig.engine.ticks.commit_now()
    assert len(begun) == 1


# a ledger that does not answer


@virtual
async def test_a_record_is_asked_for_again_by_a_retry_while_the_ledger_is_away() -> None:
    rig, asked = Rig(), 0
    rig.outcomes = {"Seen-1": [BUSY]}
    await rig.start()
    record = rig.ledger.record

    def away(lane: int, partition: int, position: int) -> bytes | None:
        nonlocal asked
        asked += 1
        if asked < 5:
            raise LedgerUnavailable("the database is away")
        return record(lane, partition, position)

    rig.ledger.record = away  # type: ignore[method-assign]
    await rig.append("Seen-1")
    await passed(60.0)
    assert (asked, rig.names) == (5, ["Seen-1", "Seen-1"])
    assert rig.tallies == {DELIVERED: 1}


@virtual
async def test_a_ledger_that_tells_no_shares_ends_nothing() -> None:
    rig, asked = Rig(), 0

    def away(since_ms: int) -> dict[int, Share]:
        nonlocal asked
        asked += 1
        raise LedgerUnavailable(f"the database is away: {since_ms}")

    rig.ledger.shares = away  # type: ignore[method-assign]
    await rig.start()
    await passed(200.0)
    assert asked == 3
    assert not rig.engine.broken.done()

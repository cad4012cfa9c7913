from __future__ import annotations

import asyncio

import pytest

from headgate.deliver import service as services
from headgate.ledger.port import Tick
from tests.simulation.setting import Joined
from tests.unit.deliver.rig import (
    BUSY,
    EVERYTHING,
    OK,
    OTHER,
    Rig,
    passed,
    virtual,
)

DELIVERED = ("delivered", "")


@virtual
async def test_events_are_sent_once_and_counted() -> None:
    rig = Rig()
    await rig.start()
    await rig.append("Paid-1", "Noise-2", "Seen-3")
    await rig.append("Paid-1")
    await passed()
    assert rig.names == ["Paid-1", "Seen-3"]
    assert rig.tallies == {DELIVERED: 2, ("filtered", "no_matching_subscription"): 1}


@virtual
async def test_no_more_is_under_way_than_there_are_slots() -> None:
    rig = Rig(slots=2)
    rig.held = {f"Seen-{n}" for n in range(5)}
    await rig.start()
    await rig.append(*sorted(rig.held))
    await passed()
    assert rig.names == ["Seen-0", "Seen-1"]
    rig.answer("Seen-1")
    await passed()
    assert rig.names == ["Seen-0", "Seen-1", "Seen-2"]


@virtual
async def test_a_full_gate_commits_at_once_and_a_half_full_one_waits_for_others() -> None:
    rig = Rig(slots=2)
    rig.held = {f"Seen-{n}" for n in range(4)}
    await rig.start()
    await rig.append(*sorted(rig.held))
    await passed()
    rig.answer("Seen-0")
    await passed(0.0001)
    at_once = list(rig.names)
    rig.held = set()
    rig.answer("Seen-1", "Seen-2")
    await passed()
    await rig.append("Seen-5")
    await passed(0.001)
    early = rig.tallies[DELIVERED]
    await passed(0.005)
    assert at_once == ["Seen-0", "Seen-1", "Seen-2"]
    assert (early, rig.tallies[DELIVERED]) == (4, 5)


# what arrives while a lane cannot take it


@virtual
async def test_frames_that_arrive_while_all_slots_are_taken_are_not_passed_over() -> None:
    """A lane that had caught up was moved to the newest frame, over those it had no slot for."""
    rig = Rig(slots=1)
    rig.outcomes = {"Seen-1": [BUSY]}
    await rig.start()
    await rig.append("Seen-1")
    await passed(1.0)
    rig.held = {"Seen-1"}
    await passed(1.0)  # its retry takes the slot of a lane that has caught up
    for n in (2, 3, 4):
        await rig.append(f"Seen-{n}")
        await passed()
    rig.answer("Seen-1")
    await passed()
    assert rig.names == ["Seen-1", "Seen-1", "Seen-2", "Seen-3", "Seen-4"]
    assert rig.tallies == {DELIVERED: 4}


@virtual
async def test_frames_that_arrive_while_the_ledger_is_full_are_not_passed_over() -> None:
    rig = Rig()
    await rig.start()
    await passed()
    rig.ledger.failing = True
    for n in range(4):
        await rig.append(f"Seen-{n}")
        await passed()
    rig.ledger.failing = False
    await passed(2.0)
    assert sorted(rig.names) == ["Seen-0", "Seen-1", "Seen-2", "Seen-3"]
    assert rig.tallies == {DELIVERED: 4}


@virtual
async def test_frames_that_arrive_while_a_connection_is_off_wait_for_it() -> None:
    """Switched off, a connection lost all but the last of what came meanwhile."""
    rig = Rig()
    await rig.start()
    await passed()
    rig.off = {EVERYTHING.number}
    await rig.configure(EVERYTHING)
    for n in range(4):
        await rig.append(f"Seen-{n}")
        await passed(20.0)  # idle places are noted meanwhile
    assert rig.sent == []
    rig.off = set()
    await rig.configure(EVERYTHING)
    await passed()
    assert rig.names == ["Seen-0", "Seen-1", "Seen-2", "Seen-3"]
    assert rig.tallies == {DELIVERED: 4}


# a ledger that takes no commits


@virtual
async def test_a_stuck_ledger_keeps_results_and_slots_and_heals_by_itself() -> None:
    rig = Rig(slots=2)
    rig.held = {"Seen-0", "Seen-1"}
    await rig.start()
    await rig.append(*(f"Seen-{n}" for n in range(6)))
    await passed()
    rig.ledger.failing = True
    rig.answer("Seen-0", "Seen-1")
    await passed(60.0)
    assert rig.names == ["Seen-0", "Seen-1"]
    assert (rig.lane.gate.in_flight, rig.tallies) == (2, {})
    assert rig.engine.ticks.counters["failed_ticks"] in range(59, 63)
    rig.ledger.failing = False
    await passed(1.1)
    assert sorted(rig.names) == [f"Seen-{n}" for n in range(6)]
    assert (rig.lane.gate.in_flight, rig.tallies) == (0, {DELIVERED: 6})


@virtual
async def test_a_retry_that_comes_due_while_the_ledger_is_stuck_waits_for_it() -> None:
    rig = Rig()
    rig.outcomes = {"Seen-1": [BUSY]}
    await rig.start()
    await rig.append("Seen-1")
    await passed()
    rig.ledger.failing = True
    await rig.append("Seen-2")  # its result makes the ledger stuck
    await passed(10.0)
    assert rig.names == ["Seen-1", "Seen-2"]
    rig.ledger.failing = False
    await passed(1.1)
    assert rig.names == ["Seen-1", "Seen-2", "Seen-1"]
    assert rig.tallies == {DELIVERED: 2}


@virtual
async def test_a_commit_that_breaks_ends_the_engine_and_nothing_is_committed_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The loop swallowed the error, the tick was gone, and the next one moved the cursor on."""
    rig = Rig()
    await rig.start()
    await passed()
    commit = rig.ledger.commit

    def breaks(_: Tick) -> None:
        raise OverflowError("a number that SQLite cannot hold")

    monkeypatch.setattr(rig.ledger, "commit", breaks)
    await rig.append("Seen-1")
    await passed()
    assert isinstance(rig.engine.broken.exception(), OverflowError)
    with pytest.raises(OverflowError):
        await rig.engine.stop()
    monkeypatch.setattr(rig.ledger, "commit", commit)
    (place,) = rig.ledger.tables.places.values()
    assert (place.cursor, rig.tallies) == (0, {})


@virtual
async def test_an_attempt_that_breaks_ends_the_engine() -> None:
    rig = Rig()
    rig.outcomes = {"Seen-1": [RuntimeError("a fault of ours")]}
    await rig.start()
    await rig.append("Seen-1")
    await passed()
    assert isinstance(rig.engine.broken.exception(), RuntimeError)


# retries and fresh events


@virtual
async def test_fresh_events_get_three_of_four_turns_while_retries_wait() -> None:
    """After an outage nothing new was sent until the last retry had been."""
    rig = Rig(slots=1)
    old = [f"Paid-{n}" for n in range(8)]
    rig.outcomes = {message: [BUSY] for message in old}
    await rig.start()
    await rig.append(*old)
    await passed(0.5)
    rig.off = {EVERYTHING.number}
    await rig.configure(EVERYTHING)
    await rig.append(*(f"Seen-{n}" for n in range(24)))
    await passed(10.0)
    rig.off = set()
    await rig.configure(EVERYTHING)
    await passed(5.0)
    turns = [name.startswith("Seen") for name in rig.names[8:]]
    assert [sum(turns[at : at + 4]) for at in range(0, 32, 4)] == [3] * 8
    assert rig.tallies == {DELIVERED: 32}


@virtual
async def test_retries_have_all_turns_when_there_is_nothing_fresh() -> None:
    rig = Rig(slots=1)
    messages = [f"Seen-{n}" for n in range(6)]
    rig.outcomes = {message: [BUSY] for message in messages}
    await rig.start()
    await rig.append(*messages)
    await passed(5.0)
    assert rig.tallies == {DELIVERED: 6}


# the rest


@virtual
async def test_a_long_run_of_unwanted_events_lets_others_run_in_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "AT_ONCE", 10)
    rig = Rig()
    await rig.start()
    await passed()
    await rig.append(*(f"Noise-{n}" for n in range(95)), "Seen-1")
    rounds = 0
    while not rig.sent:
        await asyncio.sleep(0)
        rounds += 1
    assert rounds >= 9
    await passed()
    assert rig.tallies == {DELIVERED: 1, ("filtered", "no_matching_subscription"): 95}


@virtual
async def test_the_place_of_an_idle_lane_follows_the_head() -> None:
    rig = Rig()
    await rig.start()
    await rig.append("Seen-1")
    await passed()
    end = await rig.append("Paid-1", "Paid-2", source=OTHER)
    await passed(1.0)
    assert rig.ledger.tables.places[EVERYTHING.number, 0].cursor < end
    await passed(10.0)
    assert rig.ledger.tables.places[EVERYTHING.number, 0].cursor == end


@virtual
async def test_a_stopped_engine_waits_for_answers_keeps_them_and_starts_nothing() -> None:
    rig = Rig(slots=1)
    rig.held = {"Seen-1"}
    await rig.start()
    await rig.append("Seen-1", "Seen-2")
    await passed()
    asyncio.get_running_loop().call_later(3.0, rig.answer, "Seen-1")
    await rig.engine.stop()
    await rig.append("Seen-3")
    await passed(60.0)
    assert (rig.names, rig.tallies) == (["Seen-1"], {DELIVERED: 1})


@virtual
async def test_a_stopped_engine_does_not_wait_for_ever() -> None:
    rig = Rig()
    rig.held = {"Seen-1"}
    await rig.start()
    await rig.append("Seen-1")
    await passed()
    begin = asyncio.get_running_loop().time()
    await rig.engine.stop(8.0)
    assert asyncio.get_running_loop().time() - begin == pytest.approx(8.0, abs=0.1)
    assert rig.tallies == {}
    rig.held = set()
    await rig.restart(EVERYTHING)
    await passed()
    assert (rig.names, rig.tallies) == (["Seen-1", "Seen-1"], {DELIVERED: 1})


@virtual
async def test_a_lane_that_goes_wrong_in_a_tick_does_not_hold_the_others() -> None:
    rig = Rig(slots=1)
    slow = Joined(20, 1, {"slow": frozenset({"Seen"})})
    rig.outcomes = {"Seen-1": [OK, BUSY]}
    await rig.start(EVERYTHING, slow)
    await rig.append("Seen-1", "Seen-2")
    await passed(0.5)
    assert rig.tallies == {DELIVERED: 3}
    await passed(5.0)
    assert rig.tallies == {DELIVERED: 4}

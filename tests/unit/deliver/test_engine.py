from __future__ import annotations

import asyncio

import pytest

from headgate.deliver import engine as engines
from headgate.deliver import feed
from headgate.deliver.lane import DELETED
from headgate.ledger.port import Tick
from headgate.log.errors import BeyondHead
from headgate.log.port import Position
from tests.simulation.setting import Joined
from tests.unit.deliver.rig import (
    BAD,
    BUSY,
    EVERYTHING,
    OK,
    OTHER,
    SOURCE,
    TWICE,
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


# connections that change


@virtual
async def test_a_connection_that_is_switched_off_keeps_what_it_had_not_sent() -> None:
    """What waited for a slot was discarded, as if its subscription were gone."""
    rig = Rig(slots=1)
    rig.held = {"Paid-1"}
    await rig.start(TWICE)
    await rig.append("Paid-1", "Seen-2")
    await passed()
    rig.off = {TWICE.number}
    await rig.configure(TWICE)
    rig.answer("Paid-1")
    await passed(3600.0)
    assert rig.sent == [("Paid-1", "all")]
    rig.held, rig.off = set(), set()
    await rig.configure(TWICE)
    await passed()
    assert rig.sent == [("Paid-1", "all"), ("Paid-1", "paid"), ("Seen-2", "all")]
    assert rig.tallies == {DELIVERED: 2}


@virtual
async def test_an_attempt_that_had_not_begun_when_its_connection_was_switched_off_waits() -> None:
    rig = Rig(slots=1)
    rig.outcomes = {"Seen-1": [BUSY]}
    await rig.start()
    await rig.append("Seen-1")
    await passed()
    rig.lane.due.extend(rig.engine._retries.take(rig.lane.id))
    rig.engine._pump(rig.lane)  # started, but its task did not run yet
    rig.off = {EVERYTHING.number}
    await rig.configure(EVERYTHING)
    await passed()
    assert (rig.names, rig.lane.gate.in_flight) == (["Seen-1"], 0)
    rig.off = set()
    await rig.configure(EVERYTHING)
    await passed()
    assert (rig.names, rig.tallies) == (["Seen-1", "Seen-1"], {DELIVERED: 1})


@virtual
async def test_retries_that_come_due_while_a_connection_is_off_wait_for_it() -> None:
    rig = Rig()
    rig.outcomes = {"Seen-1": [BUSY]}
    await rig.start()
    await rig.append("Seen-1")
    await passed()
    rig.off = {EVERYTHING.number}
    await rig.configure(EVERYTHING)
    await passed(3600.0)
    assert rig.names == ["Seen-1"]
    rig.off = set()
    await rig.configure(EVERYTHING)
    await passed()
    assert (rig.names, rig.tallies) == (["Seen-1", "Seen-1"], {DELIVERED: 1})


@virtual
async def test_a_removed_subscription_ends_what_it_owed_and_no_other() -> None:
    rig = Rig(slots=2)
    messages = [f"Paid-{n}" for n in range(9)]
    rig.outcomes = {message: [BUSY, BUSY] for message in messages}
    await rig.start(TWICE)
    await rig.append(*messages)
    await passed(1.0)
    assert len(rig.ledger.tables.parked) == 18
    await rig.configure(EVERYTHING)
    await passed(10.0)
    assert rig.ledger.tables.parked == {}
    assert rig.tallies == {("discarded", "subscription_removed"): 9}
    assert rig.sent.count(("Paid-0", "all")) == 2
    assert rig.sent.count(("Paid-0", "paid")) == 1


@virtual
async def test_what_a_removed_subscription_owed_ends_though_nothing_else_is_sent() -> None:
    """More of it than slots: after the first few nobody went on."""
    rig = Rig(slots=2)
    apart = Joined(10, SOURCE, {"seen": frozenset({"Seen"}), "paid": frozenset({"Paid"})})
    messages = [f"Paid-{n}" for n in range(9)]
    rig.outcomes = {message: [BUSY] for message in messages}
    await rig.start(apart)
    await rig.append(*messages)
    await passed(1.0)
    await rig.configure(apart._replace(wants={"seen": frozenset({"Seen"})}))
    await passed(10.0)
    assert rig.tallies == {("discarded", "subscription_removed"): 9}


@virtual
async def test_a_deleted_connection_closes_everything_at_once_and_its_lane_ends() -> None:
    rig = Rig(slots=1)
    rig.outcomes = {"Paid-1": [BUSY, BUSY], "Seen-2": [BUSY]}
    other = Joined(20, OTHER, {"other": frozenset({"Seen"})})
    await rig.start(TWICE, other)
    await rig.append("Paid-1", "Seen-2")
    await passed()
    rig.held = {"Paid-3"}
    await rig.append("Paid-3", "Seen-4", "Noise-5")
    await rig.append("Seen-6", source=OTHER)
    await passed()
    await rig.configure(other)
    await passed()
    assert rig.ledger.tables.parked == {}
    assert rig.ledger.tables.lanes[TWICE.number].state == "running"
    rig.answer("Paid-3", outcome=BUSY)
    await passed()
    row = rig.ledger.tables.lanes[TWICE.number]
    assert (row.state, row.reason) == ("ended", DELETED)
    assert rig.ledger.tables.opened == {}
    assert rig.tallies == {("discarded", DELETED): 5, DELIVERED: 1}
    assert list(rig.engine.lanes) == [other.number]
    await rig.append("Seen-7")
    await rig.append("Seen-8", source=OTHER)
    await passed(60.0)
    assert rig.names[-1] == "Seen-8"


@virtual
async def test_a_lane_whose_connection_was_deleted_while_nothing_ran_ends_after_the_start() -> None:
    rig = Rig()
    rig.outcomes = {"Seen-1": [BUSY]}
    other = Joined(20, OTHER, {"other": frozenset({"Seen"})})
    await rig.start(EVERYTHING, other)
    await rig.append("Seen-1")
    await passed()
    rig.kill()
    await rig.append("Seen-2")
    await rig.restart(other)
    await passed()
    assert rig.ledger.tables.lanes[EVERYTHING.number].state == "ended"
    assert rig.tallies == {("discarded", DELETED): 2}
    await rig.restart(other)
    assert list(rig.engine.lanes) == [other.number]


@virtual
async def test_a_new_lane_begins_at_its_start_with_the_count_of_what_lies_before() -> None:
    rig = Rig()
    end = await rig.append("Seen-1", "Seen-2", "Seen-1")
    await rig.append("Seen-3")
    await rig.engine.start()
    await rig.engine.configure([rig._wanted(EVERYTHING, start=end)])
    await passed()
    (place,) = rig.ledger.tables.places.values()
    assert (place.start, place.base) == (end, 2)
    assert rig.names == ["Seen-3"]


@virtual
async def test_a_lane_that_begins_beyond_what_the_feed_has_read_waits_for_it() -> None:
    rig = Rig()
    await rig.engine.start()
    end = await rig.append("Seen-1", "Seen-2")
    await rig.engine.configure([rig._wanted(EVERYTHING, start=end)])
    await rig.append("Seen-3")
    await passed()
    assert (rig.names, rig.tallies) == (["Seen-3"], {DELIVERED: 1})


@virtual
async def test_a_lane_records_from_where_on_which_snapshot_decides() -> None:
    rig = Rig()
    await rig.start()
    await rig.append("Seen-1")
    await passed()
    await rig.configure(EVERYTHING)
    await passed()
    end = (await rig.log.heads())[0]
    await rig.configure(TWICE)
    await passed()
    switches = rig.ledger.switches(EVERYTHING.number)
    assert [(row.from_position, row.snapshot) for row in switches] == [(0, 2), (end, 4)]


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


# restarts


@virtual
async def test_a_successor_goes_on_where_the_ledger_stands() -> None:
    rig = Rig(slots=2)
    rig.outcomes = {"Seen-1": [BUSY], "Seen-2": [BAD]}
    await rig.start()
    await rig.append("Seen-1", "Seen-2", "Seen-3", "Seen-4", "Seen-5")
    await passed()
    rig.held = {"Seen-6", "Seen-7"}
    await rig.append("Seen-6", "Seen-7", "Seen-8")
    await passed()
    rig.held = set()
    await rig.restart(EVERYTHING)
    await passed(10.0)
    assert rig.names[5:7] == ["Seen-6", "Seen-7"]
    assert sorted(rig.names[7:]) == ["Seen-1", "Seen-6", "Seen-7", "Seen-8"]
    assert rig.tallies == {DELIVERED: 7, ("dead_lettered", "http_400"): 1}


@virtual
async def test_a_ledger_that_is_newer_than_the_log_is_refused_with_the_cure() -> None:
    rig = Rig()
    await rig.start()
    await rig.append("Seen-1")
    await passed()
    rig.kill()
    older = Rig()
    older.ledger = rig.ledger
    older.engine = older._made()
    with pytest.raises(BeyondHead, match="restore a log that is at least as new"):
        await older.engine.start()


@virtual
async def test_an_open_event_that_the_log_has_dropped_ends_without_a_record() -> None:
    rig = Rig()
    rig.outcomes = {"Seen-1": [BUSY]}
    await rig.start()
    end = await rig.append("Seen-1")
    await passed()
    rig.kill()
    await rig.log.raise_floor({0: Position(end)})
    await rig.log.trim({0: Position(end)})
    await rig.restart(EVERYTHING)
    await passed(10.0)
    assert rig.names == ["Seen-1"]
    assert rig.tallies == {("discarded", "no_record"): 1}


@virtual
async def test_a_lane_far_behind_catches_up_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "CATCH_UP_BYTES", 300)
    rig = Rig()
    for n in range(20):
        await rig.append(f"Seen-{n}", f"Noise-{n}")
        await rig.append(f"Other-{n}", source=OTHER)
    await rig.start()
    await rig.append("Seen-20")
    await passed()
    assert rig.names == [f"Seen-{n}" for n in range(21)]


@virtual
async def test_a_lane_whose_frames_fell_out_of_the_ring_reads_them_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed, "RING_BYTES", 500)
    rig = Rig(slots=1)
    rig.held = {"Seen-0"}
    await rig.start()
    for n in range(30):
        await rig.append(f"Seen-{n}")
        await passed(0.001)
    assert rig.engine.feed.begin > rig.lane.frontier
    rig.answer("Seen-0")
    await passed(2.0)
    assert rig.names == [f"Seen-{n}" for n in range(30)]


# the rest


@virtual
async def test_a_long_run_of_unwanted_events_lets_others_run_in_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engines, "CLAIMS_AT_ONCE", 10)
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

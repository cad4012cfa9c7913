from __future__ import annotations

import asyncio

import pytest

from tests.simulation.setting import Joined
from tests.unit.deliver.batching import DELIVERED, batching, under_way, users
from tests.unit.deliver.rig import EVERYTHING, SOURCE, Rig, passed, virtual

APART = Joined(10, SOURCE, {"seen": frozenset({"Seen"}), "paid": frozenset({"Paid"})})


@virtual
async def test_a_group_that_ripens_while_its_lane_is_served_does_not_wait_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The loop rang a little early, and the group was young at one look and old at the next."""
    rig, loop = batching(batch_seconds=1.0), asyncio.get_running_loop()
    await rig.start()
    soon = rig.engine.tasks.soon
    monkeypatch.setattr(
        rig.engine.tasks, "soon", lambda work, seconds=0.0: soon(work, max(0.0, seconds - 0.01))
    )
    await rig.append("Paid-1")
    await passed(0.9)
    (lane,) = rig.engine.lanes.values()
    since = lane.batches.oldest or 0.0
    looks = iter((since + 0.995,))
    monkeypatch.setattr(
        rig.clock, "monotonic", lambda: next(looks, max(loop.time(), since + 1.001))
    )
    await passed(2.0)
    assert rig.requests == [["Paid-1"]]


@virtual
async def test_a_full_batch_goes_out_at_once_and_another_waits_for_a_second() -> None:
    rig = batching()
    await rig.start()
    messages = users(4)
    await rig.append(*messages)
    await passed()
    at_once = list(rig.requests)
    await passed(0.8)
    before = len(rig.requests)
    await passed(0.3)
    assert (at_once, before, rig.requests[1:]) == ([messages[:3]], 1, [messages[3:]])
    assert rig.tallies == {DELIVERED: 4}


@virtual
async def test_every_group_has_its_own_second() -> None:
    """Only the first group of all had a timer: one that began a little later waited for ever."""
    rig = batching()
    await rig.start(APART)
    await rig.append("Seen-1")
    await passed(0.5)
    await rig.append("Paid-2@bob")
    await passed(0.6)
    before = list(rig.requests)
    await passed(0.5)
    assert (before, rig.requests) == ([["Seen-1"]], [["Seen-1"], ["Paid-2@bob"]])


@virtual
async def test_what_waits_for_a_slot_goes_in_batches_that_are_full() -> None:
    rig = batching(slots=1)
    first, *_ = messages = users(7)
    rig.held = {first}
    await rig.start()
    await rig.append(*messages)
    await passed(2.0)
    assert rig.requests == [messages[:3]]
    rig.answer(first)
    await passed()
    full = rig.requests[1:]
    await passed(1.0)
    assert (full, rig.requests[2:]) == ([messages[3:6]], [messages[6:]])


@virtual
async def test_what_waits_in_a_paused_lane_keeps_nobody_busy() -> None:
    """A timer of no seconds set the next one, for as long as the pause lasted."""
    rig = batching()
    await rig.start()
    await rig.append("Seen-1")
    await passed(0.5)
    rig.lane.gate.pause("by_operator")
    loop, rounds = asyncio.get_running_loop(), 0
    begin = loop.time()
    while loop.time() < begin + 5.0:
        rounds += 1
        assert rounds < 1000, "something goes on for ever"
        await asyncio.sleep(0.01)
    rig.lane.gate.resume()
    await rig.configure(EVERYTHING)
    await passed()
    assert rig.requests == [["Seen-1"]]


@virtual
async def test_who_comes_while_those_of_its_user_gather_goes_along_with_them() -> None:
    """Each of them waited for the batch before it, and then for a batch of its own to fill."""
    rig = batching()
    rig.ordering = "per_user"
    await rig.start()
    for message in ("Seen-0", "Seen-1@bob", "Seen-2"):
        await rig.append(message)
        await passed(0.1)
    await passed(1.5)
    assert rig.requests == [["Seen-0", "Seen-1@bob", "Seen-2"]]
    assert rig.tallies == {DELIVERED: 3}


@virtual
async def test_events_of_one_user_travel_in_one_batch_in_their_order() -> None:
    rig = batching()
    rig.ordering, rig.held = "per_user", {"Seen-0"}
    await rig.start()
    await under_way(rig, "Seen-0")
    await rig.append(*(f"Seen-{n}" for n in range(1, 6)))
    await passed(1.5)
    rig.held = {"Seen-1"}
    rig.answer("Seen-0")
    await passed(1.5)
    assert rig.requests == [["Seen-0"], ["Seen-1", "Seen-2", "Seen-3"]]
    rig.held = set()
    rig.answer("Seen-1")
    await passed(1.5)
    assert rig.requests[2:] == [["Seen-4", "Seen-5"]]
    assert rig.tallies == {DELIVERED: 6}


@virtual
async def test_a_mapping_that_does_not_compute_sends_alone() -> None:
    rig = Rig()
    rig.batching = {"enable_batching": {"@path": "$.properties.batched"}}
    await rig.start()
    await rig.append("Seen-1", "Seen-2@bob")
    await passed()
    assert (rig.names, rig.requests) == (["Seen-1", "Seen-2@bob"], [])

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from headgate.deliver import claiming
from headgate.deliver import service as services
from headgate.deliver.claiming import WAITS
from tests.simulation.setting import Joined
from tests.unit.deliver.rig import BUSY, EVERYTHING, OTHER, SOURCE, TWICE, Rig, passed, virtual

if TYPE_CHECKING:
    from headgate.deliver.lane import Lane

DELIVERED = ("delivered", "")
SECOND = Joined(20, SOURCE, {"second": frozenset({"Paid", "Seen"})})
ELSEWHERE = Joined(20, OTHER, {"other": frozenset({"Paid", "Seen"})})


class Endless(BaseException):
    """Something goes on for ever without any time passing."""


def bounded(rig: Rig, most: int = 1000) -> None:
    """Fail, instead of hanging, when lanes are asked again and again at one moment."""
    pump, count, before = rig.engine.service.pump, 0, -1.0

    def counted(lane: Lane) -> None:
        nonlocal count, before
        now = asyncio.get_running_loop().time()
        count, before = (count + 1 if now == before else 0), now
        if count > most:
            raise Endless
        pump(lane)

    rig.engine.service.pump = counted  # type: ignore[method-assign]


# sockets for all


@virtual
async def test_no_more_is_under_way_in_all_lanes_than_there_are_sockets() -> None:
    rig = Rig(delivery_sockets=2)
    rig.held = {f"Seen-{n}" for n in range(4)}
    await rig.start(EVERYTHING, SECOND)
    await rig.append(*sorted(rig.held))
    await passed()
    assert len(rig.sent) == 2


@virtual
async def test_lanes_that_share_sockets_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "TURN", services.REQUEST)
    rig = Rig(delivery_sockets=1)
    await rig.start(EVERYTHING, SECOND)
    await rig.append(*(f"Seen-{n}" for n in range(10)))
    await passed(1.0)
    turns = [subscription for _, subscription in rig.sent]
    assert sorted(turns) == ["all"] * 10 + ["second"] * 10
    assert max(turns[:at].count("all") - turns[:at].count("second") for at in range(20)) <= 2
    assert rig.tallies == {DELIVERED: 20}


@virtual
async def test_somebody_in_line_who_cannot_send_any_more_keeps_nobody_busy() -> None:
    """The line was served for ever: who stood in it was off, and stood in it again."""
    rig = Rig(delivery_sockets=1)
    rig.held = {"Seen-1"}
    await rig.start(EVERYTHING, SECOND)
    await rig.append("Seen-1")
    await passed()
    rig.off = {SECOND.number}
    await rig.configure(EVERYTHING, SECOND)
    bounded(rig)
    rig.answer("Seen-1")
    await passed()
    assert rig.sent == [("Seen-1", "all")]
    rig.off, rig.held = set(), set()
    await rig.configure(EVERYTHING, SECOND)
    await passed()
    assert rig.tallies == {DELIVERED: 2}


@virtual
async def test_a_stop_does_not_serve_those_who_stand_in_line() -> None:
    rig = Rig(delivery_sockets=1)
    rig.held = {"Seen-1"}
    await rig.start(EVERYTHING, SECOND)
    await rig.append("Seen-1")
    await passed()
    bounded(rig)
    asyncio.get_running_loop().call_later(1.0, rig.answer, "Seen-1")
    await rig.engine.stop()
    assert (rig.names, rig.tallies) == (["Seen-1"], {DELIVERED: 1})


@virtual
async def test_a_socket_that_is_given_back_unused_goes_to_those_in_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = Rig(delivery_sockets=1)
    rig.outcomes = {"Seen-1": [BUSY]}
    await rig.start(EVERYTHING, ELSEWHERE)
    await rig.append("Seen-1")
    read = rig.engine.feed.event

    async def slow(position: int, source: int, source_id: str) -> object:
        await asyncio.sleep(1.0)
        return await read(position, source, source_id)

    await passed(1.4)
    monkeypatch.setattr(rig.engine.feed, "event", slow)
    await passed(0.2)  # the retry has the socket, and reads its event
    await rig.append("Seen-2", source=OTHER)
    rig.off = {EVERYTHING.number}
    await rig.configure(EVERYTHING, ELSEWHERE)
    before = list(rig.names)
    await passed(2.0)
    assert (before, rig.names) == (["Seen-1"], ["Seen-1", "Seen-2"])


# order in memory


@virtual
async def test_events_of_a_user_go_one_after_the_other_and_those_of_others_beside_them() -> None:
    rig = Rig()
    rig.ordering, rig.held = "per_user", {"Seen-1", "Seen-2", "Seen-3@bob"}
    await rig.start()
    await rig.append("Seen-1", "Seen-2", "Seen-3@bob")
    await passed()
    before = list(rig.names)
    rig.answer("Seen-1")
    await passed()
    assert (before, rig.names[2:]) == (["Seen-1", "Seen-3@bob"], ["Seen-2"])


@virtual
async def test_a_failed_event_is_passed_after_the_hold_and_that_is_counted() -> None:
    rig = Rig(order_hold_seconds=30)
    rig.ordering, rig.outcomes = "per_user", {"Seen-1": [BUSY] * 9}
    await rig.start()
    await rig.append("Seen-1", "Seen-2")
    await passed(29.5)
    before = "Seen-2" in rig.names
    await passed(1.0)
    assert (before, "Seen-2" in rig.names) == (False, True)
    assert rig.engine.ticks.counters["passed"] == 1


@virtual
async def test_the_hold_stands_still_while_the_connection_is_paused() -> None:
    rig = Rig(order_hold_seconds=30)
    rig.ordering, rig.outcomes = "per_user", {"Seen-1": [BUSY] * 9}
    await rig.start()
    await rig.append("Seen-1", "Seen-2")
    await passed(1.0)
    await rig.command("pause")
    await passed(600.0)
    await rig.command("resume")
    await passed(10.0)
    before = "Seen-2" in rig.names
    await passed(25.0)
    assert (before, "Seen-2" in rig.names) == (False, True)


@virtual
async def test_one_user_who_fills_a_strict_lane_keeps_nobody_else() -> None:
    """The lane stood still for all users, for as long as one event of one user failed."""
    rig = Rig(unfinished_most=5)
    rig.ordering, rig.outcomes = "strict", {"Seen-0": [BUSY] * 100}
    await rig.start()
    await rig.append(*(f"Seen-{n}" for n in range(8)), "Paid-1@bob")
    await rig.append(*(f"Seen-{n}" for n in range(8, 30)), "Paid-2@bob")
    await passed(1.0)
    assert rig.names == ["Seen-0", "Paid-1@bob", "Paid-2@bob"]
    assert len(rig.lane.unfinished) <= 5
    waiting = [row for row in rig.ledger.tables.parked.values() if row.reason == WAITS]
    assert len(waiting) + len(rig.lane.unfinished) == 29


@virtual
async def test_large_events_of_one_user_keep_nobody_else_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claiming, "MOST_BYTES", 100)
    rig = Rig()
    rig.ordering, rig.outcomes = "strict", {"Seen-0": [BUSY] * 100}
    await rig.start()
    await rig.append(*(f"Seen-{n}" for n in range(20)), "Paid-1@bob")
    await rig.append(*(f"Seen-{n}" for n in range(20, 40)), "Paid-2@bob")
    await passed(1.0)
    assert rig.names == ["Seen-0", "Paid-1@bob", "Paid-2@bob"]


@virtual
async def test_what_left_memory_to_wait_goes_in_order_and_once() -> None:
    rig = Rig(unfinished_most=4)
    rig.ordering, rig.outcomes = "strict", {"Seen-0": [BUSY, BUSY]}
    await rig.start()
    await rig.append(*(f"Seen-{n}" for n in range(20)))
    await passed(60.0)
    assert rig.names == ["Seen-0", "Seen-0", *(f"Seen-{n}" for n in range(20))]
    assert rig.tallies == {DELIVERED: 20}
    assert (rig.lane.parked, rig.ledger.tables.parked) == (0, {})


@virtual
async def test_where_one_user_fills_a_lane_the_oldest_pass_before_the_time() -> None:
    rig = Rig(unfinished_most=5)
    rig.ordering, rig.held = "per_user", {"Seen-0"}
    await rig.start()
    await rig.append(*(f"Seen-{n}" for n in range(12)), "Paid-1@bob")
    await passed(1.0)
    rig.answer("Seen-0", outcome=BUSY)
    await passed(1.0)
    assert "Paid-1@bob" in rig.names


@virtual
async def test_nobody_passes_to_make_room_while_the_destination_is_in_trouble_as_a_whole() -> None:
    """After days of an outage with more events than a lane holds they came out of order."""
    rig = Rig(unfinished_most=5, breaker_in_a_row=1)
    rig.ordering, rig.outcomes = "per_user", {"Seen-0": [BUSY] * 3}
    await rig.start()
    await rig.append(*(f"Seen-{n}" for n in range(20)))
    await passed(3600.0)
    assert rig.names == ["Seen-0"] * 3 + [f"Seen-{n}" for n in range(20)]
    assert rig.engine.ticks.counters["passed"] == 0


# turns and timers


@virtual
@pytest.mark.parametrize("slots", [1, 2, 4])
@pytest.mark.parametrize("joined", [EVERYTHING, TWICE])
async def test_retries_have_their_turns_in_batches_while_new_events_wait(
    slots: int, joined: Joined
) -> None:
    """They waited until the last new event was sent: a batch of these was always ready before."""
    rig = Rig(slots=slots)
    rig.batching = {"enable_batching": True, "batch_size": 3}
    old, new = [f"Paid-{n}" for n in range(6)], [f"Paid-{n}" for n in range(6, 150)]
    rig.outcomes = {message: [BUSY] * len(joined.wants) for message in old}
    await rig.start(joined)
    await rig.append(*old)
    await passed(0.5)
    rig.off = {EVERYTHING.number}
    await rig.configure(joined)
    await rig.append(*new)
    await passed(10.0)
    rig.off, tried = set(), len(rig.requests)
    await rig.configure(joined)
    await passed(60.0)
    assert rig.tallies == {DELIVERED: 150}
    has_retry = [bool(set(old).intersection(each)) for each in rig.requests[tried:]]
    assert any(has_retry[: len(has_retry) // 2])
    assert not any(has_retry[len(has_retry) // 2 :])


@virtual
async def test_a_lane_that_ends_far_behind_lets_others_run_in_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "AT_ONCE", 10)
    rig = Rig()
    rig.off = {EVERYTHING.number}
    await rig.start(EVERYTHING, ELSEWHERE)
    await rig.append(*(f"Seen-{n}" for n in range(200)))
    await passed()
    await rig.configure(ELSEWHERE)
    rounds = 0
    while EVERYTHING.number in rig.engine.lanes:
        await asyncio.sleep(0)
        rounds += 1
    assert rounds > 10


@virtual
async def test_a_slow_replay_sets_one_timer_however_often_it_is_asked() -> None:
    """Each refusal set one more timer, and each timer asked again: their number never fell."""
    rig = Rig()
    await rig.start()
    await rig.append("Seen-a", "Seen-b", "Seen-c")
    await passed()
    await rig.replay(rate=0.01, again=True)
    for n in range(50):
        await rig.append(f"Seen-{n}")
        await passed()
    loop = asyncio.get_running_loop()
    timers = [timer for timer in loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
    assert len(timers) < 20

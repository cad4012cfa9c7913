from __future__ import annotations

import asyncio

from headgate.deliver.owed import Revival
from headgate.deliver.retries import LONGEST_SLEEP, Alarm, Retries
from headgate.ledger.port import ParkedRow
from tests.simulation.world import BEGIN_MS, Clock
from tests.unit.deliver.rig import passed, virtual


def parked(position: int, due_at: int, *, lane: int = 1, tries: int = 1) -> ParkedRow:
    return ParkedRow(lane, 0, position, "sub", "ann", due_at, 50, tries, 503, "http_503")


def test_what_is_due_is_given_once_and_in_the_order_of_its_time() -> None:
    retries = Retries([parked(1, 300), parked(2, 100)])
    retries.add(parked(3, 200, lane=2, tries=4))
    assert retries.next_due == 100
    assert list(retries.due(99)) == []
    assert list(retries.due(200)) == [
        (1, Revival(2, "sub", 1, 50, is_parked=True, due_at=100)),
        (2, Revival(3, "sub", 4, 50, is_parked=True, due_at=200)),
    ]
    assert [lane for lane, _ in retries.due(1000)] == [1]
    assert retries.next_due is None


def test_all_that_waits_in_a_lane_can_be_taken_and_no_other() -> None:
    retries = Retries([parked(1, 300), parked(2, 100), parked(3, 200, lane=2)])
    assert [revival.position for revival in retries.take(1)] == [2, 1]
    assert retries.take(1) == []
    assert [lane for lane, _ in retries.due(1000)] == [2]


class Alarmed:
    def __init__(self, *due_in_ms: int) -> None:
        self.clock, self.rung = Clock(), 0
        rows = [parked(n, BEGIN_MS + ms) for n, ms in enumerate(due_in_ms)]
        self.retries = Retries(rows)
        self.alarm = Alarm(self.retries, self.clock, self.ring)
        self.alarm.set()

    def ring(self) -> None:
        self.rung += 1


@virtual
async def test_the_alarm_rings_when_the_next_one_is_due() -> None:
    alarmed = Alarmed(5000, 2000)
    await passed(1.999)
    assert alarmed.rung == 0
    await passed(0.002)
    assert alarmed.rung == 1


@virtual
async def test_something_due_earlier_sets_the_alarm_anew() -> None:
    alarmed = Alarmed(50_000)
    alarmed.retries.add(parked(9, BEGIN_MS + 1000))
    alarmed.alarm.set()
    await passed(1.001)
    assert alarmed.rung == 1
    await passed(100.0)
    assert alarmed.rung == 1  # who rings it sets it again


@virtual
async def test_what_is_overdue_rings_at_once() -> None:
    alarmed = Alarmed(-5000)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert alarmed.rung == 1


@virtual
async def test_the_alarm_rings_each_minute_as_the_clock_may_have_jumped() -> None:
    alarmed = Alarmed(86_400_000)
    await passed(LONGEST_SLEEP + 0.001)
    assert alarmed.rung == 1


@virtual
async def test_no_alarm_rings_for_nothing_or_after_its_end() -> None:
    silent, stopped = Alarmed(), Alarmed(1000)
    stopped.alarm.stop()
    await passed(100.0)
    assert (silent.rung, stopped.rung) == (0, 0)

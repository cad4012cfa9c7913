from __future__ import annotations

import asyncio

from headgate.deliver.tasks import Tasks, Timers
from tests.simulation.loop import VirtualLoop
from tests.simulation.world import Clock
from tests.unit.deliver.rig import passed, virtual


class Rung:
    """Timers, and (key, moment) of each that rang."""

    def __init__(self) -> None:
        self.clock, self.rung = Clock(), list[tuple[str, float]]()
        self.timers = Timers(Tasks(), self.clock)

    def ask(self, key: str, at: float) -> None:
        self.timers.ask(key, at, self.ring)

    def ring(self, key: str) -> None:
        self.rung.append((key, self.clock.monotonic()))


@virtual
async def test_of_all_that_is_asked_for_a_key_the_earliest_rings_and_it_alone() -> None:
    timers = Rung()
    for at in (5.0, 3.0, 4.0):
        timers.ask("a", at)
    timers.ask("b", 4.0)
    await passed(10.0)
    assert timers.rung == [("a", 3.0), ("b", 4.0)]


@virtual
async def test_what_asks_again_when_it_rings_is_heard() -> None:
    timers = Rung()
    timers.timers.ask("a", 1.0, lambda key: timers.ask(key, 2.0))
    await passed(10.0)
    assert timers.rung == [("a", 2.0)]


@virtual
async def test_a_timer_that_is_overdue_is_not_put_off_by_what_is_asked_later() -> None:
    timers, loop = Rung(), asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    timers.ask("a", 1.0)
    loop._now = 6.0  # the loop was busy for that long
    timers.ask("a", 8.0)
    await passed(10.0)
    assert timers.rung == [("a", 6.0)]


@virtual
async def test_a_moment_that_has_passed_is_now() -> None:
    timers = Rung()
    timers.ask("a", -5.0)
    await passed(10.0)
    assert timers.rung == [("a", 0.0)]

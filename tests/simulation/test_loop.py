"""Virtual time: a timer that rang a nanosecond early was set again at that moment, for ever."""

from __future__ import annotations

import asyncio
import math

import pytest

from tests.simulation.loop import VirtualLoop


@pytest.mark.parametrize("start", [0.0, 8_589.934592, 1e6])
def test_no_timer_rings_before_its_time(start: float) -> None:
    loop, rang = VirtualLoop(start), list[float]()
    due = math.nextafter(start, math.inf)

    async def main() -> None:
        loop.call_at(due, lambda: rang.append(loop.time()))
        loop.call_at(start, lambda: rang.append(loop.time()))
        await asyncio.sleep(1)

    loop.live(main())
    assert rang == [start, due]

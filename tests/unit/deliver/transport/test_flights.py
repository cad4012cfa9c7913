from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from headgate.deliver.transport.flights import Flights, settle, unless_over
from headgate.kit.errors import TransportError
from headgate.kit.http.request import Response

if TYPE_CHECKING:
    from headgate.deliver.transport.flights import Flight


async def test_each_flight_ends_at_its_own_deadline() -> None:
    flights, loop = Flights(), asyncio.get_running_loop()
    ends: list[tuple[str, float]] = []
    started = time.monotonic()

    async def fly(name: str, seconds: float, after: float) -> None:
        await asyncio.sleep(after)
        assert await flights.begin(loop, seconds) is None
        ends.append((name, time.monotonic() - started))

    await asyncio.gather(
        fly("long", 0.5, 0), fly("short", 0.2, 0), fly("late", 0.2, 0.1), fly("last", 0.5, 0.1)
    )
    assert [name for name, _ in ends] == ["short", "late", "long", "last"]
    due = (0.2, 0.3, 0.5, 0.6)
    assert all(-0.02 < after - at < 1 for (_, after), at in zip(ends, due, strict=True))


async def test_a_flight_that_ends_in_time_costs_no_timer_of_its_own() -> None:
    flights, loop = Flights(), asyncio.get_running_loop()
    for _ in range(1000):
        flight = flights.begin(loop, 10.0)
        settle(flight, Response(200))
        flights.forget(flight, 10.0)
    assert (len(flights._timers), len(flights._lanes[10.0])) == (1, 0)
    flights.close()


async def test_an_allowance_nobody_uses_any_more_is_forgotten() -> None:
    flights, loop = Flights(), asyncio.get_running_loop()
    for n in range(1, 50):
        flight = flights.begin(loop, n / 1000)
        flights.forget(flight, n / 1000)
    await asyncio.sleep(0.1)
    assert (flights._timers, flights._lanes) == ({}, {})
    late = flights.begin(loop, 0.01)
    assert await late is None


async def test_closing_ends_every_flight_and_begins_none() -> None:
    flights, loop = Flights(), asyncio.get_running_loop()
    flight = flights.begin(loop, 10)
    flights.close()
    outcome = await flight
    assert isinstance(outcome, TransportError)
    assert outcome.kind == "reset"
    with pytest.raises(TransportError, match="closed"):
        flights.begin(loop, 10)


def waiting() -> Flight:
    return asyncio.get_running_loop().create_future()


async def test_the_first_end_counts() -> None:
    flight = waiting()
    settle(flight, Response(200))
    settle(flight, None)
    assert flight.result() == Response(200)


async def test_work_for_a_flight_returns_or_raises() -> None:
    async def fails() -> None:
        raise TransportError("no", kind="dns")

    assert await unless_over(waiting(), asyncio.sleep(0.01, "done")) == "done"
    with pytest.raises(TransportError, match="no"):
        await unless_over(waiting(), fails())


async def test_work_for_a_flight_that_is_over_is_cancelled() -> None:
    flight = waiting()
    asyncio.get_running_loop().call_later(0.02, settle, flight, None)
    started = time.monotonic()
    assert await unless_over(flight, asyncio.sleep(60, "late")) is None
    assert time.monotonic() - started < 1
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from headgate.log.port import Position
from tests.contracts.event_logs import Bench, opened, send

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest_asyncio.fixture(params=["memory", "segments", "simulated"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    async with opened(request.param, tmp_path) as bench:
        yield bench


async def test_a_span_of_time_leads_to_the_frames_received_in_it_however_clocks_went(
    bench: Bench,
) -> None:
    """The clock goes on by a second for each append, is set back by five, and goes on."""
    start = bench.clock.now
    firsts: list[int] = []
    for n in (0, 1, 2, 3, 4, -1, 0, 1, 9, 10):
        bench.clock.now = start + 1_000 * n
        sent = await send(bench, (1, f"{len(firsts)}"), (1, f"{len(firsts)}'"))
        firsts.append(sent.first)
    head = (await bench.log.heads())[0]

    async def received(since: int, until: int) -> tuple[int, int]:
        return await bench.log.received(0, start + since, start + until)

    async def frames(since: int, until: int) -> list[int]:
        span = await received(since, until)
        return [n for n, first in enumerate(firsts) if span[0] <= first < span[1]]

    assert await received(-(10**9), 10**9) == (firsts[0], head)
    assert await frames(2_000, 2_001) == [2]
    assert await frames(2_000, 5_000) == [2, 3, 4]
    assert await frames(1_000, 2_000) == [1, 2, 3, 4, 5, 6, 7]
    assert await frames(9_001, 10**9) == [9]
    assert await received(11_000, 12_000) == (head, head)
    assert await received(5_000, 9_000) == (head, head)
    await bench.log.raise_floor({0: Position(firsts[3] + 1)})
    assert await received(0, 4_000) == (firsts[3] + 1, firsts[7] + 2)
    assert await received(2_000, 3_000) == (head, head)


async def test_the_last_events_of_a_source_begin_somewhere(bench: Bench) -> None:
    head = (await bench.log.heads())[0]
    assert await bench.log.last(0, 1, 5) == head
    firsts: list[int] = []
    for n in range(10):
        sent = await send(bench, (1, f"{n}"), (1, f"{n}"), (2, f"{n}"), (1, f"{n}'"))
        firsts.append(sent.first)
        bench.clock.now += 700
    assert await bench.log.last(0, 1, 0) == (await bench.log.heads())[0]
    assert [await bench.log.last(0, 1, n) for n in (1, 2, 3, 20)] == [
        firsts[9],
        firsts[9],
        firsts[8],
        firsts[0],
    ]
    assert [await bench.log.last(0, 2, n) for n in (1, 4, 11)] == [firsts[9], firsts[6], firsts[0]]
    assert await bench.log.last(0, 3, 1) == firsts[0]
    await bench.log.raise_floor({0: Position(firsts[7] + 1)})
    assert await bench.log.last(0, 2, 9) == firsts[7] + 1

"""Every log adds up what each source had sent before any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from headgate.log.port import Counts, Position
from tests.contracts.event_logs import Bench, opened, send

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

STEP = 1_000


@pytest_asyncio.fixture(params=["memory", "segments", "simulated"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    async with opened(request.param, tmp_path) as bench:
        yield bench


async def test_sums_before_a_time_are_the_counts_of_every_source_up_to_it(bench: Bench) -> None:
    """A message more of each source at each step, and one that the first source repeats."""
    begin = bench.clock.now
    assert await bench.log.sums(0, [0, begin, begin + STEP]) == [{}, {}, {}]
    for n in range(9):
        bench.clock.now = begin + n * STEP
        await send(bench, (1, f"{n}"), (2, f"{n}"), (1, "again"))
    expected = [{1: Counts(n + 1, n - 1), 2: Counts(n, 0)} if n else {} for n in range(10)]
    times = [begin + n * STEP for n in range(10)]
    assert await bench.log.sums(0, times) == expected
    assert await bench.log.sums(0, [each - 1 for each in times]) == expected
    for some in ([3], [0, 9], [2, 2, 3], [5, 8], [9, 9], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]):
        found = await bench.log.sums(0, [times[n] for n in some])
        assert found == [expected[n] for n in some]
        for n, sums in zip(some, found, strict=True):
            place = (await bench.log.at(times[n]))[0]
            for source, counts in sums.items():
                assert counts == await bench.log.count(source, 0, Position(0), place)

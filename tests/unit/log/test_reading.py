from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from headgate.log.port import Position
from headgate.log.segments.reading import ACTIVE, HEAD, Cursor
from headgate.log.segments.segment import Segment
from tests.contracts.event_logs import SegmentBench, met, send
from tests.simulation.disk import SimDisk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from headgate.log.port import Frame


@pytest.fixture
def bench() -> SegmentBench:
    return SegmentBench(SimDisk(), Path("/log"))


async def next_name(reader: AsyncIterator[Frame]) -> str:
    async with asyncio.timeout(5):
        return met([await anext(reader)])[0].message_id


async def test_a_reader_stays_in_a_segment_that_ends_in_damage_and_still_grows(
    bench: SegmentBench,
) -> None:
    await send(bench, (1, "a"))
    await send(bench, (1, "b"))
    path = bench.paths()[0]
    offsets = [offset for offset, _ in Segment(bench.disk, path).headers()]
    bench.flip(path, offsets[1] + 5)
    reader = bench.log.read(0, Position(0), follow=True)
    assert await next_name(reader) == "a"
    waiting = asyncio.ensure_future(next_name(reader))
    await asyncio.sleep(0)
    await send(bench, (1, "c"))
    assert await waiting == "c"
    for name in ("d", "e", "f"):
        await send(bench, (1, name))
        assert await next_name(reader) == name


async def test_a_reader_leaves_no_segment_before_its_successor_is_published(
    bench: SegmentBench,
) -> None:
    """One commit ends a segment and begins the next; the last published frame is damaged."""
    disk = bench.disk
    assert isinstance(disk, SimDisk)
    await send(bench, (1, "a"))
    await send(bench, (1, "b"))
    first = bench.paths()[0]
    bench.flip(first, [offset for offset, _ in Segment(disk, first).headers()][1] + 5)
    reader = Cursor(disk, bench.folder, 0, lambda: 0)
    cells = disk.cells(bench.folder / "head", writable=False)
    read: list[str] = []

    def look(_: object = None) -> None:
        head, active = cells.get(HEAD), cells.get(ACTIVE)
        read.extend(event.message_id for event in met(reader.frames(head, active)))

    disk.before = look
    await asyncio.gather(send(bench, *((1, name) for name in "cdef")), send(bench, (1, "g")))
    look()
    assert len(bench.paths()) == 2
    assert read == [*"acdefg"]


async def test_a_reader_follows_through_failures_restarts_and_rolls(bench: SegmentBench) -> None:
    names = [f"{n}" for n in range(30)]
    reader = bench.reader().read(0, Position(0), follow=True)
    for n, name in enumerate(names):
        if n % 7 == 3:
            bench.refuse_next()
            with pytest.raises(Exception, match="could not be written"):
                await send(bench, (1, name))
        await send(bench, (1, name))
        if n % 11 == 5:
            await bench.reopen()
        assert await next_name(reader) == name


async def test_a_reader_that_starts_in_a_gap_begins_behind_it(bench: SegmentBench) -> None:
    await send(bench, (1, "a"))
    gap = bench.log.head()
    await bench.reopen()
    bench.clock.now += 10_000
    await send(bench, (1, "b"))
    for start in (gap, gap + 1, gap + (1 << 30)):
        assert await next_name(bench.log.read(0, Position(start))) == "b"


async def test_a_reader_that_starts_at_the_head_waits_for_a_segment_to_come(
    bench: SegmentBench,
) -> None:
    await send(bench, (1, "a"))
    await bench.reopen()
    reader = bench.reader().read(0, Position(bench.log.head()), follow=True)
    waiting = asyncio.ensure_future(next_name(reader))
    await asyncio.sleep(0)
    await send(bench, (1, "b"))
    assert await waiting == "b"

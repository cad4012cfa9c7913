from __future__ import annotations

import asyncio
import threading
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from headgate.log.errors import Fenced, Unavailable
from headgate.log.port import Position, TallyBatch, Verdict
from headgate.log.segments.appender import Limits
from headgate.log.segments.segment import Segment
from tests.contracts.event_logs import (
    RefusingDisk,
    SegmentBench,
    all_met,
    frames_of,
    met,
    opened,
    send,
)
from tests.simulation.disk import SimDisk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

LIVE, DUPLICATE = Verdict.LIVE, Verdict.DUPLICATE


@pytest_asyncio.fixture(params=["segments", "simulated"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SegmentBench]:
    async with opened(request.param, tmp_path) as bench:
        assert isinstance(bench, SegmentBench)
        yield bench


@pytest_asyncio.fixture
async def simulated(tmp_path: Path) -> AsyncIterator[tuple[SegmentBench, SimDisk]]:
    async with opened("simulated", tmp_path) as bench:
        assert isinstance(bench, SegmentBench)
        assert isinstance(bench.disk, SimDisk)
        yield bench, bench.disk


async def names(bench: SegmentBench) -> list[str]:
    return [event.message_id for event in await all_met(bench.log)]


async def test_a_log_that_is_opened_again_goes_on_where_it_was(bench: SegmentBench) -> None:
    for name in "abcdef":
        await send(bench, (1, name), (2, name))
    before, head = await all_met(bench.log), bench.log.head()
    await bench.reopen()
    assert (await all_met(bench.log), bench.log.head()) == (before, head)
    assert (await send(bench, (1, "a"), (3, "a"))).verdicts == bytes([DUPLICATE, LIVE])
    assert (await all_met(bench.log))[:-2] == before


async def test_opening_again_and_again_loses_and_adds_nothing(bench: SegmentBench) -> None:
    for name in "abc":
        await send(bench, (1, name), (1, "same"))
        for _ in range(3):
            await bench.reopen()
    assert await names(bench) == ["a", "same", "b", "same", "c", "same"]
    assert len(bench.paths()) == 3
    assert await bench.log.count(1, 0, Position(0), bench.log.head()) == (4, 2)


async def test_two_appenders_are_refused_until_the_first_is_gone(bench: SegmentBench) -> None:
    await send(bench, (1, "a"))
    second = bench.reader()
    with pytest.raises(Fenced, match="another process appends"):
        second.own(bench.clock, lambda _: asyncio.sleep(0))
    await second.close()
    await bench.reopen()
    assert (await send(bench, (1, "a"))).verdicts == bytes([DUPLICATE])


async def test_a_reader_may_not_append(bench: SegmentBench) -> None:
    await send(bench, (1, "a"))
    reader = bench.reader()
    frames = await frames_of(reader)
    with pytest.raises(Fenced, match="only its appender"):
        await reader.append(0, TallyBatch(()))
    await reader.close()
    assert [event.message_id for event in met(frames)] == ["a"]


@pytest.mark.parametrize(
    ("limits", "wait_ms", "segments"),
    [
        (Limits(events=3, size=1 << 20, age_ms=1 << 40), 0, [4, 4, 2]),
        (Limits(events=1 << 20, size=450, age_ms=1 << 40), 0, [4, 4, 2]),
        (Limits(events=1 << 20, size=1 << 20, age_ms=100), 50, [4, 4, 2]),
    ],
)
async def test_segments_roll_by_events_by_size_and_by_age(
    tmp_path: Path, limits: Limits, wait_ms: int, segments: list[int]
) -> None:
    async with opened("segments", tmp_path, limits) as bench:
        assert isinstance(bench, SegmentBench)
        for n in range(5):
            await send(bench, (1, f"{n}a"), (1, f"{n}b"))
            bench.clock.now += wait_ms
        assert [_events_in(bench, path) for path in bench.paths()] == segments


def _events_in(bench: SegmentBench, path: Path) -> int:
    segment = Segment(bench.disk, path)
    try:
        return sum(header.events for _, header in segment.headers())
    finally:
        segment.close()


async def test_each_segment_tells_what_was_counted_before_it(bench: SegmentBench) -> None:
    for n in range(9):
        await send(bench, (1, f"{n}"), (2, "same"))
    headers = []
    for path in bench.paths():
        segment = Segment(bench.disk, path)
        headers.append(segment.header)
        segment.close()
    assert [dict(header.totals) for header in headers] == [
        {},
        {1: (2, 0), 2: (1, 1)},
        {1: (4, 0), 2: (1, 3)},
        {1: (6, 0), 2: (1, 5)},
        {1: (8, 0), 2: (1, 7)},
    ]
    assert [after.previous for _, after in pairwise(headers)] == [
        header.first for header in headers[:-1]
    ]


async def refused(bench: SegmentBench, *batches: list[tuple[int, str]]) -> None:
    """Append several batches at once while the disk fails."""
    bench.refuse_next()
    answers = await asyncio.gather(
        *(send(bench, *batch) for batch in batches), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [Unavailable] * len(batches)


async def test_a_failed_sync_refuses_everything_that_was_not_acknowledged(
    bench: SegmentBench,
) -> None:
    await send(bench, (1, "a"))
    await refused(bench, [(1, "b")], [(1, "c"), (1, "b")], [(1, "d")])
    assert await names(bench) == ["a"]
    # The first copy of a message that was refused is none: the next one is live.
    answer = await send(bench, (1, "b"), (1, "c"), (1, "d"), (1, "a"))
    assert answer.verdicts == bytes([LIVE, LIVE, LIVE, DUPLICATE])


async def test_nobody_reads_what_a_failed_sync_has_left_behind(bench: SegmentBench) -> None:
    await send(bench, (1, "a"))
    await refused(bench, [(1, "b")], [(1, "c")])
    left = bench.log.head()
    await send(bench, (1, "d"))
    await send(bench, (1, "b"))
    assert b"messageId" in bench.content(bench.paths()[0])
    for _ in range(2):
        for start in range(left - 1, left + 6):
            read = met(await frames_of(bench.log, start))
            assert [event.message_id for event in read if event.message_id == "c"] == []
        assert await names(bench) == ["a", "d", "b"]
        assert len(await bench.log.find("b")) == 1
        assert await bench.log.find("c") == []
        assert await bench.log.count(1, 0, Position(0), Position(1 << 62)) == (3, 0)
        await bench.reopen()


async def test_appends_go_on_in_a_new_segment_after_a_failed_sync(bench: SegmentBench) -> None:
    await send(bench, (1, "a"))
    durable = len(bench.content(bench.paths()[0]))
    await refused(bench, [(1, "b")])
    await send(bench, (1, "c"))
    old, new = bench.paths()
    segment = Segment(bench.disk, new)
    assert (segment.header.previous, segment.header.previous_length) == (
        Segment(bench.disk, old).first,
        durable,
    )
    segment.close()


async def test_a_segment_of_which_nothing_was_kept_leaves_the_folder(bench: SegmentBench) -> None:
    await refused(bench, [(1, "a")])
    await refused(bench, [(1, "a")])
    assert bench.log.head() == 0
    await send(bench, (1, "b"))
    assert len(bench.paths()) == 1
    assert await names(bench) == ["b"]


async def test_a_frame_that_was_synced_beside_a_failed_segment_is_not_read_either(
    simulated: tuple[SegmentBench, SimDisk],
) -> None:
    """One commit fills a segment, which is synced, and begins another, whose sync fails."""
    bench, disk = simulated
    await send(bench, (1, "a"))
    disk.fail("sync", 2, suffix=".seg")
    answers = await asyncio.gather(
        send(bench, *((1, f"full {n}") for n in range(4))),
        send(bench, (1, "next")),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [Unavailable, Unavailable]
    await send(bench, (1, "b"))
    assert await names(bench) == ["a", "b"]
    await bench.reopen()
    assert await names(bench) == ["a", "b"]


async def test_what_a_failed_sync_lost_stays_lost_after_a_power_loss(
    simulated: tuple[SegmentBench, SimDisk],
) -> None:
    bench, disk = simulated
    await send(bench, (1, "a"))
    await refused(bench, [(1, "b")])
    await send(bench, (1, "c"))
    disk.power_loss(Random(0), 0.0)  # noqa: S311
    bench.log = bench.reader()
    bench.own()
    assert await names(bench) == ["a", "c"]


async def test_no_follower_sees_an_event_before_it_is_on_the_disk(tmp_path: Path) -> None:
    async with opened("segments", tmp_path) as bench:
        assert isinstance(bench, SegmentBench)
        assert isinstance(bench.disk, RefusingDisk)
        await send(bench, (1, "a"))
        may_go_on, is_written = threading.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        bench.disk.hold = _holding(may_go_on, lambda: loop.call_soon_threadsafe(is_written.set))
        appending = asyncio.ensure_future(send(bench, (1, "b")))
        await asyncio.wait_for(is_written.wait(), 5)
        assert b"b" in bench.content(bench.paths()[0])
        assert await names(bench) == ["a"]
        assert await bench.log.find("b") == []
        may_go_on.set()
        await appending
        assert await names(bench) == ["a", "b"]


def _holding(may_go_on: threading.Event, tell: Callable[[], object]) -> Callable[[], None]:
    def hold() -> None:
        tell()
        assert may_go_on.wait(5)

    return hold

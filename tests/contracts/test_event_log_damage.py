from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from headgate.log.port import Position, Verdict
from headgate.log.segments.log import SegmentLog
from headgate.log.segments.segment import Segment
from tests.contracts.event_logs import Met, SegmentBench, frames_of, met, opened, send
from tests.simulation.site import Asking, inline

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from headgate.log.port import Frame
    from tests.simulation.disk import SimDisk

LIVE = Verdict.LIVE
LENGTH_OF_HEADER = 4
"""Where a frame says how long its header is, from its first byte."""


@pytest_asyncio.fixture(params=["segments", "simulated"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SegmentBench]:
    async with opened(request.param, tmp_path) as bench:
        assert isinstance(bench, SegmentBench)
        yield bench


async def sent(bench: SegmentBench) -> list[Met]:
    """Four frames in two segments, several sources in one of them."""
    await send(bench, (1, "a"), (1, "b"))
    await send(bench, (1, "c"), (2, "d"))
    await send(bench, (1, "e"), (1, "f"))
    await send(bench, (1, "g"))
    return met(await frames_of(bench.log))


def starts_of(bench: SegmentBench, path: Path) -> list[tuple[int, int]]:
    """Where the header and where the body of each frame begin in a segment file."""
    segment = Segment(bench.disk, path)
    starts = [(offset, offset + len(header.raw)) for offset, header in segment.headers()]
    segment.close()
    return starts


def damaged(frame: Frame) -> bool:
    flag: bool = getattr(frame, "damaged")  # noqa: B009 - no part of the port
    return flag


async def test_a_damaged_body_leaves_its_events_without_records(bench: SegmentBench) -> None:
    events = await sent(bench)
    path = bench.paths()[0]
    bench.flip(path, starts_of(bench, path)[1][1] + 3)
    frames = await frames_of(bench.log)
    assert [damaged(frame) for frame in frames] == [False, True, False, False]
    assert [stored[:3] for stored in frames[1].events()] == [
        (event.position, LIVE, None) for event in events[2:4]
    ]
    assert met([*frames[:1], *frames[2:]]) == events[:2] + events[4:]
    assert await bench.log.count(1, 0, Position(0), bench.log.head()) == (6, 0)
    (found,) = await bench.log.find("d")
    assert (found.position, found.source, found.stored and found.stored.record) == (
        events[3].position,
        2,
        None,
    )


async def test_a_flipped_length_costs_its_frame_and_no_other(bench: SegmentBench) -> None:
    events = await sent(bench)
    path = bench.paths()[0]
    bench.flip(path, starts_of(bench, path)[0][0] + LENGTH_OF_HEADER)
    assert met(await frames_of(bench.log)) == events[2:]
    await bench.reopen()
    assert met(await frames_of(bench.log)) == events[2:]


async def test_garbage_behind_the_last_frame_is_passed_over(bench: SegmentBench) -> None:
    events = await sent(bench)
    path = bench.paths()[-1]
    whole = bench.content(path)
    await bench.log.close()
    file = bench.disk.create(path)
    file.write(whole + whole[-200:] + b"HgF\x01garbage")
    file.close()
    bench.log = bench.reader()
    bench.own()
    assert met(await frames_of(bench.log)) == events
    await send(bench, (1, "z"), (1, "g"))
    assert [(event.message_id, event.verdict) for event in met(await frames_of(bench.log))][
        -2:
    ] == [("z", 0), ("g", 1)]


@pytest_asyncio.fixture
async def simulated(tmp_path: Path) -> AsyncIterator[tuple[SegmentBench, SimDisk]]:
    async with opened("simulated", tmp_path) as bench:
        assert isinstance(bench, SegmentBench)
        yield bench, bench.disk  # type: ignore[misc] # a simulated bench has a simulated disk


async def reopened(bench: SegmentBench, disk: SimDisk) -> SegmentLog:
    """The log as a new appender finds it on a copy of the disk."""
    log = SegmentLog(disk, bench.folder, Asking())
    log.own(bench.clock, inline, bench.limits)
    return log


def check_only_one_frame_is_hurt(
    frames: list[Frame], events: list[Met], hurt: tuple[int, int] | None
) -> None:
    whole = met(frame for frame in frames if not damaged(frame))
    assert set(whole) <= set(events)
    lost = [event.position for event in events if event not in whole]
    assert all(hurt is not None and hurt[0] <= position < hurt[1] for position in lost), lost


def frame_at(bench: SegmentBench, path: Path, offset: int) -> tuple[int, int] | None:
    """The positions of the frame that covers an offset; None for the segment header."""
    segment = Segment(bench.disk, path)
    for start, header in segment.headers():
        if start <= offset < start + header.size:
            return header.first, header.next
    return None


async def test_any_flipped_bit_costs_at_most_the_frame_it_is_in(
    simulated: tuple[SegmentBench, SimDisk],
) -> None:
    bench, disk = simulated
    events = await sent(bench)
    for path in bench.paths():
        for offset in range(len(bench.content(path))):
            hurt = frame_at(bench, path, offset)
            copy = disk.fork()
            copy.flip(path, offset, 1 << (offset % 8))
            reader = SegmentLog(copy, bench.folder, Asking())
            check_only_one_frame_is_hurt(await frames_of(reader), events, hurt)
            log = await reopened(bench, copy)
            check_only_one_frame_is_hurt(await frames_of(log), events, hurt)


async def test_a_log_cut_anywhere_keeps_what_is_before_the_cut_and_goes_on(
    simulated: tuple[SegmentBench, SimDisk],
) -> None:
    bench, disk = simulated
    events = await sent(bench)
    path = bench.paths()[-1]
    ends = [start + header.size for start, header in Segment(disk, path).headers()]
    before = [event for event in events if event.position < int(path.stem)]
    inside = [event for event in events if event.position >= int(path.stem)]
    for size in range(len(bench.content(path))):
        copy = disk.fork()
        copy.cut(path, size)
        log = await reopened(bench, copy)
        whole = sum(end <= size for end in ends)
        kept = met(await frames_of(log))
        assert kept == before + [inside[:0], inside[:2], inside[:3]][whole]
        bench_log, bench.log = bench.log, log
        answer = await send(bench, (1, "z"))
        bench.log = bench_log
        assert answer.first >= log.head() - 1
        assert met(await frames_of(log)) == [*kept, Met(answer.first, 1, "z", LIVE)]

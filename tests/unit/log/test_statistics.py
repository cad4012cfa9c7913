from __future__ import annotations

from pathlib import Path

import pytest

from headgate.disk import SystemDisk
from headgate.keep.run import keep_once
from headgate.log.errors import Unavailable
from headgate.log.port import Rejection, TallyBatch
from headgate.log.segments.segment import Segment
from headgate.log.statistics import LogStatistics, log_statistics
from tests.contracts.event_logs import SegmentBench, send
from tests.simulation.disk import SimDisk


@pytest.fixture
def bench() -> SegmentBench:
    return SegmentBench(SimDisk(), Path("/log"))


def told(bench: SegmentBench) -> LogStatistics:
    return log_statistics(bench.disk, bench.folder)


def test_a_folder_without_a_log_has_nothing(tmp_path: Path) -> None:
    assert log_statistics(SystemDisk(), tmp_path) == LogStatistics(0, 0)
    assert list(tmp_path.iterdir()) == []


async def test_events_duplicates_and_rejections_are_counted_over_all_sources(
    bench: SegmentBench,
) -> None:
    await send(bench, (1, "a"), (2, "a"), (1, "a"), (1, "b"))
    await send(bench, (3, "a"), (2, "a"))
    for _ in range(2):
        await bench.log.append(
            0, TallyBatch((Rejection(1, "too_large", 2), Rejection(2, "type_unknown", 1)))
        )
    statistics = told(bench)
    assert (statistics.events, statistics.duplicates) == (4, 2)
    assert statistics.rejected == {1: {"too_large": 4}, 2: {"type_unknown": 2}}
    assert (statistics.segments, statistics.quarantined_frames) == (2, 0)
    assert statistics.bytes == sum(len(bench.content(path)) for path in bench.paths())
    assert statistics.head == bench.log.head()


async def test_nothing_beyond_the_durable_end_counts(bench: SegmentBench) -> None:
    await send(bench, (1, "a"))
    before = told(bench)
    bench.refuse_next()
    with pytest.raises(Unavailable):
        await send(bench, (1, "b"))
    assert len(bench.content(bench.paths()[0])) > before.bytes
    assert told(bench) == before
    await send(bench, (1, "c"))
    after = told(bench)
    assert (after.events, after.segments) == (2, 2)
    assert after.bytes == before.bytes + len(bench.content(bench.paths()[1]))


async def test_sealing_changes_no_figure(bench: SegmentBench) -> None:
    for n in range(6):
        await send(bench, (1, f"{n}"), (1, "same"), (2, f"{n}"), (2, f"{n}"))
        await bench.log.append(0, TallyBatch((Rejection(n % 2, "too_large", n),)))
    before = told(bench)
    keep_once(bench.folder, bench.clock, {}, disk=bench.disk)
    assert told(bench) == before


async def test_damaged_frames_are_counted_whether_sealed_or_not(bench: SegmentBench) -> None:
    for n in range(3):
        await send(bench, (1, f"{n}a"), (1, f"{n}b"))
        await send(bench, (1, f"{n}c"), (1, f"{n}d"))
    for path in bench.paths():
        segment = Segment(bench.disk, path)
        offset, header = list(segment.headers())[1]
        bench.flip(path, offset + len(header.raw) + 5)
    bench.flip(bench.paths()[-1], Segment(bench.disk, bench.paths()[-1]).start + 5)
    assert told(bench).quarantined_frames == 4
    keep_once(bench.folder, bench.clock, {}, disk=bench.disk)
    statistics = told(bench)
    assert statistics.quarantined_frames == 4
    # Nobody can tell any more how many events were in the frame without a header.
    assert statistics.events == 12 - 2

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from headgate.clock import SystemClock
from headgate.disk import SystemDisk
from headgate.keep.retention import Policy
from headgate.keep.run import keep_once
from headgate.log.errors import Trimmed
from headgate.log.follow import HeadSignal
from headgate.log.port import Position
from headgate.log.segments.log import SegmentLog
from headgate.log.statistics import log_statistics
from tests.contracts.event_logs import all_met, frames_of, met, send
from tests.unit.keep.kept import DAY, HOUR, keep, simulated

if TYPE_CHECKING:
    from headgate.keep.run import Kept
    from tests.contracts.event_logs import Met, SegmentBench

POLICY = Policy(age_ms=2 * DAY + HOUR)


async def six_days(bench: SegmentBench) -> list[Met]:
    for n in range(6):
        await send(bench, *((1, f"{n}{letter}") for letter in "abcd"))
        bench.clock.now += DAY
    keep(bench, POLICY)
    return await all_met(bench.log)


async def test_the_floor_rises_at_once_and_bodies_go_when_every_lane_has_agreed() -> None:
    bench, _ = simulated()
    events = await six_days(bench)
    floor = events[15].position + 1
    lanes = {"slow": events[7].position + 1, "quick": bench.log.head()}
    report = keep(bench, POLICY, lanes)
    assert report.floor == floor
    assert report.trimmed == (events[0].position, events[4].position)
    assert len(bench.paths()) == 4
    lanes["slow"] = floor
    report = keep(bench, POLICY, lanes)
    assert report.trimmed == (events[8].position, events[12].position)
    assert met(await frames_of(bench.log, floor)) == events[16:]
    with pytest.raises(Trimmed):
        await frames_of(bench.log, floor - 1)


async def test_a_lane_that_never_agrees_keeps_everything_and_alarms() -> None:
    bench, _ = simulated()
    events = await six_days(bench)
    report = keep(bench, POLICY, {"stuck": 0, "fine": bench.log.head()})
    assert report.trimmed == ()
    assert len(bench.paths()) == 6
    assert [(alarm.lane, alarm.level) for alarm in report.alarms] == [("stuck", 0.95)]
    assert report.floor == events[15].position + 1


async def test_a_lane_alarms_by_where_it_stands_not_by_what_it_has_acknowledged() -> None:
    bench, _ = simulated()
    events = await six_days(bench)
    standing = {"reads on": bench.log.head(), "stands": events[16].position}
    report = keep_once(
        bench.folder,
        bench.clock,
        dict.fromkeys(standing, 0),
        POLICY,
        standing=standing,
        disk=bench.disk,
    )
    assert [alarm.lane for alarm in report.alarms] == ["stands"]
    assert report.trimmed == ()


async def test_a_jumped_clock_is_told() -> None:
    bench, _ = simulated()
    await six_days(bench)
    bench.clock.now -= 3 * DAY
    (warning,) = keep(bench, POLICY).warnings
    assert "clock has jumped by 86400 s" in warning


async def test_a_floor_survives_a_power_loss() -> None:
    """Its cell is synced: lanes have closed events for good because of it."""
    bench, disk = simulated()
    await six_days(bench)
    before = keep(bench, POLICY).floor
    copy = disk.fork()
    copy.power_loss(Random(0), 0.0)  # noqa: S311
    assert log_statistics(copy, bench.folder).floor == before > 0


async def test_a_reader_that_is_overtaken_by_the_floor_is_told() -> None:
    bench, _ = simulated()
    events = await six_days(bench)
    reader = bench.log.read(0, Position(0))
    assert met([await anext(reader)]) == events[:4]
    keep(bench, POLICY)
    with pytest.raises(Trimmed) as trimmed:
        await anext(reader)
    assert trimmed.value.floor == events[15].position + 1


async def test_a_reader_at_the_floor_goes_on_where_trimmed_segments_were() -> None:
    bench, _ = simulated()
    events = await six_days(bench)
    reader = bench.log.read(0, Position(events[12].position))
    assert met([await anext(reader)]) == events[12:16]
    keep(bench, POLICY)
    assert met([frame async for frame in reader]) == events[16:]


async def test_statistics_tell_what_is_kept_and_what_ever_was() -> None:
    bench, disk = simulated()
    events = await six_days(bench)
    await send(bench, (2, "5a"), (1, "5a"))
    before = log_statistics(disk, bench.folder)
    assert (before.events, before.duplicates, before.segments) == (25, 1, 7)
    assert before.bytes == sum(len(bench.content(path)) for path in bench.paths())
    keep(bench, POLICY)
    after = log_statistics(disk, bench.folder)
    assert (after.events, after.duplicates, after.segments) == (25, 1, 3)
    assert after.bytes == sum(len(bench.content(path)) for path in bench.paths())
    assert (after.head, after.floor) == (bench.log.head(), events[15].position + 1)
    assert (after.quarantined_frames, after.rejected) == (0, {})


APPENDER = """
import asyncio, sys
from pathlib import Path
from headgate.clock import SystemClock
from headgate.disk import SystemDisk
from headgate.log.encode import event_batch
from headgate.log.follow import HeadSignal
from headgate.log.port import Record
from headgate.log.segments.appender import Limits
from headgate.log.segments.log import SegmentLog
from headgate.log.writer_thread import WriterThread

async def main():
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    log, thread = SegmentLog(SystemDisk(), folder, HeadSignal(folder / "head")), WriterThread()
    log.own(SystemClock(), thread, Limits(events=20))
    keys = log.keys()
    for n in range(count):
        names = [f"{n}", f"{n // 2}", "always"]
        records = [Record(1, 1, name, "track", "ann", None, 0, None, -1, b"{}") for name in names]
        batch = event_batch(records, b"".join(keys.of(1, name) for name in names))
        appended = await log.append(0, batch)
        print(appended.first, appended.verdicts.hex(), flush=True)
        if n % 10 == 9:
            log.refresh_index()
            await asyncio.sleep(0.02)
    await log.close()
    thread.close()

asyncio.run(main())
"""


async def test_keep_works_while_others_append_and_read(tmp_path: Path) -> None:
    count = 300
    appender = await asyncio.create_subprocess_exec(
        sys.executable, "-c", APPENDER, str(tmp_path), str(count), stdout=subprocess.PIPE
    )
    assert appender.stdout is not None
    told = [(await appender.stdout.readline()).split()]
    reader = SegmentLog(SystemDisk(), tmp_path, HeadSignal(tmp_path / "head"))
    seen: list[Met] = []
    reports: list[Kept] = []

    async def follow() -> None:
        async for frame in reader.read(0, Position(0), follow=True):
            seen.extend(met([frame]))
            if len(seen) == 3 * count:
                return

    async def keep_on() -> None:
        while len(seen) < 3 * count:
            place = {"reader": seen[-1].position if seen else 0}
            small = Policy(max_bytes=20_000)
            reports.append(
                await asyncio.to_thread(keep_once, tmp_path, SystemClock(), place, small)
            )
            await asyncio.sleep(0.02)

    async def listen() -> None:
        assert appender.stdout is not None
        told.extend([line.split() async for line in appender.stdout])

    await asyncio.wait_for(asyncio.gather(follow(), keep_on(), listen()), 60)
    assert await appender.wait() == 0
    assert sum(len(report.trimmed) for report in reports) >= 1
    assert sum(len(report.sealed) for report in reports) > 10
    assert max(report.runs for report in reports) <= 12
    by_position = {event.position: event.verdict for event in seen}
    for first, verdicts in told:
        for index, verdict in enumerate(bytes.fromhex(verdicts.decode())):
            assert by_position[int(first) + index] == verdict
    live = [event.message_id for event in seen if event.verdict == 0]
    assert sorted(live) == sorted({*map(str, range(count)), "always"})
    assert len(await reader.find("always")) == count
    assert [f.verdict for f in await reader.find("7")] == [0, 1, 1]
    await reader.close()

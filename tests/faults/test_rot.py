"""Rot in every kind of byte that the log keeps (reliability R5, T6): found, counted, contained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from headgate.disk import CELL, DamagedCell
from headgate.keep.run import keep_once
from headgate.keep.scrub import TURN_MS, TURNS
from headgate.log.errors import Damaged
from headgate.log.port import Position, Rejection, Stored, TallyBatch, Verdict
from headgate.log.segments.appender import Limits
from headgate.log.segments.frame import SegmentFrame
from headgate.log.segments.log import SegmentLog
from headgate.log.segments.runs import IdRun
from headgate.log.segments.segment import Segment
from headgate.log.statistics import log_statistics
from tests.contracts.event_logs import SegmentBench, frames_of, opened, send
from tests.faults.rotten import (
    Part,
    check_contained,
    chosen,
    disk_of,
    parts_of,
    stored,
)
from tests.harness.fixtures import tell
from tests.simulation.disk import SimDisk, Small
from tests.simulation.site import Asking, inline

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path
    from random import Random

    from headgate.log.segments.frame import Header

RECORDS = 200
MESSAGES = [(number % 2 + 1, f"m-{number - number % 7}") for number in range(RECORDS)]
"""(source, messageId) of each, repeats among them."""
OLD_KEY = 16
"""Bytes of a key of the first logs, without a checksum: cut to that, the secret is still whole."""
IN_A_SEGMENT = Limits(events=70, size=1 << 20, age_ms=1 << 40)


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[SegmentBench]:
    """A log of 200 records in frames of 1 to 5, with tallies between them."""
    async with opened("simulated", tmp_path, IN_A_SEGMENT) as bench:
        assert isinstance(bench, SegmentBench)
        sent = 0
        while sent < RECORDS:
            count = min(sent % 5 + 1, RECORDS - sent)
            await send(bench, *MESSAGES[sent : sent + count])
            sent += count
            if sent % 3 == 0:
                await bench.log.append(0, TallyBatch((Rejection(1, "too_large", 1),)))
            bench.clock.now += 1000
        yield bench


@pytest.mark.parametrize("count", [1000, pytest.param(0, marks=pytest.mark.full)])
async def test_a_byte_that_rots_is_found_and_costs_one_frame(
    bench: SegmentBench, rng: Random, count: int
) -> None:
    disk, before, lost = disk_of(bench), await stored(bench, disk_of(bench)), 0
    parts = list(parts_of(bench))
    trials = chosen(parts, count, rng)
    for part, at in trials:
        bits = rng.randint(1, 255)
        disk.flip(part.path, at, bits)
        after = await stored(bench, disk)
        found = log_statistics(disk, bench.folder).quarantined_frames
        disk.flip(part.path, at, bits)
        assert found == (part.kind != "segment header"), f"{part} at {at}: {found} frames counted"
        lost += check_contained(part, before, after)
    assert await stored(bench, disk) == before
    kinds = sorted({part.kind for part in parts})
    tell(
        f"{len(trials)} bytes of {len(kinds)} kinds ({', '.join(kinds)}): all found, 0 others hurt"
    )
    assert lost > 0


@pytest.mark.parametrize("count", [250, pytest.param(5000, marks=pytest.mark.full)])
async def test_an_appender_that_starts_on_rot_keeps_every_other_frame_and_goes_on(
    bench: SegmentBench, rng: Random, count: int
) -> None:
    before = await stored(bench, disk_of(bench))
    for part, at in chosen(list(parts_of(bench)), count, rng):
        disk = disk_of(bench).fork()
        disk.flip(part.path, at, 1 << rng.randrange(8))
        log = SegmentLog(disk, bench.folder, Asking())
        log.own(bench.clock, inline, bench.limits)
        last, bench.log = bench.log, log
        answer = await send(bench, (1, "another"))
        bench.log = last
        assert answer.verdicts == bytes([Verdict.LIVE])
        *after, new = await stored(bench, disk)
        assert new.position == answer.first
        check_contained(part, before, after)
    tell(f"{count} starts on a rotten byte: every other frame was kept")


@pytest.mark.parametrize("stride", [17, pytest.param(1, marks=pytest.mark.full)])
async def test_a_segment_cut_anywhere_keeps_every_frame_before_the_cut(
    bench: SegmentBench, stride: int
) -> None:
    before, trials = await stored(bench, disk_of(bench)), 0
    for path in bench.paths():
        segment = Segment(bench.disk, path)
        ends = [(at + header.size, header) for at, header in segment.headers()]
        for size in range(segment.start, segment.size(), stride):
            disk = disk_of(bench).fork()
            disk.cut(path, size)
            gone = range(next(header.first for end, header in ends if end > size), ends[-1][1].next)
            after = await stored(bench, disk)
            assert after == [event for event in before if event.position not in gone]
            assert log_statistics(disk, bench.folder).quarantined_frames > 0
            trials += 1
    tell(f"{trials} cuts, all found, nothing before a cut or in another segment was hurt")


async def test_rot_in_a_segment_that_was_sealed_is_counted_as_well(bench: SegmentBench) -> None:
    sealed(bench)
    part = next(part for part in parts_of(bench) if part.kind == "body")
    disk_of(bench).flip(part.path, part.start)
    for _ in range(TURNS):
        bench.clock.now += TURN_MS
        sealed(bench)
    assert log_statistics(bench.disk, bench.folder).quarantined_frames == 1


def sealed(bench: SegmentBench) -> None:
    keep_once(bench.folder, bench.clock, {}, disk=bench.disk)


async def judged(bench: SegmentBench, disk: SimDisk) -> bytes:
    """What an appender that starts now says of one more copy of everything."""
    log = SegmentLog(disk, bench.folder, Asking())
    log.own(bench.clock, inline, bench.limits)
    keys = log.keys()
    joined = b"".join(keys.of(source, name) for source, name in MESSAGES)
    verdicts = log._seen.judge(1 << 62, joined)
    await log.close()
    return verdicts


@pytest.mark.parametrize("kind", [".hdr", ".sub", "manifest"])
async def test_rot_beside_the_segments_changes_no_verdict_and_no_event(
    bench: SegmentBench, rng: Random, kind: str
) -> None:
    """What is derived is made again, or not believed."""
    sealed(bench)
    before, names = await stored(bench, disk_of(bench)), bench.paths(kind)
    assert names
    for at in range(60):
        disk, path = disk_of(bench).fork(), rng.choice(names)
        size = len(bench.content(path))
        if at % 2:
            disk.cut(path, rng.randrange(size))
        else:
            disk.flip(path, rng.randrange(size), rng.randint(1, 255))
        assert set(await judged(bench, disk)) == {Verdict.DUPLICATE}
        keep_once(bench.folder, bench.clock, {}, disk=disk)
        assert await stored(bench, disk) == before
        assert set(await judged(bench, disk)) == {Verdict.DUPLICATE}
    tell(f"{kind}: 60 flips and cuts, 0 verdicts and 0 events changed")


@pytest.mark.parametrize("part", ["header", "rows"])
async def test_rot_in_an_id_run_makes_no_repeat_live(
    bench: SegmentBench, rng: Random, part: str
) -> None:
    sealed(bench)
    for path in bench.paths(".ids"):
        run = IdRun(bench.disk, path)
        rows, size = run._rows, len(bench.content(path))
        for _ in range(40):
            disk = disk_of(bench).fork()
            at = rng.randrange(rows) if part == "header" else rng.randrange(rows, size)
            disk.flip(path, at, rng.randint(1, 255))
            assert set(await judged(bench, disk)) == {Verdict.DUPLICATE}
            keep_once(bench.folder, bench.clock, {}, disk=disk)
            if part == "header":  # rows have their turn once a day
                assert IdRun(disk, path).is_sound()


def flipped_cells(bench: SegmentBench, name: str, *places: int) -> Iterator[SimDisk]:
    """The disk with each single bit of a number flipped, in one of its places or in both."""
    path = bench.folder / name
    content = small_file(disk_of(bench), path).versions[-1]
    for start in range(0, len(content), 2 * CELL):
        for bit in range(8 * CELL):
            disk, rotten = disk_of(bench).fork(), bytearray(content)
            for place in places:
                rotten[start + place * CELL + bit // 8] ^= 1 << bit % 8
            small_file(disk, path).versions[:] = [bytes(rotten)]
            yield disk


def small_file(disk: SimDisk, path: Path) -> Small:
    small = disk._names[path]
    assert isinstance(small, Small)
    return small


async def test_rot_in_the_head_is_never_believed_and_costs_nothing(bench: SegmentBench) -> None:
    before, trials = await stored(bench, disk_of(bench)), 0
    once = [*flipped_cells(bench, "head", 0), *flipped_cells(bench, "head", 1)]
    assert len(once) == 2 * 8 * 2 * CELL
    for disk in once:
        assert await stored(bench, disk) == before
    for disk in flipped_cells(bench, "head", 0, 1):
        with pytest.raises(DamagedCell):
            await stored(bench, disk)
        log = SegmentLog(disk, bench.folder, Asking())
        log.own(bench.clock, inline, bench.limits)
        assert await stored(bench, disk) == before
        assert log.head() == bench.log.head()
        trials += 1
    tell(f"{trials} flipped bits, 0 events lost, 0 believed")
    assert trials == 8 * 2 * CELL


async def test_rot_in_the_floor_is_never_believed_and_hides_nothing(bench: SegmentBench) -> None:
    sealed(bench)
    second, trials = Position(int(bench.paths()[1].stem)), 0
    await bench.log.raise_floor({0: second})
    expected = await stored_from(bench.reader(), second)
    once = [*flipped_cells(bench, "floor", 0), *flipped_cells(bench, "floor", 1)]
    assert len(once) == 2 * 8 * CELL
    for disk in once:
        assert (await SegmentLog(disk, bench.folder, Asking()).floors())[0] == second
    for disk in flipped_cells(bench, "floor", 0, 1):
        with pytest.raises(DamagedCell):
            await SegmentLog(disk, bench.folder, Asking()).floors()
        log = SegmentLog(disk, bench.folder, Asking())
        log.own(bench.clock, inline, bench.limits)
        assert (await log.floors())[0] <= second
        assert await stored_from(log, second) == expected
        trials += 1
    tell(f"{trials} flipped bits, 0 events hidden, 0 believed")
    assert trials == 8 * CELL


async def stored_from(log: SegmentLog, start: int) -> list[Stored]:
    return [event for frame in await frames_of(log, start) for event in frame.events()]


async def test_rot_in_the_key_refuses_the_start_and_says_why(bench: SegmentBench) -> None:
    path = bench.folder / "key"
    size = len(bench.content(path))
    for bit in range(8 * size):
        disk = disk_of(bench).fork()
        disk.flip(path, bit // 8, 1 << bit % 8)
        with pytest.raises(Damaged, match="restore it from a backup"):
            await judged(bench, disk)
    for cut in {*range(size)} - {OLD_KEY}:
        disk = disk_of(bench).fork()
        disk.cut(path, cut)
        with pytest.raises(Damaged, match="restore it from a backup"):
            await judged(bench, disk)
    tell(f"{8 * size} flipped bits and {size} cuts, all refused")


class Trusting(SegmentFrame):
    """A frame that does not look at the checksum of its body."""

    __slots__ = ()

    def __init__(self, header: Header, body: bytes) -> None:
        super().__init__(header, body)
        self.damaged = False


async def test_a_reader_that_trusts_what_it_reads_is_caught(
    bench: SegmentBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await stored(bench, disk_of(bench))
    part = next(part for part in parts_of(bench) if part.kind == "body")
    monkeypatch.setattr("headgate.log.segments.segment.SegmentFrame", Trusting)
    with pytest.raises(AssertionError, match="was shown"):
        await flipped_one_by_one(bench, part, before)


async def flipped_one_by_one(bench: SegmentBench, part: Part, before: list[Stored]) -> None:
    for at in range(part.start, part.stop):
        disk_of(bench).flip(part.path, at)
        check_contained(part, before, await stored(bench, disk_of(bench)))
        disk_of(bench).flip(part.path, at)

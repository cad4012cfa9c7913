"""What an appender finds at its start; most of these are faults that simulations had found."""

from __future__ import annotations

import asyncio
import errno
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from headgate.log.encode import event_batch
from headgate.log.errors import Unavailable
from headgate.log.port import Position, Verdict
from headgate.log.segments.log import SegmentLog
from headgate.log.segments.segment import Segment, encode_segment_header
from tests.contracts.event_logs import SegmentBench, all_met, record, send
from tests.simulation.disk import Crash, Op, SimDisk, Small
from tests.simulation.site import Asking, inline

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contracts.event_logs import Message

LIVE, DUPLICATE = Verdict.LIVE, Verdict.DUPLICATE


@pytest.fixture
def disk() -> SimDisk:
    return SimDisk()


@pytest.fixture
def bench(disk: SimDisk) -> SegmentBench:
    return SegmentBench(disk, Path("/log"))


async def names(bench: SegmentBench) -> list[str]:
    return [event.message_id for event in await all_met(bench.log)]


async def dies(
    bench: SegmentBench, disk: SimDisk, at: Callable[[Op], bool], *batches: list[Message]
) -> None:
    """Append at once, and die before the operation that `at` chooses."""

    def before(op: Op) -> None:
        if at(op):
            raise Crash

    disk.before = before
    tasks = [asyncio.ensure_future(send(bench, *batch)) for batch in batches]
    for _ in range(50):
        await asyncio.sleep(0)
    assert disk.dead
    assert bench.log._appender is not None
    writer = bench.log._appender._writer
    assert writer is not None
    for task in (*tasks, writer):
        task.cancel()
        with suppress(Crash, asyncio.CancelledError):
            await task


def opened_again(bench: SegmentBench) -> None:
    bench.log = bench.reader()
    bench.own()


async def refused(bench: SegmentBench, *batches: list[Message]) -> None:
    answers = await asyncio.gather(
        *(send(bench, *batch) for batch in batches), return_exceptions=True
    )
    assert {type(answer) for answer in answers} == {Unavailable}


async def test_events_written_before_a_kill_and_not_published_are_kept_whole(
    bench: SegmentBench, disk: SimDisk
) -> None:
    await send(bench, (1, "a"))
    await dies(bench, disk, lambda op: op.kind == "put", [(1, "b"), (1, "a")])
    disk.kill()
    opened_again(bench)
    assert await names(bench) == ["a", "b", "a"]
    assert (await send(bench, (1, "b"))).verdicts == bytes([DUPLICATE])


async def test_no_duplicate_stays_without_its_live_copy(bench: SegmentBench, disk: SimDisk) -> None:
    """The frame with the live copy was torn by a power loss, the one with the duplicate was not."""
    await send(bench, (1, "a"))
    await dies(bench, disk, lambda op: op.kind == "sync", [(1, "b")], [(1, "b"), (1, "c")])
    path = bench.paths()[0]
    torn = [offset for offset, _ in Segment(disk, path).headers()][1]
    disk.kill()
    bench.flip(path, torn + 9)
    opened_again(bench)
    assert await names(bench) == ["a"]
    assert (await send(bench, (1, "b"), (1, "c"))).verdicts == bytes([LIVE, LIVE])
    assert await bench.log.count(1, 0, Position(0), bench.log.head()) == (3, 0)


async def test_an_empty_successor_does_not_bring_back_what_it_had_cut_off(
    bench: SegmentBench, disk: SimDisk
) -> None:
    """The refused frames were visible after a restart, and gone after the next append."""
    await send(bench, (1, "a"))
    disk.fail("sync", suffix=".seg")
    await refused(bench, [(1, "b")])
    await dies(bench, disk, lambda op: _is_second_write(disk, op), [(1, "c")])
    disk.kill()
    opened_again(bench)
    before = await all_met(bench.log)
    await send(bench, (1, "d"))
    assert (await all_met(bench.log))[:-1] == before
    assert await names(bench) == ["a", "d"]


def _is_second_write(disk: SimDisk, op: Op) -> bool:
    """A new segment has its header and no frame yet."""
    return op.kind == "write" and len(disk._file(op.path).cache) > 0


async def test_of_two_refused_segments_the_second_does_not_come_back_alone(
    bench: SegmentBench, disk: SimDisk
) -> None:
    """A power loss undid one of two unlinks; events in it were duplicates of some in the other."""
    await send(bench, (1, "a"))
    disk.fail("sync_folder", 2)
    full = [(1, f"full {n}") for n in range(4)]
    await refused(bench, [(1, "b"), *full], full, [(1, "b"), (1, "c")])
    first, second, third = bench.paths()
    assert Segment(disk, third).header.previous == int(second.stem)
    disk.unlink(second)
    disk.kill()
    opened_again(bench)
    assert third not in bench.paths()
    assert first in bench.paths()
    assert (await send(bench, (1, "b"), (1, "c"))).verdicts[1:] == bytes([LIVE])
    for message in ("b", "c", "full 0"):
        found = await bench.log.find(message)
        assert [copy.verdict for copy in found].count(LIVE) == bool(found)


async def test_a_refused_segment_that_could_not_be_unlinked_is_dropped_at_the_next_start(
    bench: SegmentBench, disk: SimDisk
) -> None:
    await send(bench, (1, "a"))
    disk.fail("sync_folder")
    await refused(bench, [(1, f"full {n}") for n in range(5)], [(1, "b")])
    dead = bench.paths()[-1]
    disk.fail("unlink", suffix=dead.name)
    await refused(bench, [(1, "b")])
    await send(bench, (1, "c"))
    assert dead not in bench.paths()
    await bench.reopen()
    assert await names(bench) == ["a", "c"]


async def test_a_refused_segment_that_a_power_loss_brought_back_is_dropped(
    bench: SegmentBench, disk: SimDisk
) -> None:
    """Its unlink was lost, its successor was not: readers would have gone through it."""
    await send(bench, *((1, name) for name in "abcd"))
    disk.fail("put", suffix="head")
    await refused(bench, [(1, "e"), (1, "f")])
    dead = bench.paths()[-1]
    whole = bench.content(dead)
    await send(bench, (1, "f"))
    assert dead not in bench.paths()
    disk.create(dead).write(whole)
    await bench.reopen()
    assert dead not in bench.paths()
    assert await names(bench) == ["a", "b", "c", "d", "f"]


async def test_a_published_segment_that_cannot_be_read_is_set_aside_not_deleted(
    bench: SegmentBench, disk: SimDisk
) -> None:
    await send(bench, *((1, name) for name in "abcd"))
    await send(bench, (1, "e"))
    last, head = bench.paths()[-1], bench.log.head()
    for copy in (0, Segment(disk, last).start // 2):
        bench.flip(last, copy + 20)
    await bench.reopen()
    assert await names(bench) == ["a", "b", "c", "d"]
    assert last.name + ".damaged" in disk.names(bench.folder)
    answer = await send(bench, (1, "f"))
    assert answer.first >= head
    assert await names(bench) == ["a", "b", "c", "d", "f"]


async def test_one_flipped_bit_in_a_segment_header_costs_nothing(
    bench: SegmentBench, disk: SimDisk
) -> None:
    await send(bench, (1, "a"), (1, "b"))
    header = Segment(disk, bench.paths()[0]).header
    assert len(encode_segment_header(header)) == header.size
    bench.flip(bench.paths()[0], 14)
    assert Segment(disk, bench.paths()[0]).header == header
    await bench.reopen()
    assert await names(bench) == ["a", "b"]
    assert (await send(bench, (1, "a"))).verdicts == bytes([DUPLICATE])


async def test_a_disk_that_is_full_at_the_start_lets_the_appender_try_again(
    bench: SegmentBench, disk: SimDisk
) -> None:
    await send(bench, (1, "a"))
    await dies(bench, disk, lambda op: op.kind == "put", [(1, "b")])
    disk.kill()
    bench.log = bench.reader()
    disk.fail("create", code=errno.ENOSPC, suffix=".new")
    with pytest.raises(Unavailable, match="cannot be opened"):
        bench.own()
    bench.own()
    assert await names(bench) == ["a", "b"]


async def test_what_keep_is_writing_is_left_alone(bench: SegmentBench, disk: SimDisk) -> None:
    """`keep` runs in a process of its own, which an appender's restart does not end."""
    await send(bench, (1, "a"))
    theirs = ["manifest.new", "0000000000000000001.ids.new", "0000000000000000001.hdr.new"]
    for name in [*theirs, "0000000000000000001.seg.new"]:
        disk.create(bench.folder / name)
    await bench.reopen()
    left = disk.names(bench.folder)
    assert set(theirs) <= set(left)
    assert "0000000000000000001.seg.new" not in left


async def test_a_clock_that_went_back_reuses_no_position(
    bench: SegmentBench, disk: SimDisk
) -> None:
    first = await send(bench, (1, "a"))
    bench.clock.now -= 1_000_000
    await bench.reopen()
    second = await send(bench, (1, "b"))
    disk.power_loss(Random(0), 0.0)  # noqa: S311
    opened_again(bench)
    third = await send(bench, (1, "c"))
    assert first.first < second.first < third.first
    frames = [frame async for frame in bench.log.read(0, Position(0))]
    times = [frame.appended_at for frame in frames]
    assert times == sorted(times)


async def test_a_log_of_before_checksums_is_taken_over(bench: SegmentBench, disk: SimDisk) -> None:
    """Its key and head were bare: nothing of it is lost, and no repeat is new."""
    await send(bench, (1, "a"), (1, "b"))
    disk = disk.fork()
    disk.cut(bench.folder / "key", 16)
    head = disk._names[bench.folder / "head"]
    assert isinstance(head, Small)
    words = [head.versions[-1][at : at + 8] for at in (0, 16)]
    head.versions[:] = [b"".join(words)]
    log = SegmentLog(disk, bench.folder, Asking())
    log.own(bench.clock, inline, bench.limits)
    batch = event_batch([record(1, "a", received_at=bench.clock.now)], log.keys().of(1, "a"))
    assert (await log.append(0, batch)).verdicts == bytes([Verdict.DUPLICATE])
    await log.close()

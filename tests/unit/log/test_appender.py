from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from headgate.disk import SystemDisk
from headgate.log.encode import MAX_EVENTS, event_batch
from headgate.log.errors import Unavailable
from headgate.log.port import EventBatch, Rejection, TallyBatch, Verdict
from headgate.log.segments.frame import MAX_BODY
from headgate.log.segments.secret import secret_of
from tests.contracts.event_logs import SegmentBench, all_met, record, send
from tests.simulation.disk import SimDisk

if TYPE_CHECKING:
    from headgate.log.port import Batch

LIVE = Verdict.LIVE


@pytest.fixture
def disk() -> SimDisk:
    return SimDisk()


@pytest.fixture
def bench(disk: SimDisk) -> SegmentBench:
    return SegmentBench(disk, Path("/log"))


def good(bench: SegmentBench, name: str = "a") -> EventBatch:
    key = bench.log.keys().of(1, name)
    return event_batch([record(1, name, received_at=5)], key)


WRONG = {
    "no events": lambda batch: EventBatch((), b"", 0, 0, batch.body),
    "too many events": lambda batch: EventBatch(
        (1,) * (MAX_EVENTS + 1), batch.keys * (MAX_EVENTS + 1), 0, 0, batch.body
    ),
    "a body too large": lambda batch: EventBatch((1,), batch.keys, 0, 0, bytes(MAX_BODY + 1)),
    "keys too short": lambda batch: EventBatch((1,), batch.keys[:-1], 0, 0, batch.body),
    "a source too large": lambda batch: EventBatch((1 << 32,), batch.keys, 0, 0, batch.body),
    "a source below nothing": lambda batch: EventBatch((-1,), batch.keys, 0, 0, batch.body),
    "a time before 1970": lambda batch: EventBatch((1,), batch.keys, -1, 0, batch.body),
    "times the wrong way round": lambda batch: EventBatch((1,), batch.keys, 9, 8, batch.body),
    "rejections too large": lambda _: TallyBatch(
        tuple(Rejection(n, f"{n * 7919:x}" * 60, 1, (f"{n * 104729:x}",)) for n in range(70_000))
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
async def test_a_batch_that_no_frame_can_hold_is_refused_and_not_remembered(
    bench: SegmentBench, wrong: object
) -> None:
    """It would be acknowledged and unreadable; its keys would make every later copy a duplicate."""
    batch: Batch = wrong(good(bench))  # type: ignore[operator] # one of the lambdas above
    with pytest.raises(ValueError, match=r"\d"):
        await bench.log.append(0, batch)
    assert (await bench.log.append(0, good(bench))).verdicts == bytes([LIVE])
    assert [event.message_id for event in await all_met(bench.log)] == ["a"]


async def test_the_largest_frame_is_kept(bench: SegmentBench) -> None:
    keys = bench.log.keys()
    records = [record(n % 9, f"{n}", received_at=5) for n in range(MAX_EVENTS)]
    joined = b"".join(keys.of(n % 9, f"{n}") for n in range(MAX_EVENTS))
    answer = await bench.log.append(0, event_batch(records, joined))
    assert answer.verdicts == bytes(MAX_EVENTS)
    await bench.reopen()
    assert len(await all_met(bench.log)) == MAX_EVENTS


async def test_refusals_in_a_row_leave_no_trace_in_memory_or_on_disk(
    bench: SegmentBench, disk: SimDisk
) -> None:
    """On a disk that stays full each append made an empty file and an empty set."""
    await send(bench, (1, "a"))
    for n in range(30):
        disk.fail("write", suffix=".seg")
        with pytest.raises(Unavailable):
            await send(bench, (1, f"{n}"))
    await send(bench, (1, "b"))
    assert len(bench.paths()) == 2
    assert len(bench.log._seen._recent) == 2


async def test_a_head_that_cannot_be_written_acknowledges_nothing(
    bench: SegmentBench, disk: SimDisk
) -> None:
    await send(bench, (1, "a"))
    disk.fail("put", suffix="head")
    with pytest.raises(Unavailable):
        await send(bench, (1, "b"))
    assert (await send(bench, (1, "b"))).verdicts == bytes([LIVE])
    assert [event.message_id for event in await all_met(bench.log)] == ["a", "b"]


async def test_an_append_that_is_cancelled_may_be_stored_and_disturbs_nobody(
    bench: SegmentBench,
) -> None:
    waiting = [asyncio.ensure_future(send(bench, (1, name))) for name in "abc"]
    await asyncio.sleep(0)
    waiting[1].cancel()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(answer).__name__ for answer in answers] == [
        "Appended",
        "CancelledError",
        "Appended",
    ]
    assert [event.message_id for event in await all_met(bench.log)] == ["a", "b", "c"]


def test_a_closed_file_never_writes_into_the_one_that_got_its_number(tmp_path: Path) -> None:
    disk = SystemDisk()
    old = disk.create(tmp_path / "old")
    old.close()
    new = disk.create(tmp_path / "new")
    with pytest.raises(OSError, match="Bad file descriptor"):
        old.write(b"astray")
    old.close()
    new.write(b"mine")
    new.close()
    assert (tmp_path / "new").read_bytes() == b"mine"


async def test_processes_that_ask_for_the_key_at_the_same_time_get_the_same(
    tmp_path: Path,
) -> None:
    """Two keys would make copies of one message two live events."""
    disk = SystemDisk()
    keys = await asyncio.gather(*(asyncio.to_thread(secret_of, disk, tmp_path) for _ in range(16)))
    assert len(set(keys)) == 1
    assert len(keys[0]) == 16

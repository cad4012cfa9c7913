from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from headgate.deliver import feed as feeding
from headgate.deliver.feed import Feed
from headgate.log.encode import event_batch
from headgate.log.memory import MemoryLog
from headgate.log.port import Position, Rejection, TallyBatch
from tests.unit.deliver.lanes import SOURCE, record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from headgate.log.port import Frame


class Following:
    """A log, its feed, and the frames that were announced."""

    def __init__(self) -> None:
        self.log = MemoryLog(roll=3)
        self.announced: list[Frame] = []
        self.feed = Feed(self.log, self.announced.append)
        self._appended = 0

    async def append(self, *names: str) -> int:
        """One frame; the position after it."""
        self._appended += 1
        records = [record(f"{name}{self._appended}") for name in names]
        keys = b"".join(self.log.keys().of(SOURCE, each.message_id) for each in records)
        await self.log.append(0, event_batch(records, keys))
        return (await self.log.heads())[0]

    async def followed(self, frames: int) -> None:
        async with asyncio.timeout(5):
            while len(self.announced) < frames:  # noqa: ASYNC110 - told by a callback
                await asyncio.sleep(0)


@pytest.fixture
async def following() -> AsyncIterator[Following]:
    following = Following()
    await following.append("before")
    await following.feed.start()
    task = asyncio.create_task(following.feed.run())
    yield following
    task.cancel()


async def test_what_was_there_before_is_for_those_who_catch_up(following: Following) -> None:
    assert following.feed.begin == following.feed.end == (await following.log.heads())[0]
    assert following.feed.after(following.feed.begin) is None
    (frame,) = await following.feed.behind(0)
    assert frame.frame.next == following.feed.begin


async def test_frames_are_announced_in_order_and_kept(following: Following) -> None:
    ends = [await following.append("a", "b"), await following.append("c")]
    await following.followed(2)
    assert [frame.next for frame in following.announced] == ends
    assert following.feed.end == ends[-1]
    first = following.feed.after(following.feed.begin)
    assert first is not None
    assert first.frame is following.announced[0]


async def test_a_position_inside_a_frame_or_in_a_gap_finds_what_reaches_beyond_it(
    following: Following,
) -> None:
    await following.append("a", "b", "c")
    await following.append("d")  # the log rolls: positions jump
    await following.followed(2)
    one, two = following.announced
    assert two.first > one.next

    def found(position: int) -> Frame | None:
        events = following.feed.after(position)
        return events.frame if events else None

    assert found(one.first + 1) is one
    assert found(one.next) is two
    assert found(two.first - 1) is two
    assert found(two.next) is None


async def test_a_frame_of_rejections_moves_the_end(following: Following) -> None:
    await following.log.append(0, TallyBatch((Rejection(SOURCE, "bad_request", 3),)))
    await following.followed(1)
    assert following.feed.end == following.announced[0].next
    assert following.announced[0].counts == {}


async def test_a_full_ring_forgets_its_older_half(
    following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 0
    for turn in range(10):
        await following.append("event")
        await following.followed(turn + 1)
        size = following.announced[0].size
        if turn == 0:
            monkeypatch.setattr(feeding, "RING_BYTES", 8 * size + size // 2)
    kept = [frame.first for frame in following.announced if frame.first >= following.feed.begin]
    assert len(kept) == 5
    oldest = following.feed.after(following.feed.begin)
    assert oldest is not None
    assert oldest.frame.first == kept[0]
    assert following.feed.begin == following.announced[-6].next


async def test_a_frame_larger_than_the_ring_is_kept_all_the_same(
    following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "RING_BYTES", 1)
    await following.append("a")
    end = await following.append("b")
    await following.followed(2)
    newest = following.feed.after(following.announced[-1].first)
    assert newest is not None
    assert newest.frame.next == following.feed.end == end
    assert following.feed.begin == following.announced[0].next


async def test_what_fell_out_of_the_ring_is_read_again(
    following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "RING_BYTES", 1)
    for _ in range(5):
        await following.append("event")
    await following.followed(5)
    frames = await following.feed.behind(following.announced[1].first)
    assert [each.frame.first for each in frames] == [
        frame.first for frame in following.announced[1:4]
    ]


async def test_catching_up_takes_no_more_than_a_few_megabytes_at_once(
    following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "RING_BYTES", 1)
    for _ in range(6):
        await following.append("event")
    await following.followed(6)
    monkeypatch.setattr(feeding, "CATCH_UP_BYTES", int(2.5 * following.announced[0].size))
    begin = following.announced[0].first
    first = await following.feed.behind(begin)
    assert len(first) == 3
    second = await following.feed.behind(first[-1].frame.next)
    assert [each.frame.first for each in second] == [
        frame.first for frame in following.announced[3:5]
    ]


async def test_an_event_is_found_in_the_ring_and_behind_it(
    following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "RING_BYTES", 1)
    await following.append("a", "b")
    await following.append("c", "d")
    await following.followed(2)
    for frame, name in ((following.announced[0], "b2"), (following.announced[1], "d3")):
        event = await following.feed.event(frame.first + 1, SOURCE, "source-id")
        assert event is not None
        assert event.record.message_id == f"{name}-id"
        assert event.completed["projectId"] == "source-id"
        assert await following.feed.event(frame.first + 1, 99, "other") is None
    assert await following.feed.event(following.feed.end + 5, SOURCE, "source-id") is None


async def test_an_event_that_the_log_dropped_has_no_record(following: Following) -> None:
    """Reading it ended the whole process, and its successor's, and so on."""
    await following.log.raise_floor({0: Position(following.feed.begin)})
    await following.log.trim({0: Position(following.feed.begin)})
    assert await following.feed.event(0, SOURCE, "source-id") is None


async def test_what_was_decoded_long_ago_is_let_go_and_decoded_again(
    following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "DECODED_FRAMES", 2)
    for _ in range(4):
        await following.append("event")
    await following.followed(4)
    events = [following.feed.after(frame.first) for frame in following.announced]
    entries = [each.of(SOURCE, "source-id") for each in events if each]
    first, last = events[0], events[-1]
    assert first is not None
    assert last is not None
    assert last.of(SOURCE, "source-id") is entries[-1]
    again = first.of(SOURCE, "source-id")
    assert again is not entries[0]
    assert [entry.position for entry in again] == [entry.position for entry in entries[0]]

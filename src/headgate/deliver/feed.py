"""The feed: one reader at the head for all lanes, and catch-up readers for those behind."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import deque
from typing import TYPE_CHECKING

from headgate.deliver.events import Event, Events
from headgate.log.port import Position

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.log.port import EventLog, Frame

RING_BYTES = 64 * 1024 * 1024
CATCH_UP_BYTES = 4 * 1024 * 1024
CATCH_UP_READERS = 2
DECODED_FRAMES = 16
CHUNKS = 4
"""Spans read for lanes that are behind, kept for others that are at about the same place."""


def _ignore(_: Events) -> None:
    """A frame that is read for one lane goes with it."""


class Feed:
    """Frames in memory from `begin` to `end`, the durable end; older ones are read again."""

    def __init__(self, log: EventLog, arrived: Callable[[Frame], None], partition: int = 0) -> None:
        self._log, self._arrived, self._partition = log, arrived, partition
        self._ring: list[Events] = []
        self._nexts: list[int] = []
        self._size = 0
        self._decoded: deque[Events] = deque()
        self._readers = asyncio.Semaphore(CATCH_UP_READERS)
        self._chunks: deque[list[Events]] = deque(maxlen=CHUNKS)
        self.begin = self.end = 0

    async def start(self) -> None:
        """Begin at the durable end: what is older is for catch-up readers."""
        self.begin = self.end = (await self._log.heads())[self._partition]

    async def run(self) -> None:
        """Follow the log for ever; each frame is announced once it is in the ring."""
        start = Position(self.end)
        async for frame in self._log.read(self._partition, start, follow=True):
            self._keep(Events(frame, self._note))
            self._arrived(frame)

    def _keep(self, events: Events) -> None:
        self._ring.append(events)
        self._nexts.append(events.frame.next)
        self._size += events.frame.size
        self.end = events.frame.next
        if self._size > RING_BYTES:
            self._shorten()

    def _note(self, events: Events) -> None:
        """Frames of the ring stay decoded while a few frames' worth of lanes may want them."""
        self._decoded.append(events)
        if len(self._decoded) > DECODED_FRAMES:
            self._decoded.popleft().forget()

    def _shorten(self) -> None:
        """Drop the older half at once: dropping one by one would move the list each time."""
        drop = 0
        while self._size > RING_BYTES // 2 and drop < len(self._ring) - 1:
            self._size -= self._ring[drop].frame.size
            drop += 1
        if drop == 0:
            return
        self.begin = self._nexts[drop - 1]
        del self._ring[:drop], self._nexts[:drop]

    def after(self, position: int) -> Events | None:
        """The first frame in memory that reaches beyond `position`; None at the end.

        Only for positions from `begin` on.
        """
        at = bisect_right(self._nexts, position)
        return self._ring[at] if at < len(self._ring) else None

    async def behind(self, position: int) -> list[Events]:
        """A few frames from `position` on, below `begin`: for all lanes that fell behind there."""
        async with self._readers:
            for chunk in self._chunks:
                if chunk[0].frame.first <= position < chunk[-1].frame.next:
                    return [each for each in chunk if each.frame.next > position]
            return await self._read_chunk(position)

    async def _read_chunk(self, position: int) -> list[Events]:
        stop = Position(self.begin)
        frames: list[Events] = []
        size = 0
        async for frame in self._log.read(self._partition, Position(position), stop=stop):
            frames.append(Events(frame, self._note))
            size += frame.size
            if size > CATCH_UP_BYTES:
                break
        if frames:
            self._chunks.append(frames)
        return frames

    async def event(self, position: int, source: int, source_id: str) -> Event | None:
        """One event by its position; None where the log no longer has its record."""
        events = self.after(position) if position >= self.begin else None
        if events is None:
            events = await self._read_one(position)
        if events is None:
            return None
        entries = events.of(source, source_id)
        return next((entry.event for entry in entries if entry.position == position), None)

    async def _read_one(self, position: int) -> Events | None:
        async with self._readers:
            frame = await self._log.frame_at(self._partition, Position(position))
        return None if frame is None else Events(frame, _ignore)

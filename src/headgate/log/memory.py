"""The event log's twin in memory: the same port and rules, for tests and simulations."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from headgate.clock import SystemClock
from headgate.log.encode import decode_body
from headgate.log.errors import Fenced, LogError, Trimmed, Unavailable, Unsupported
from headgate.log.keys import PREFIX, Keys
from headgate.log.keys import SIZE as KEY
from headgate.log.port import (
    Appended,
    Batch,
    Counts,
    EraseReport,
    EventBatch,
    EventLog,
    Found,
    Frame,
    FrameKind,
    Places,
    Position,
    Rejection,
    Span,
    Stored,
    Subjects,
    TallyBatch,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from headgate.clock import Clock


@dataclass(frozen=True)
class MemoryFrame:
    """A frame as it was appended; trimming drops `batch` and keeps what a header would say."""

    partition: int
    kind: FrameKind
    first: Position
    next: Position
    appended_at: int
    received_min: int
    received_max: int
    sources: tuple[int, ...]
    verdicts: bytes
    keys: bytes
    batch: Batch | None

    @property
    def counts(self) -> Mapping[int, int]:
        totals = dict.fromkeys(self.sources, 0)
        for source, verdict in zip(self.sources, self.verdicts, strict=True):
            totals[source] += verdict != Verdict.DUPLICATE
        return totals

    @property
    def size(self) -> int:
        return len(self.keys) + (len(self.batch.body) if isinstance(self.batch, EventBatch) else 0)

    def events(self, sources: frozenset[int] | None = None) -> Sequence[Stored]:
        if not isinstance(self.batch, EventBatch):
            return ()
        body = decode_body(self.batch.body)
        return [
            Stored(Position(self.first + index), Verdict(verdict), record, body.defaults_of(record))
            for index, (verdict, record) in enumerate(zip(self.verdicts, body.records, strict=True))
            if sources is None or self.sources[index] in sources
        ]

    def rejections(self) -> Sequence[Rejection]:
        return self.batch.rejections if isinstance(self.batch, TallyBatch) else ()

    def forget(self) -> None:
        """Nothing is decoded here: the events are held as they came."""


class MemoryLog(EventLog):
    """`EventLog` in one process, one partition; `fail_appends` makes it refuse.

    Every `roll` events positions jump ahead as they do between two segments, so that nobody comes
    to rely on dense ones.
    """

    def __init__(
        self, clock: Clock | None = None, *, roll: int = 1000, secret: bytes = b"memory"
    ) -> None:
        self._clock = clock or SystemClock()
        self._roll, self._since_roll = roll, roll
        self._keys = Keys(secret)
        self._seen: set[bytes] = set()
        self._frames: list[MemoryFrame] = []
        self._head = self._floor = Position(0)
        self._appended_at = 0
        self._failures: list[LogError] = []
        self._followers: set[asyncio.Future[None]] = set()

    @property
    def partitions(self) -> int:
        return 1

    def partition_of(self, source: int, user: bytes) -> int:  # noqa: ARG002 - one partition
        return 0

    def keys(self) -> Keys:
        """The hash that message keys are made with."""
        return self._keys

    def fail_appends(self, count: int = 1, error: LogError | None = None) -> None:
        """Let the next `count` appends raise `error` (`Unavailable` by default) and keep nothing.

        A `Fenced` stays for ever, as it does for an appender that was replaced.
        """
        self._failures += [error or Unavailable("this append was told to fail")] * count

    async def append(self, partition: int, batch: Batch) -> Appended:
        await asyncio.sleep(0)
        if self._failures:
            error = self._failures[0] if isinstance(self._failures[0], Fenced) else None
            raise error or self._failures.pop(0)
        frame = self._judged(partition, batch)
        self._frames.append(frame)
        self._head = frame.next
        self._wake()
        return Appended(partition, frame.first, frame.verdicts)

    def _judged(self, partition: int, batch: Batch) -> MemoryFrame:
        self._appended_at = now = max(self._appended_at, self._clock.now_ms())
        first = self._next(now)
        if isinstance(batch, TallyBatch):
            after = Position(first + 1)
            return MemoryFrame(
                partition, FrameKind.TALLY, first, after, now, now, now, (), b"", b"", batch
            )
        count = len(batch.sources)
        self._since_roll += count
        return MemoryFrame(
            partition,
            FrameKind.EVENTS,
            first,
            Position(first + count),
            now,
            batch.received_min,
            batch.received_max,
            batch.sources,
            bytes(self._verdict(batch.keys[at : at + KEY]) for at in range(0, count * KEY, KEY)),
            batch.keys,
            batch,
        )

    def _next(self, now: int) -> Position:
        if self._since_roll < self._roll:
            return self._head
        self._since_roll = 0
        return Position(max(self._head + 1, (now // 1000) << 30))

    def _verdict(self, key: bytes) -> Verdict:
        if key in self._seen:
            return Verdict.DUPLICATE
        self._seen.add(key)
        return Verdict.LIVE

    def _wake(self) -> None:
        followers, self._followers = self._followers, set()
        for told in followers:
            if not told.done():
                told.set_result(None)

    async def heads(self) -> Places:
        return {0: self._head}

    async def floors(self) -> Places:
        return {0: self._floor}

    async def read(
        self,
        partition: int,  # noqa: ARG002 - the only one
        start: Position,
        *,
        stop: Position | None = None,
        sources: frozenset[int] | None = None,
        follow: bool = False,
    ) -> AsyncIterator[Frame]:
        if start < self._floor:
            raise Trimmed(self._floor)
        at = bisect_right(self._frames, start, key=lambda frame: frame.next)
        while True:
            while at < len(self._frames):
                frame, at = self._frames[at], at + 1
                if stop is not None and frame.first >= stop:
                    return
                if frame.batch is None:
                    raise Trimmed(self._floor)
                if sources is None or not sources.isdisjoint(frame.counts):
                    yield frame
            if not follow or (stop is not None and self._head >= stop):
                return
            await self._moved()

    async def frame_at(self, partition: int, position: Position) -> Frame | None:  # noqa: ARG002
        at = bisect_right(self._frames, position, key=lambda frame: frame.next)
        if at == len(self._frames):
            return None
        frame = self._frames[at]
        return frame if frame.first <= position and frame.batch is not None else None

    async def _moved(self) -> None:
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._followers.add(told)
        await told

    async def at(self, appended_ms: int) -> Places:
        kept = [frame for frame in self._frames if frame.batch is not None]
        at = bisect_left(kept, appended_ms, key=lambda frame: frame.appended_at)
        return {0: kept[at].first if at < len(kept) else self._head}

    async def received(
        self,
        partition: int,  # noqa: ARG002 - the only one
        since_ms: int,
        until_ms: int,
    ) -> Span:
        found = [
            frame
            for frame in self._frames
            if frame.kind is FrameKind.EVENTS
            and frame.next > self._floor
            and frame.received_max >= since_ms
            and frame.received_min < until_ms
        ]
        if not found:
            return Span(self._head, self._head)
        return Span(max(found[0].first, self._floor), found[-1].next)

    async def last(
        self,
        partition: int,  # noqa: ARG002 - the only one
        source: int,
        events: int,
    ) -> Position:
        start = self._head
        for frame in reversed(self._frames):
            if events <= 0 or frame.next <= self._floor:
                break
            start = frame.first
            events -= frame.counts.get(source, 0)
        return max(start, self._floor)

    async def count(
        self,
        source: int,
        partition: int,  # noqa: ARG002 - the only one
        start: Position,
        stop: Position,
    ) -> Counts:
        verdicts = [
            verdict
            for frame in self._frames
            for index, verdict in enumerate(frame.verdicts)
            if frame.sources[index] == source and start <= frame.first + index < stop
        ]
        duplicates = verdicts.count(Verdict.DUPLICATE)
        return Counts(len(verdicts) - duplicates, duplicates)

    async def sums(self, partition: int, times: Sequence[int]) -> Sequence[Mapping[int, Counts]]:
        return [await self._below(partition, (await self.at(each))[partition]) for each in times]

    async def _below(self, partition: int, position: Position) -> Mapping[int, Counts]:
        sources = {source for frame in self._frames for source in frame.sources}
        found = {each: await self.count(each, partition, Position(0), position) for each in sources}
        return {source: counts for source, counts in found.items() if any(counts)}

    async def find(self, message_id: str) -> Sequence[Found]:
        prefix = self._keys.of(0, message_id)[:PREFIX]
        return [
            found
            for frame in self._frames
            for index in range(len(frame.verdicts))
            if frame.keys[index * KEY : index * KEY + PREFIX] == prefix
            and (found := _found(frame, index))
        ]

    async def raise_floor(self, before: Places) -> None:
        self._floor = max(self._floor, before[0])

    async def trim(self, before: Places) -> None:
        below = min(before[0], self._floor)
        self._frames = [
            _without_body(frame) if frame.next <= below else frame for frame in self._frames
        ]

    async def erase(self, subjects: Subjects) -> EraseReport:
        raise Unsupported(f"erasing {subjects}: the log in memory cannot")

    async def close(self) -> None:
        self._failures = [Fenced("this log was closed")]


def _found(frame: MemoryFrame, index: int) -> Found:
    stored = frame.events()[index] if frame.batch is not None else None
    record = stored.record if stored is not None else None
    return Found(
        frame.partition,
        Position(frame.first + index),
        frame.sources[index],
        Verdict(frame.verdicts[index]),
        frame.received_max if record is None else record.received_at,
        stored,
    )


def _without_body(frame: MemoryFrame) -> MemoryFrame:
    return replace(frame, batch=None)

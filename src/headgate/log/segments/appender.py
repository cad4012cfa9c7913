"""The appender: judges each batch once, writes it, and answers when it is on disk."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from headgate.log.encode import MAX_EVENTS, encode_rejections
from headgate.log.errors import Unavailable
from headgate.log.keys import SIZE as KEY
from headgate.log.port import (
    Appended,
    Batch,
    EventBatch,
    FrameKind,
    Position,
    TallyBatch,
)
from headgate.log.segments.counting import Totals, add
from headgate.log.segments.frame import MAX_BODY, Judged, encode_header
from headgate.log.segments.reading import ACTIVE, HEAD
from headgate.log.segments.segment import SALT, SegmentHeader, encode_segment_header, path_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from headgate.clock import Clock
    from headgate.disk import Cells, Disk, Writing
    from headgate.log.segments.dedup import Seen

POSITION_BITS = 30
_SOURCES = 1 << 32
_TIMES = 1 << 63


class Offload(Protocol):
    """Runs blocking work elsewhere (a thread; in a simulation, here) and waits for it."""

    def __call__(self, work: Callable[[], None]) -> Awaitable[None]: ...


@dataclass(frozen=True)
class Limits:
    """When a segment is full."""

    events: int = 250_000
    size: int = 64 * 1024 * 1024
    age_ms: int = 3_600_000


@dataclass
class Standing:
    """Where the log ends: `last` is its last segment, of which `length` bytes count."""

    end: int = 0
    last: int = 0
    length: int = 0
    totals: Totals = field(default_factory=dict)
    appended_at: int = 0

    def copy(self) -> Standing:
        return replace(self, totals=dict(self.totals))


@dataclass
class _Segment:
    """The segment that batches are being encoded for; it exists on disk from its first commit."""

    header: SegmentHeader
    encoded: bytes
    events: int = 0
    file: Writing | None = None

    @property
    def first(self) -> int:
        return self.header.first


@dataclass
class _Entry:
    """A judged batch on its way to the disk."""

    segment: _Segment
    judged: Judged
    counted: list[tuple[int, int, int]]
    data: bytes
    end: int
    done: asyncio.Future[Appended]


class Appender:
    """The owner of the end of one partition.

    Judging and encoding happen in the caller's loop; one write and one sync for all that arrived
    meanwhile happen in `offload`.
    """

    def __init__(
        self,
        disk: Disk,
        folder: Path,
        cells: Cells,
        clock: Clock,
        offload: Offload,
        seen: Seen,
        standing: Standing,
        *,
        partition: int = 0,
        limits: Limits | None = None,
    ) -> None:
        self._disk, self._folder, self._cells, self._clock = disk, folder, cells, clock
        self._offload, self._seen, self._partition = offload, seen, partition
        self._limits = limits or Limits()
        self._durable = standing
        self._judged = standing.copy()
        self._segment: _Segment | None = None
        self._queue: list[_Entry] = []
        self._writer: asyncio.Task[None] | None = None
        self._to_close: list[_Segment] = []
        self._dead: list[int] = []
        """Segments of which nothing became durable; their files go before the next one is made."""

    @property
    def head(self) -> int:
        """The durable end."""
        return self._durable.end

    @property
    def active(self) -> int:
        """First position of the last segment that holds something durable."""
        return self._durable.last

    async def append(self, batch: Batch) -> Appended:
        """Raises `Unavailable` when the batch could not be made durable: do not acknowledge it.

        Nothing of it is visible afterwards; only a crash before the next successful append may
        bring it back as what it was, an event that nobody was told of. `ValueError` for a batch
        that no frame can hold.
        """
        done = asyncio.get_running_loop().create_future()
        self._queue.append(self._judge(batch, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.ensure_future(self._write())
        appended: Appended = await done
        return appended

    def _judge(self, batch: Batch, done: asyncio.Future[Appended]) -> _Entry:
        body = batch.body if isinstance(batch, EventBatch) else encode_rejections(batch.rejections)
        _check(batch, body)
        ahead = self._judged
        ahead.appended_at = max(ahead.appended_at, self._clock.now_ms())
        segment = self._room()
        judged = self._verdicts(batch, segment)
        head, counted = encode_header(judged, body, segment.header.salt_crc)
        add(ahead.totals, counted)
        ahead.end = judged.first + (len(judged.verdicts) or 1)
        ahead.length += len(head) + len(body)
        segment.events += len(judged.verdicts)
        return _Entry(segment, judged, counted, head + body, ahead.end, done)

    def _verdicts(self, batch: Batch, segment: _Segment) -> Judged:
        end, at = self._judged.end, self._judged.appended_at
        if isinstance(batch, TallyBatch):
            return Judged(FrameKind.TALLY, self._partition, end, at, at, at, (), b"", b"")
        return Judged(
            FrameKind.EVENTS,
            self._partition,
            end,
            at,
            batch.received_min,
            batch.received_max,
            batch.sources,
            self._seen.judge(segment.first, batch.keys),
            batch.keys,
        )

    def _room(self) -> _Segment:
        """The segment for the next batch: segments roll only between appends."""
        segment, limits = self._segment, self._limits
        if segment is not None and (
            segment.events >= limits.events
            or self._judged.length >= limits.size
            or self._judged.appended_at - segment.header.created_at >= limits.age_ms
        ):
            self._to_close.append(segment)
            segment = None
        if segment is None:
            segment = self._segment = self._open()
        return segment

    def _open(self) -> _Segment:
        ahead = self._judged
        first = max(ahead.end, (ahead.appended_at // 1000) << POSITION_BITS)
        header = SegmentHeader(
            self._partition,
            os.urandom(SALT),
            Position(first),
            ahead.appended_at,
            ahead.last,
            ahead.length,
            dict(ahead.totals),
        )
        encoded = encode_segment_header(header)
        ahead.end, ahead.last, ahead.length = first, first, len(encoded)
        return _Segment(header, encoded)

    async def _write(self) -> None:
        """Write until nothing waits; whatever goes wrong fails what waits, and only that."""
        while self._queue:
            entries, self._queue = self._queue, []
            try:
                await self._offload(partial(self._commit, entries))
                self._publish(entries)
            except Exception as error:  # noqa: BLE001 - every failure must fail the waiting
                self._fail(entries, error)
            else:
                self._answer(entries)

    def _commit(self, entries: list[_Entry]) -> None:
        for _, group in groupby(entries, key=lambda entry: entry.segment.first):
            batch = list(group)
            segment = batch[0].segment
            fresh = segment.file is None
            file = segment.file or self._create(segment)
            file.write(b"".join([entry.data for entry in batch]))
            file.sync()
            if fresh:
                self._disk.sync_folder(self._folder)

    def _create(self, segment: _Segment) -> Writing:
        """Its successor is all that tells a dead segment from a live one: they never meet."""
        while self._dead:
            self._disk.unlink(path_of(self._folder, self._dead[-1]))
            self._dead.pop()
        segment.file = self._disk.create(path_of(self._folder, segment.first))
        segment.file.write(segment.encoded)
        return segment.file

    def _publish(self, entries: list[_Entry]) -> None:
        durable, last = self._durable, entries[-1]
        if durable.last != last.segment.first:
            self._cells.put(ACTIVE, last.segment.first)
        self._cells.put(HEAD, last.end)
        for entry in entries:
            if durable.last != entry.segment.first:
                durable.last, durable.length = entry.segment.first, len(entry.segment.encoded)
            add(durable.totals, entry.counted)
            durable.length += len(entry.data)
        durable.end, durable.appended_at = last.end, last.judged.appended_at

    def _answer(self, entries: list[_Entry]) -> None:
        for entry in entries:
            if not entry.done.done():
                entry.done.set_result(
                    Appended(self._partition, Position(entry.judged.first), entry.judged.verdicts)
                )
        self._close_rolled()

    def _fail(self, entries: list[_Entry], error: Exception) -> None:
        """Nothing judged after the durable end was kept: forget it all and start a new segment.

        The kernel may call pages clean that never reached the disk, so the segment is closed for
        ever; positions are not reused, and its successor records how far it counts.
        """
        lost, self._queue = [*entries, *self._queue], []
        for entry in lost:
            self._seen.evict(entry.segment.first, entry.judged.keys, entry.judged.verdicts)
        for first in dict.fromkeys(entry.segment.first for entry in lost):
            if first > self._durable.last:
                self._dead.append(first)
                self._seen.forget(first)
        end, self._judged = self._judged.end, self._durable.copy()
        self._judged.end = end
        self._let_go()
        for entry in lost:
            if not entry.done.done():
                entry.done.set_exception(Unavailable(f"the log could not be written: {error}"))

    def _let_go(self) -> None:
        if self._segment is not None:
            self._to_close.append(self._segment)
            self._segment = None
        self._close_rolled()

    def _close_rolled(self) -> None:
        keep = {entry.segment.first for entry in self._queue}
        for segment in self._to_close:
            if segment.file is not None and segment.first not in keep:
                with suppress(OSError):  # all that counts in it was synced
                    segment.file.close()
        self._to_close = [segment for segment in self._to_close if segment.first in keep]

    async def close(self) -> None:
        """Wait for what is being written, then let go of the files."""
        if self._writer is not None:
            await asyncio.wait([self._writer])
        self._let_go()


def _check(batch: Batch, body: bytes) -> None:
    """Raises `ValueError` for what no reader could read again, before any key is learned."""
    if len(body) > MAX_BODY:
        raise ValueError(f"a frame's body of {len(body)} bytes; {MAX_BODY} is the most")
    if isinstance(batch, TallyBatch):
        return
    if not 1 <= len(batch.sources) <= MAX_EVENTS:
        raise ValueError(f"a frame of {len(batch.sources)} events; 1 to {MAX_EVENTS} fit")
    if len(batch.keys) != KEY * len(batch.sources):
        raise ValueError(f"{len(batch.sources)} events with {len(batch.keys)} bytes of keys")
    if min(batch.sources) < 0 or max(batch.sources) >= _SOURCES:
        raise ValueError(f"source numbers are from 0 to {_SOURCES - 1}")
    if not 0 <= batch.received_min <= batch.received_max < _TIMES:
        raise ValueError(f"received from {batch.received_min} to {batch.received_max} ms")

"""Event logs to run one contract suite on: in memory, on a real disk, on a simulated one."""

from __future__ import annotations

import errno
import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from headgate.disk import SystemDisk
from headgate.log.encode import event_batch
from headgate.log.follow import HeadSignal
from headgate.log.memory import MemoryLog
from headgate.log.port import Position, Record
from headgate.log.segments.appender import Limits
from headgate.log.segments.log import SegmentLog
from headgate.log.writer_thread import WriterThread
from tests.simulation.disk import SimDisk
from tests.simulation.site import Asking, SimClock, inline

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from headgate.disk import Writing
    from headgate.log.port import Appended, Frame, Stored

SMALL = Limits(events=4, size=64 * 1024, age_ms=3_600_000)
"""Segments of about four events, so that every test crosses some."""

Message = tuple[int, str]
"""Source number and messageId."""


class Met(NamedTuple):
    """An event as the tests compare it."""

    position: int
    source: int
    message_id: str
    verdict: int


def record(
    source: int, message_id: str, *, received_at: int, defaults: int = -1, user: str = "ann"
) -> Record:
    original = b'{"messageId":"%s"}' % message_id.encode()
    return Record(source, received_at, message_id, "track", user, None, 0, None, defaults, original)


class MemoryBench:
    def __init__(self) -> None:
        self.clock = SimClock()
        self.log = MemoryLog(self.clock, roll=SMALL.events)

    def refuse_next(self) -> None:
        """Let the next append fail."""
        self.log.fail_appends()


class RefusingDisk(SystemDisk):
    """The machine's disk; a sync may be held up or fail, with all that was written in the cache."""

    def __init__(self) -> None:
        self.refuse = False
        self.hold: Callable[[], None] = lambda: None

    def create(self, path: Path) -> Writing:
        return _Refusing(super().create(path), self)


class _Refusing:
    def __init__(self, file: Writing, disk: RefusingDisk) -> None:
        self._file, self._disk = file, disk
        self.write, self.close = file.write, file.close

    def sync(self) -> None:
        self._disk.hold()
        if self._disk.refuse:
            self._disk.refuse = False
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._file.sync()


class SegmentBench:
    """A `SegmentLog` that can be opened again, and whose files can be looked at and damaged."""

    log: SegmentLog

    def __init__(self, disk: RefusingDisk | SimDisk, folder: Path, limits: Limits = SMALL) -> None:
        self.disk, self.folder, self.limits = disk, folder, limits
        self.clock = SimClock()
        self._thread = WriterThread()
        self.log = self.reader()
        self.own()

    def reader(self) -> SegmentLog:
        """Another view of the same log, as another process would have it."""
        real = isinstance(self.disk, RefusingDisk)
        signal = HeadSignal(self.folder / "head") if real else Asking()
        return SegmentLog(self.disk, self.folder, signal)

    def own(self) -> None:
        offload = self._thread if isinstance(self.disk, RefusingDisk) else inline
        self.log.own(self.clock, offload, self.limits)

    async def reopen(self) -> None:
        await self.log.close()
        self.log = self.reader()
        self.own()

    async def close(self) -> None:
        await self.log.close()
        self._thread.close()

    def refuse_next(self) -> None:
        if isinstance(self.disk, SimDisk):
            self.disk.fail("sync", suffix=".seg")
        else:
            self.disk.refuse = True

    def paths(self, suffix: str = ".seg") -> list[Path]:
        return [
            self.folder / name for name in self.disk.names(self.folder) if name.endswith(suffix)
        ]

    def flip(self, path: Path, offset: int) -> None:
        """Change one bit of a file, as rot does."""
        if isinstance(self.disk, SimDisk):
            self.disk.flip(path, offset)
            return
        with path.open("r+b") as file:
            file.seek(offset)
            (byte,) = file.read(1)
            file.seek(offset)
            file.write(bytes([byte ^ 1]))

    def cut(self, path: Path, size: int) -> None:
        if isinstance(self.disk, SimDisk):
            self.disk.cut(path, size)
        else:
            os.truncate(path, size)

    def content(self, path: Path) -> bytes:
        file = self.disk.open(path)
        try:
            return file.read(0, file.size())
        finally:
            file.close()


Bench = MemoryBench | SegmentBench


@asynccontextmanager
async def opened(kind: str, folder: Path, limits: Limits = SMALL) -> AsyncIterator[Bench]:
    """A log of a kind: memory, segments or simulated."""
    if kind == "memory":
        yield MemoryBench()
        return
    disk: RefusingDisk | SimDisk = RefusingDisk() if kind == "segments" else SimDisk()
    bench = SegmentBench(disk, folder if kind == "segments" else Path("/log"), limits)
    try:
        yield bench
    finally:
        await bench.close()


async def send(bench: Bench, *messages: Message, defaults: tuple[bytes, ...] = ()) -> Appended:
    """Append one batch; its records name the first of `defaults`, if there are any."""
    keys, at = bench.log.keys(), 0 if defaults else -1
    records = [
        record(source, name, received_at=bench.clock.now, defaults=at) for source, name in messages
    ]
    joined = b"".join(keys.of(source, name) for source, name in messages)
    return await bench.log.append(0, event_batch(records, joined, defaults))


def met(frames: Iterable[Frame], sources: frozenset[int] | None = None) -> list[Met]:
    return [_met(stored) for frame in frames for stored in frame.events(sources)]


def _met(stored: Stored) -> Met:
    assert stored.record is not None
    return Met(stored.position, stored.record.source, stored.record.message_id, int(stored.verdict))


async def frames_of(
    log: MemoryLog | SegmentLog, start: int = 0, stop: int | None = None
) -> list[Frame]:
    upto = None if stop is None else Position(stop)
    return [frame async for frame in log.read(0, Position(start), stop=upto)]


async def all_met(log: MemoryLog | SegmentLog) -> list[Met]:
    return met(await frames_of(log))

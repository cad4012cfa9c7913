"""One machine with a log on a simulated disk: it appends, reads, dies and starts again."""

from __future__ import annotations

import asyncio
import copy
from collections import Counter
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headgate.keep.retention import Policy
from headgate.keep.run import keep_once
from headgate.log.encode import event_batch
from headgate.log.errors import Unavailable
from headgate.log.keys import Keys
from headgate.log.port import Appended, EventBatch, Position, Record, Stored
from headgate.log.segments.log import SegmentLog
from headgate.log.segments.reading import ACTIVE, HEAD, Cursor
from tests.simulation.disk import Crash
from tests.simulation.history import Broken, Copy, History

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from headgate.log.segments.appender import Limits
    from tests.simulation.disk import Op, SimDisk

FOLDER = Path("/log")
FOREVER = Policy(age_ms=1 << 50, window_ms=1 << 50)


class SimClock:
    """A clock that goes when it is told to."""

    def __init__(self, now_ms: int = 1_790_000_000_000) -> None:
        self.now = now_ms

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.now / 1000


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110 - what is awaited happens on a disk, which tells nobody
        await asyncio.sleep(0)


class Asking:
    """A `Signal` for disks that cannot tell: it asks each time that the loop comes round."""

    async def beyond(self, head: int, current: Callable[[], int]) -> None:
        await until(lambda: current() != head)

    def close(self) -> None: ...


async def inline(work: Callable[[], None]) -> None:
    """An `Offload` without a thread; when the process dies in it, nothing ever comes back."""
    await asyncio.sleep(0)
    try:
        work()
    except Crash:
        await asyncio.Event().wait()


def packed(keys: Keys, batch: list[Copy], received_at: int) -> EventBatch:
    """A batch whose records carry the copies' marks as their original bytes."""
    records = [
        Record(at.source, received_at, at.message_id, "track", "ann", None, 0, None, -1, at.mark)
        for at in batch
    ]
    return event_batch(records, b"".join(keys.of(at.source, at.message_id) for at in batch))


class Site:
    """The machine and everything that was ever observed on it: before each change of its disk too.

    It dies before operation `dies_at`, counted from the first.
    """

    def __init__(self, disk: SimDisk, limits: Limits) -> None:
        self.disk, self.limits = disk, limits
        self.clock, self.history = SimClock(), History()
        self.dies_at: int | None = None
        self.log: SegmentLog | None = None
        self._tail: Cursor | None = None
        self._marks = count()

    def start(self) -> None:
        """Start the processes; raises `Crash`."""
        self.disk.before = self._before
        self.log = SegmentLog(self.disk, FOLDER, Asking())
        self._tail = self._tail or self._reader()
        self.log.own(self.clock, inline, self.limits)

    def _reader(self) -> Cursor:
        return Cursor(self.disk, FOLDER, 0, lambda: 0)

    def killed(self) -> None:
        """All processes end but for a reader, and nothing that was written is lost."""
        self.log = None
        self.disk.kill()

    def lost_power(self, rng: Random, survival: float) -> None:
        self.log = self._tail = None
        self.disk.power_loss(rng, survival)

    def _before(self, op: Op) -> None:
        self.observe()
        if op.number == self.dies_at:
            raise Crash

    def copies(self, *messages: tuple[int, str]) -> list[Copy]:
        return [Copy(source, name, b"%d" % next(self._marks)) for source, name in messages]

    async def append(self, *batches: list[Copy]) -> None:
        """Append all at once, record what each was told; raises `Crash` when the machine died."""
        log, keys = self.running(), self.running().keys()
        tasks = [
            asyncio.ensure_future(log.append(0, packed(keys, batch, self.clock.now)))
            for batch in batches
        ]
        await until(lambda: self.disk.dead or all(task.done() for task in tasks))
        for batch, task in zip(batches, tasks, strict=True):
            self._learn(batch, task)
        if self.disk.dead:
            await self._bury(tasks)
            raise Crash

    def running(self) -> SegmentLog:
        if self.log is None or self.disk.dead:
            raise Crash
        return self.log

    def _learn(self, batch: list[Copy], task: asyncio.Future[Appended]) -> None:
        if not task.done():
            return
        try:
            self.history.told(batch, task.result())
        except Unavailable:
            self.history.refused(batch)

    async def _bury(self, tasks: Sequence[asyncio.Future[Appended]]) -> None:
        """Nothing of a dead process may run on."""
        appender = self.log._appender if self.log is not None else None
        writer = appender._writer if appender is not None else None
        dying: list[asyncio.Future[Any]] = [*tasks, *([writer] if writer is not None else [])]
        for task in dying:
            task.cancel()
            with suppress(Crash, Unavailable, asyncio.CancelledError):
                await task

    async def look(self) -> None:
        """Read the log whole, and what is new behind the tailing reader; check everything."""
        await self._look(self.running(), self.history)
        self.observe()

    async def _look(self, log: SegmentLog, history: History) -> None:
        head = log.head()
        frames = [frame async for frame in log.read(0, Position(0))]
        history.saw_all((event for frame in frames for event in frame.events()), head)
        for source, live in Counter(
            source for frame in frames for source, n in frame.counts.items() for _ in range(n)
        ).items():
            counted = await log.count(source, 0, Position(0), Position(head))
            if counted.events != live:
                raise Broken(f"{live} events of source {source} are read, {counted} counted")

    def observe(self) -> None:
        """What a reader that follows the log meets at this moment."""
        if self._tail is not None:
            self.history.saw(*self._tailed(self._tail))

    def _tailed(self, tail: Cursor) -> tuple[list[Stored], int]:
        cells = self.disk.cells(FOLDER / "head", writable=False)
        head = cells.get(HEAD)
        frames = tail.frames(head, cells.get(ACTIVE))
        return [event for frame in frames for event in frame.events()], head

    async def look_after_losing_power_now(self, rng: Random) -> None:
        """On a copy of the machine: whatever anyone saw must be on the medium at this moment."""
        disk = self.disk.fork()
        disk.power_loss(rng, 0.0)
        log = SegmentLog(disk, FOLDER, Asking())
        log.own(self.clock, inline, self.limits)
        await self._look(log, copy.deepcopy(self.history))

    def keep(self) -> None:
        """Let `keep` run beside the appender, which then takes over its index."""
        log = self.running()
        keep_once(FOLDER, self.clock, {}, FOREVER, disk=self.disk)
        log.refresh_index()

    async def stop(self) -> None:
        await self.running().close()
        self.log = None

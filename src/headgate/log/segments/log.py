"""The embedded event log: an appender where this process owns the end, readers everywhere."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from headgate.disk import Disk, Lock
from headgate.log.errors import Damaged, Fenced, Trimmed, Unavailable, Unsupported
from headgate.log.keys import Keys
from headgate.log.port import (
    Appended,
    Batch,
    Counts,
    EraseReport,
    EventLog,
    Found,
    Frame,
    Places,
    Position,
    Span,
    Subjects,
)
from headgate.log.segments.appender import Appender, Limits, Standing
from headgate.log.segments.chain import Chain
from headgate.log.segments.counting import Totals, between, totals_at, totals_before
from headgate.log.segments.dedup import Seen
from headgate.log.segments.manifest import load_manifest
from headgate.log.segments.marks import Marks
from headgate.log.segments.reading import ACTIVE, HEAD, Cursor
from headgate.log.segments.recovery import recover
from headgate.log.segments.runs import IdRun, sound_run
from headgate.log.segments.search import find_copies, first_since, last_events, received_between
from headgate.log.segments.secret import secret_of
from headgate.log.segments.trimming import drop_below, lift_floor, mend_floor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from pathlib import Path

    from headgate.clock import Clock
    from headgate.log.segments.appender import Offload


class Signal(Protocol):
    """Tells a follower that the durable end may have moved."""

    async def beyond(self, head: int, current: Callable[[], int]) -> None:
        """Return once `current()` differs from `head`."""
        ...

    def close(self) -> None: ...


class SegmentLog(EventLog):
    """`EventLog` over a folder of segment files, one partition."""

    def __init__(self, disk: Disk, folder: Path, signal: Signal) -> None:
        self._disk, self._folder, self._signal = disk, folder, signal
        self._cells = disk.cells(folder / "head", writable=True)
        self._floor = disk.cells(folder / "floor", writable=True)
        self._appender: Appender | None = None
        self._lock: Lock | None = None
        self._seen = Seen()
        self._runs: dict[str, IdRun] = {}
        self._marks = Marks()

    @property
    def partitions(self) -> int:
        return 1

    def partition_of(self, source: int, user: bytes) -> int:  # noqa: ARG002 - one partition
        return 0

    def own(self, clock: Clock, offload: Offload, limits: Limits | None = None) -> None:
        """Become the appender: recover the end, learn the keys.

        Raises `Fenced`, or `Unavailable` when the disk does not let it recover.
        """
        try:
            self._lock = self._disk.lock(self._folder / "lock")
        except BlockingIOError:
            raise Fenced(
                f"another process appends to {self._folder}: stop it before this one starts"
            ) from None
        try:
            standing = self._recover()
        except OSError as error:
            self._lock.release()
            self._lock = None
            raise Unavailable(f"the log in {self._folder} cannot be opened: {error}") from error
        self._appender = Appender(
            self._disk,
            self._folder,
            self._cells,
            clock,
            offload,
            self._seen,
            standing,
            limits=limits,
        )

    def _recover(self) -> Standing:
        secret_of(self._disk, self._folder)
        mend_floor(self._disk, self._folder, self._floor)
        settled = self.refresh_index()
        return recover(self._disk, self._folder, self._cells, self._seen, settled, 0)

    def fresh_runs(self) -> dict[str, IdRun]:
        """Open the id runs that `keep` has written since, for `refresh_index`.

        Each is read to its end, so that nothing rotten speaks: a loop has this done in a thread.
        """
        found = {}
        for entry in load_manifest(self._disk, self._folder).runs:
            if entry.name not in self._runs:
                with suppress(FileNotFoundError, Damaged):
                    found[entry.name] = sound_run(self._disk, self._folder / entry.name)
        return found

    def refresh_index(self, fresh: Mapping[str, IdRun] | None = None) -> frozenset[int]:
        """Take over fresh id runs; returns the segments that all of them speak for.

        A run that cannot be opened speaks for none: `keep` may just have merged it into another,
        or somebody deleted it. One of ours stays until others speak for all its segments.
        """
        self._runs.update(self.fresh_runs() if fresh is None else fresh)
        manifest = load_manifest(self._disk, self._folder)
        spoken: set[int] = {first for first in manifest.firsts if first < manifest.window}
        for entry in manifest.runs:
            if entry.name in self._runs:
                spoken.update(entry.segments)
        named = {entry.name for entry in manifest.runs}
        for name in [name for name in self._runs if name not in named]:
            mine = [first for first, _ in self._runs[name].header.segments]
            if all(first in spoken or first < manifest.window for first in mine):
                self._runs.pop(name).close()
            else:
                spoken.update(mine)
        self._seen.cover(self._runs.values(), spoken, manifest.window)
        return frozenset(spoken)

    def keys(self) -> Keys:
        """The hash that message keys are made with; its secret is made once, before any append."""
        return Keys(secret_of(self._disk, self._folder))

    async def append(self, partition: int, batch: Batch) -> Appended:  # noqa: ARG002 - the only one
        if self._appender is None:
            raise Fenced("this process reads the log; only its appender may write it")
        return await self._appender.append(batch)

    def head(self) -> Position:
        return Position(self._cells.get(HEAD))

    async def heads(self) -> Places:
        return {0: self.head()}

    async def floors(self) -> Places:
        return {0: Position(self._floor.get(0))}

    async def read(
        self,
        partition: int,  # noqa: ARG002 - the only one
        start: Position,
        *,
        stop: Position | None = None,
        sources: frozenset[int] | None = None,
        follow: bool = False,
    ) -> AsyncIterator[Frame]:
        floor = self._floor.get(0)
        if start < floor:
            raise Trimmed(floor)
        cursor = Cursor(self._disk, self._folder, start, lambda: self._floor.get(0), self._marks)
        try:
            while True:
                head = self._cells.get(HEAD)
                for frame in cursor.frames(head, self._cells.get(ACTIVE)):
                    if stop is not None and frame.first >= stop:
                        return
                    if sources is None or not sources.isdisjoint(frame.counts):
                        yield frame
                if not follow or (stop is not None and head >= stop):
                    return
                await self._signal.beyond(head, self.head)
        finally:
            cursor.close()

    async def frame_at(
        self,
        partition: int,  # noqa: ARG002 - the only one
        position: Position,
    ) -> Frame | None:
        cursor = Cursor(self._disk, self._folder, position, lambda: 0, self._marks)
        try:
            for frame in cursor.frames(self._cells.get(HEAD), self._cells.get(ACTIVE)):
                return frame if frame.first <= position else None
        finally:
            cursor.close()
        return None

    def totals(self, position: int) -> Totals:
        """Cumulative counts of every source below `position`, or below the head if it is lower.

        Raises `Trimmed` when not even the headers of that place are kept.
        """
        position = min(position, self.head())  # read before the segments are listed
        chain = Chain(self._disk, self._folder)
        try:
            return totals_before(chain, position)
        finally:
            chain.close()

    async def count(
        self,
        source: int,
        partition: int,  # noqa: ARG002 - the only one
        start: Position,
        stop: Position,
    ) -> Counts:
        return between(source, self.totals(start), self.totals(stop))

    async def sums(
        self,
        partition: int,  # noqa: ARG002 - the only one
        times: Sequence[int],
    ) -> Sequence[Mapping[int, Counts]]:
        head = self.head()
        chain = Chain(self._disk, self._folder)
        found: list[Mapping[int, Counts]] = []
        try:
            for totals in totals_at(chain, times, head):
                found.append({source: Counts(*sums) for source, sums in totals.items()})
                await asyncio.sleep(0)  # others want the loop, too
        finally:
            chain.close()
        return found

    async def at(self, appended_ms: int) -> Places:
        head = self.head()
        chain = Chain(self._disk, self._folder)
        try:
            return {0: first_since(chain, appended_ms, head)}
        finally:
            chain.close()

    async def received(
        self,
        partition: int,  # noqa: ARG002 - the only one
        since_ms: int,
        until_ms: int,
    ) -> Span:
        head, floor = self.head(), self._floor.get(0)
        chain = Chain(self._disk, self._folder)
        try:
            return received_between(chain, since_ms, until_ms, floor, head)
        finally:
            chain.close()

    async def last(
        self,
        partition: int,  # noqa: ARG002 - the only one
        source: int,
        events: int,
    ) -> Position:
        head, floor = self.head(), self._floor.get(0)
        chain = Chain(self._disk, self._folder)
        try:
            return last_events(chain, source, events, floor, head)
        finally:
            chain.close()

    async def find(self, message_id: str) -> Sequence[Found]:
        head = self.head()
        chain = Chain(self._disk, self._folder)
        try:
            return find_copies(self._disk, self._folder, chain, self.keys(), message_id, head)
        finally:
            chain.close()

    async def raise_floor(self, before: Places) -> None:
        lift_floor(self._disk, self._folder, self._floor, before[0])

    async def trim(self, before: Places) -> None:
        drop_below(self._disk, self._folder, min(before[0], self._floor.get(0)))

    async def erase(self, subjects: Subjects) -> EraseReport:
        raise Unsupported(
            f"erasing {len(subjects.user_ids) + len(subjects.anonymous_ids)} subjects:"
            " this version cannot rewrite segments yet"
        )

    async def close(self) -> None:
        """Wait for what is being written, and let go; followers must have been cancelled before."""
        appender, self._appender = self._appender, None
        if appender is not None:
            await appender.close()
        for run in self._runs.values():
            run.close()
        self._runs.clear()
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        self._cells.close()
        self._floor.close()
        self._signal.close()

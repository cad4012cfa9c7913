"""The events of one source as they come, at a pace that a person and this process can bear."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import msgspec

from headgate.log.errors import LogError
from headgate.log.port import FrameKind, Position

if TYPE_CHECKING:
    from headgate.control.nouns.debugging import Lens
    from headgate.log.port import EventLog, Frame

FRAMES_A_TURN: Final = 256
WINDOW: Final = 1.0


class Pace(NamedTuple):
    """`a_second` events are shown at most; `back` are at most told of when somebody resumes.

    Times are in seconds: `recheck` between two looks at whether somebody may still see this,
    `heartbeat` between two signs of life when nothing comes.
    """

    a_second: int = 50
    back: int = 1_000
    recheck: float = 3.0
    heartbeat: float = 15.0


STEADY: Final = Pace()


class LeftOut(msgspec.Struct, frozen=True):
    """So many events came that are not shown."""

    count: int


class End(msgspec.Struct, frozen=True):
    """Why nothing more comes: `signed_out`, `not_allowed`, `stopped`, or `behind` the log."""

    reason: str


Looks: TypeAlias = Callable[[], Awaitable["Lens | End"]]
"""Tells through which lens it goes on, or that it does not."""
HEARTBEAT: Final = b": heartbeat\n\n"


def told(name: str, data: Any, position: int | None = None) -> bytes:
    """One event of the stream (WHATWG HTML, server-sent events): JSON has no line ends in it."""
    id_ = b"" if position is None else b"id: %d\n" % position
    return b"%bevent: %b\ndata: %b\n\n" % (id_, name.encode(), msgspec.json.encode(data))


class Feed:
    """One stream; it holds no queue: what its reader is too slow for is counted as left out."""

    def __init__(
        self,
        log: EventLog,
        lens: Lens,
        looks: Looks,
        is_stopping: Callable[[], bool],
        pace: Pace,
    ) -> None:
        self._log, self._lens, self._looks, self._pace = log, lens, looks, pace
        self._is_stopping = is_stopping
        self._left_out, self._last = 0, 0
        self._window, self._shown = 0.0, 0

    async def begin(self, after: int | None) -> AsyncGenerator[bytes, None]:
        """From the event behind the position `after` on, or from now on."""
        start = await self._start(after)
        frames = self._frames(start)
        coming: asyncio.Task[Frame] | None = None
        try:
            while True:
                coming = coming or asyncio.ensure_future(anext(frames))
                await asyncio.wait([coming], timeout=self._until_look())
                for each in self._rest():
                    yield each
                if (ended := await self._look()) is not None:
                    yield told("end", ended)
                    return
                if coming.done():
                    frame, coming = coming.result(), None
                    for each in self._of(frame):
                        yield each
                elif (beat := self._beat()) is not None:
                    yield beat
        except LogError:
            yield told("end", End("behind"))
        finally:
            if coming is not None:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
            await frames.aclose()

    # time

    _looked = _beaten = 0.0

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _until_look(self) -> float:
        return min(self._pace.recheck, self._pace.heartbeat, WINDOW)

    async def _look(self) -> End | None:
        if self._is_stopping():
            return End("stopped")
        if self._now() - self._looked < self._pace.recheck:
            return None
        found = await self._looks()
        self._looked = self._now()
        if isinstance(found, End):
            return found
        self._lens = found
        return None

    def _beat(self) -> bytes | None:
        if self._now() - self._beaten < self._pace.heartbeat:
            return None
        self._beaten = self._now()
        return HEARTBEAT

    # what comes

    async def _start(self, after: int | None) -> Position:
        self._looked = self._beaten = self._now()
        head = (await self._log.heads())[0]
        if after is None or after >= head:
            return head
        number = self._lens.source.number
        low = await self._log.last(0, number, self._pace.back)
        if after + 1 >= low:
            return Position(after + 1)
        floor = (await self._log.floors())[0]
        missed = await self._log.count(number, 0, Position(max(after + 1, floor)), low)
        self._left_out, self._last = missed.events, low - 1
        return low

    async def _frames(self, start: Position) -> AsyncGenerator[Frame, None]:
        """Those with events of the source, or with refusals of any."""
        turns = 0
        async for frame in self._log.read(0, start, follow=True):
            turns += 1
            if not turns % FRAMES_A_TURN:
                await asyncio.sleep(0)  # others want the loop, too
            if frame.kind is FrameKind.TALLY or self._lens.source.number in frame.counts:
                yield frame

    def _of(self, frame: Frame) -> list[bytes]:
        last = frame.next - 1
        if frame.kind is FrameKind.TALLY:
            return [told("refused", each, last) for each in self._lens.refused(frame)]
        return self._events(frame)

    def _events(self, frame: Frame) -> list[bytes]:
        """Nothing is decoded that is not shown."""
        count = frame.counts[self._lens.source.number]
        room = min(count, self._room())
        shown = self._lens.stored(frame)[:room] if room else []
        frame.forget()
        self._shown += len(shown)
        if count > len(shown):
            self._left_out += count - len(shown)
            self._last = frame.next - 1
        return [told("event", self._lens.seen(each), each.position) for each in shown]

    def _room(self) -> int:
        if self._now() - self._window >= WINDOW:
            self._window, self._shown = self._now(), 0
        return self._pace.a_second - self._shown

    def _rest(self) -> list[bytes]:
        """What was left out, once there is room again."""
        if not self._left_out or not self._room():
            return []
        count, self._left_out = self._left_out, 0
        return [told("left_out", LeftOut(count), self._last)]

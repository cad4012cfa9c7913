"""The port of the event log: what every log can do, whatever keeps it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, NewType, Protocol

import msgspec

Position = NewType("Position", int)
"""A place in the log: ordered in its partition, never reused, not dense. Never subtract two."""

Places = Mapping[int, Position]
"""Partition -> next position to read."""


class Verdict(IntEnum):
    """Decided once, by the appender, before the event is visible; every reader obeys it."""

    LIVE = 0
    DUPLICATE = 1
    SUPPRESSED = 2
    ERASED = 3


class FrameKind(IntEnum):
    EVENTS = 0
    TALLY = 1


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One accepted event as it is kept: what the server decided, and the original bytes.

    Times are milliseconds since 1970 UTC. `defaults` is the index of the batch defaults that
    came with the event, -1 for none.
    """

    source: int
    received_at: int
    message_id: str
    type: str
    user_id: str | None
    anonymous_id: str | None
    timestamp: int
    ip: str | None
    defaults: int
    original: bytes


class Rejection(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How many events of a source were refused for one reason, with a few masked samples."""

    source: int
    code: str
    count: int
    samples: tuple[str, ...] = ()


class EventBatch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Events on their way into the log: one frame, body already encoded and compressed.

    `keys` holds one `Keys.of(...)` of 12 bytes for each event, `sources` one number for each.
    """

    sources: tuple[int, ...]
    keys: bytes
    received_min: int
    received_max: int
    body: bytes


class TallyBatch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Rejections on their way into the log."""

    rejections: tuple[Rejection, ...]


Batch = EventBatch | TallyBatch


class Appended(NamedTuple):
    """Where a batch went: `verdicts` has one byte for each event, in order."""

    partition: int
    first: Position
    verdicts: bytes


class Stored(NamedTuple):
    """An event as a reader meets it; `record` is None where the verdict left no body."""

    position: Position
    verdict: Verdict
    record: Record | None
    defaults: bytes | None


class Counts(NamedTuple):
    """Events of one source in a span: those that count, and duplicates beside them."""

    events: int
    duplicates: int


class Span(NamedTuple):
    """The positions from `start` to below `stop`."""

    start: Position
    stop: Position


class Found(NamedTuple):
    """One stored copy of a message."""

    partition: int
    position: Position
    source: int
    verdict: Verdict
    received_at: int
    stored: Stored | None


class Frame(Protocol):
    """A run of positions written at once; the header is there, the body is decoded on demand."""

    @property
    def partition(self) -> int: ...
    @property
    def kind(self) -> FrameKind: ...
    @property
    def first(self) -> Position: ...
    @property
    def next(self) -> Position: ...
    @property
    def appended_at(self) -> int: ...
    @property
    def received_min(self) -> int:
        """The earliest `receivedAt` in the frame, in milliseconds; with `received_max` for all."""
        ...

    @property
    def received_max(self) -> int: ...
    @property
    def counts(self) -> Mapping[int, int]:
        """Source number -> events that are not duplicates."""
        ...

    @property
    def size(self) -> int:
        """Bytes that the frame takes in memory before it is decoded."""
        ...

    def events(self, sources: frozenset[int] | None = None) -> Sequence[Stored]: ...
    def rejections(self) -> Sequence[Rejection]: ...
    def forget(self) -> None:
        """Let go of what was decoded; asked again, it is decoded again."""
        ...


@dataclass(frozen=True)
class Subjects:
    """Whose events to erase, in one workspace's sources."""

    sources: frozenset[int]
    user_ids: frozenset[str] = frozenset()
    anonymous_ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class EraseReport:
    """What an erasure did: events whose body was dropped, and segments rewritten."""

    events: int
    segments: int


class EventLog(Protocol):
    """The durable, ordered, replayable sequence of accepted events (data-path section 1)."""

    @property
    def partitions(self) -> int: ...

    def partition_of(self, source: int, user: bytes) -> int: ...

    async def append(self, partition: int, batch: Batch) -> Appended:
        """Return after the batch is durable and visible, in call order for each partition.

        Raises `Unavailable` or `Fenced`: then nothing of the batch may be acknowledged.
        """
        ...

    async def heads(self) -> Places:
        """The durable ends."""
        ...

    async def floors(self) -> Places:
        """The oldest kept positions; 0 until the first trim."""
        ...

    def read(
        self,
        partition: int,
        start: Position,
        *,
        stop: Position | None = None,
        sources: frozenset[int] | None = None,
        follow: bool = False,
    ) -> AsyncIterator[Frame]:
        """Frames that hold a position in [start, stop); the first may begin below `start`.

        Raises `Trimmed` when `start` is below the floor: it never skips silently.
        """
        ...

    async def frame_at(self, partition: int, position: Position) -> Frame | None:
        """The frame that holds a position, if the log still has it.

        Below the floor, too, until it is trimmed: lanes copy from there what they still owe.
        """
        ...

    async def at(self, appended_ms: int) -> Places:
        """The first places appended at or after a time."""
        ...

    async def received(self, partition: int, since_ms: int, until_ms: int) -> Span:
        """The least span that holds every event received in [since, until), from headers only.

        Nothing below the floor is in it; what is in it may have been received at other times.
        """
        ...

    async def last(self, partition: int, source: int, events: int) -> Position:
        """Where the last `events` events of a source begin, at the latest, from headers only.

        Duplicates do not count; where there are not as many, it is the oldest place that is kept.
        """
        ...

    async def count(self, source: int, partition: int, start: Position, stop: Position) -> Counts:
        """Events of a source in [start, stop), from headers only."""
        ...

    async def sums(self, partition: int, times: Sequence[int]) -> Sequence[Mapping[int, Counts]]:
        """Events of every source that were appended before each of these times, ascending, in ms.

        Counted since the log began, below one end, from headers only. What was dropped counts as
        appended when the oldest kept event was.
        """
        ...

    async def find(self, message_id: str) -> Sequence[Found]:
        """Every stored copy of a message, in order."""
        ...

    async def raise_floor(self, before: Places) -> None:
        """Announce what will be trimmed, so that every lane closes its events below it."""
        ...

    async def trim(self, before: Places) -> None:
        """Drop what lies below: `keep` only, after every lane acknowledged."""
        ...

    async def erase(self, subjects: Subjects) -> EraseReport: ...

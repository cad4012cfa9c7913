"""Going through a segment once, for what its manifest entry says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.log.port import FrameKind
from headgate.log.segments.manifest import Rejected, Sealed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from headgate.log.port import Rejection
    from headgate.log.segments.frame import Header, SegmentFrame
    from headgate.log.segments.segment import Segment


class Tally:
    """Adds up the headers of a segment's frames."""

    def __init__(self, first: int, created_at: int) -> None:
        self.first = self.next = first
        self._created_at = created_at
        self.frames = self.events = self.duplicates = self.quarantined = 0
        self.rejected: Rejected = {}
        self._appended: list[int] = []
        self._received: list[int] = []

    def add(self, header: Header) -> None:
        self.frames += 1
        self.next = header.next
        self.events += sum(events for _, events, _ in header.sources)
        self.duplicates += sum(duplicates for _, _, duplicates in header.sources)
        self._appended = [*self._appended[:1], header.appended_at]
        if header.kind is FrameKind.EVENTS:
            times = [*self._received, header.received_min, header.received_max]
            self._received = [min(times), max(times)]

    def sealed(self, length: int, *, kept: bool = True) -> Sealed:
        appended = self._appended or [self._created_at]
        received = self._received or appended
        return Sealed(
            self.first,
            self.next,
            length,
            self.frames,
            self.events,
            self.duplicates,
            self.quarantined,
            appended[0],
            appended[-1],
            received[0],
            received[-1],
            self.rejected,
            kept,
        )


def survey(
    segment: Segment,
    limit: int,
    head: int | None = None,
    visit: Callable[[int, SegmentFrame], None] = lambda _offset, _frame: None,
) -> Sealed:
    """What a segment holds below `limit`, and below `head` where it may still grow.

    `quarantined` counts stretches without a valid frame header and frames with a damaged body.
    """
    tally = Tally(segment.first, segment.header.created_at)
    end = segment.start
    for after, frame in segment.frames(segment.start, limit):
        if head is not None and frame.next > head:
            break
        tally.quarantined += after - frame.size != end
        end = after
        tally.add(frame.header)
        add_rejections(tally.rejected, frame.rejections())
        tally.quarantined += frame.damaged
        visit(after - frame.size, frame)
    tally.quarantined += end != limit if head is None else tally.next < head
    return tally.sealed(limit if head is None else end)


def add_rejections(rejected: Rejected, rejections: Iterable[Rejection]) -> None:
    for rejection in rejections:
        codes = rejected.setdefault(rejection.source, {})
        codes[rejection.code] = codes.get(rejection.code, 0) + rejection.count


def add_rejected(rejected: Rejected, more: Rejected) -> None:
    for source, codes in more.items():
        counts = rejected.setdefault(source, {})
        for code, count in codes.items():
            counts[code] = counts.get(code, 0) + count

"""Reading the log in order, across segments, never beyond the durable end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.log.segments.chain import Chain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headgate.disk import Disk
    from headgate.log.segments.frame import SegmentFrame

HEAD, ACTIVE = 0, 1
"""Words of the `head` file: the durable end, and the first position of the active segment."""


class Cursor:
    """A place in the segments that moves forward frame by frame."""

    def __init__(self, disk: Disk, folder: Path, start: int) -> None:
        self._chain = Chain(disk, folder)
        self._first = self._chain.holding(start)
        self._offset = 0
        self._position = start

    def frames(self, head: int, active: int) -> Iterator[SegmentFrame]:
        """The frames from here to `head`; call again when the head has moved.

        `active` must have been read after `head`: then a reader that sees a new head also sees
        the segment it is in, and never takes the leftovers of a failed sync for its frames.
        """
        if active != self._first:
            self._chain.refresh()
        while self._position < head and self._stand():
            yield from self._of_segment(head)
            if self._position < head and not self._advance():
                return

    def _stand(self) -> bool:
        if self._first is None and self._chain.firsts:
            self._first = self._chain.firsts[0]
        return self._first is not None

    def _advance(self) -> bool:
        successor = self._chain.after(self._first or 0)
        if successor is not None:
            self._first, self._offset = successor, 0
        return successor is not None

    def _of_segment(self, head: int) -> Iterator[SegmentFrame]:
        first = self._first or 0
        # A recovery may have replaced a segment of which nothing was visible yet.
        fresh = self._offset == 0
        segment = self._chain.reopen(first) if fresh else self._chain.segment(first)
        limit = self._chain.limit(first)
        for after, frame in segment.frames(self._offset or segment.start, limit):
            if frame.next > head:
                return
            self._offset = after
            if frame.next > self._position:
                self._position = frame.next
                yield frame

    def close(self) -> None:
        self._chain.close()

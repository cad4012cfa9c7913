"""Reading the log in order, across segments, never beyond the durable end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.log.errors import Damaged, Trimmed
from headgate.log.segments.chain import Chain
from headgate.log.segments.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from headgate.disk import Disk
    from headgate.log.segments.frame import SegmentFrame

HEAD, ACTIVE = 0, 1
"""Words of the `head` file: the durable end, and the first position of the active segment."""

_NOWHERE = -1


class Cursor:
    """A place in the segments that moves forward frame by frame.

    Segments may be trimmed, and one of which nothing was visible may be replaced, while it reads.
    """

    def __init__(
        self,
        disk: Disk,
        folder: Path,
        start: int,
        floor: Callable[[], int],
        marks: Marks | None = None,
    ) -> None:
        self._chain = Chain(disk, folder)
        self._floor = floor
        self._marks = marks or Marks()
        self._first = _NOWHERE
        self._left = _NOWHERE
        """The segment it stands in, and the last one that it has read to its end."""
        self._offset = 0
        """Of the next frame; 0 until a frame of the segment was taken."""
        self._position = start

    def frames(self, head: int, active: int) -> Iterator[SegmentFrame]:
        """The frames from here to `head`; call again when the head has moved.

        `active` must have been read after `head`: then a reader that sees a new head also sees
        the segment it is in, and never takes the leftovers of a failed sync for its frames.
        Raises `Trimmed` when what comes next was dropped meanwhile.
        """
        if active != self._first:
            self._chain.refresh()
        while self._position < head and (self._offset or self._enter(head)):
            try:
                yield from self._of_segment(head)
            except FileNotFoundError:
                self._check_floor()
                self._chain.refresh()
            if self._position >= head or not self._leave(head):
                return

    def _enter(self, head: int) -> bool:
        """Stand at the start of the segment that holds the position, or of the next one."""
        while True:
            first = self._chain.entry(self._position, self._left)
            if first is None or first >= head:
                return False
            try:
                segment = self._chain.reopen(first)
            except FileNotFoundError:
                self._chain.refresh()
                continue
            except Damaged:
                self._left = first
                continue
            if first > self._position and segment.header.previous != self._left:
                self._check_floor()
            self._first = first
            return True

    def _check_floor(self) -> None:
        """Called after something was not found: the floor is raised before anything is dropped."""
        if self._position < (floor := self._floor()):
            raise Trimmed(floor)

    def _leave(self, head: int) -> bool:
        """Go on to the next segment, if one is visible: before that, this one may still grow."""
        successor = self._chain.entry(self._position, self._first)
        if successor is None or successor >= head:
            return False
        self._left, self._offset = self._first, 0
        return True

    def _of_segment(self, head: int) -> Iterator[SegmentFrame]:
        segment = self._chain.segment(self._first)
        limit = self._chain.limit(self._first)
        known = (self._first, segment.identity())
        start = self._offset or self._marks.before(known, self._position) or segment.start
        for after, frame in segment.frames(start, limit):
            if frame.next > head:
                return
            self._offset = after
            self._marks.note(known, frame.first, after - frame.size)
            if frame.next > self._position:
                self._position = frame.next
                yield frame

    def close(self) -> None:
        self._chain.close()

"""The chain of segments as readers see it: which file holds a position, and how far it counts."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from typing import TYPE_CHECKING

from headgate.log.errors import Damaged
from headgate.log.segments.segment import Segment, firsts, path_of

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.disk import Disk

_OPEN_FILES = 8


class Chain:
    """The segments of a folder, opened as needed; `refresh` after the active one changed."""

    def __init__(self, disk: Disk, folder: Path) -> None:
        self._disk = disk
        self._folder = folder
        self._open: OrderedDict[int, Segment] = OrderedDict()
        self.firsts: list[int] = []
        self.refresh()

    def refresh(self) -> None:
        self.firsts = firsts(self._disk.names(self._folder))
        for first in [first for first in self._open if first not in self.firsts]:
            self._open.pop(first).close()

    def holding(self, position: int) -> int | None:
        """First position of the segment that may hold `position`; None below all of them."""
        at = bisect_right(self.firsts, position)
        return self.firsts[at - 1] if at else None

    def after(self, first: int) -> int | None:
        """The next readable segment; one whose header is torn holds nothing and is passed over."""
        for successor in self.firsts[bisect_right(self.firsts, first) :]:
            try:
                self.segment(successor)
            except (Damaged, FileNotFoundError):
                continue
            return successor
        return None

    def segment(self, first: int) -> Segment:
        """Raises `Damaged` or `FileNotFoundError`."""
        if first in self._open:
            self._open.move_to_end(first)
            return self._open[first]
        segment = Segment(self._disk, path_of(self._folder, first))
        self._open[first] = segment
        if len(self._open) > _OPEN_FILES:
            self._open.popitem(last=False)[1].close()
        return segment

    def reopen(self, first: int) -> Segment:
        """Open again what may have been replaced under the same name."""
        if first in self._open:
            self._open.pop(first).close()
        return self.segment(first)

    def limit(self, first: int) -> int:
        """How many bytes of a segment count: what its successor recorded, else all there are.

        After a failed sync the file may hold frames that were never durable; the successor's
        header says where they begin.
        """
        successor = self.after(first)
        if successor is not None:
            header = self.segment(successor).header
            if header.previous == first:
                return header.previous_length
        return self.segment(first).size()

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()

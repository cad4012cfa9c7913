"""The chain of segments as readers see it: which file holds a position, and how far it counts."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from typing import TYPE_CHECKING

from headgate.log.errors import Damaged
from headgate.log.segments.segment import Segment, firsts, path_of
from headgate.log.segments.sidecars import HEADERS, HeaderSidecar, headers_path, read_headers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headgate.disk import Disk
    from headgate.log.segments.frame import Header
    from headgate.log.segments.segment import SegmentHeader

_OPEN_FILES = 8


class Chain:
    """The segments of a folder, opened as needed; `refresh` after the active one changed."""

    def __init__(self, disk: Disk, folder: Path) -> None:
        self._disk = disk
        self._folder = folder
        self._open: OrderedDict[int, Segment] = OrderedDict()
        self.firsts: list[int] = []
        self.sidecars: list[int] = []
        """First positions of the segments whose headers are kept beside them, or without them."""
        self.refresh()

    def refresh(self) -> None:
        names = self._disk.names(self._folder)
        self.firsts, self.sidecars = firsts(names), firsts(names, HEADERS)
        for first in [first for first in self._open if first not in self.firsts]:
            self._open.pop(first).close()

    def entry(self, position: int, left: int) -> int | None:
        """Where a reader of `position` goes on that has read everything up to segment `left`."""
        at = max(bisect_right(self.firsts, position) - 1, bisect_right(self.firsts, left), 0)
        return self.firsts[at] if at < len(self.firsts) else None

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

    def headers(self, first: int) -> tuple[SegmentHeader, Iterator[tuple[int, Header]]]:
        """The header of a segment and (offset, header) of its frames, without its body if need be.

        Raises `Damaged` or `FileNotFoundError`.
        """
        sidecar = self.sidecar(first)
        if sidecar is not None:
            return sidecar.header, sidecar.frames()
        segment = self.segment(first)
        return segment.header, segment.headers(self.limit(first))

    def holding(self, first: int, key: bytes) -> Iterator[tuple[int, Header]]:
        """(offset, header) of a segment's frames whose headers hold a key, each once.

        Raises `Damaged` or `FileNotFoundError`.
        """
        sidecar = self.sidecar(first)
        if sidecar is not None:
            return sidecar.holding(key)
        return self.segment(first).holding(key, self.limit(first))

    def sidecar(self, first: int) -> HeaderSidecar | None:
        """The headers that `keep` wrote; None where they are missing or damaged."""
        if first not in self.sidecars:
            return None
        try:
            return read_headers(self._disk, headers_path(self._folder, first))
        except (Damaged, FileNotFoundError):
            return None

    def known(self) -> list[int]:
        """First positions of all segments of which at least the headers are kept, ascending."""
        return sorted({*self.firsts, *self.sidecars})

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()

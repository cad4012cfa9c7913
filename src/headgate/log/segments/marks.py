"""Marks on the way through segments: where a position is, without walking there again."""

from __future__ import annotations

from bisect import bisect_right

STEP = 256 * 1024
"""Bytes between two marks of one segment."""
MOST_SEGMENTS = 64


class Marks:
    """Offsets of frames that readers have passed, shared by the readers of one process.

    A segment is known by its first position and the identity of its file: a file that takes the
    name of another has marks of its own.
    """

    def __init__(self) -> None:
        self._positions: dict[tuple[int, int], list[int]] = {}
        self._offsets: dict[tuple[int, int], list[int]] = {}

    def note(self, segment: tuple[int, int], position: int, offset: int) -> None:
        """A frame that begins with `position` stands at `offset`; told in any order."""
        offsets = self._offsets.get(segment)
        if offsets is None:
            if len(self._offsets) >= MOST_SEGMENTS:
                oldest = next(iter(self._offsets))
                del self._offsets[oldest], self._positions[oldest]
            self._offsets[segment], self._positions[segment] = [offset], [position]
        elif offset >= offsets[-1] + STEP:
            offsets.append(offset)
            self._positions[segment].append(position)

    def before(self, segment: tuple[int, int], position: int) -> int:
        """The offset of a frame that begins at or below `position`; 0 where none is known."""
        at = bisect_right(self._positions.get(segment, ()), position)
        return self._offsets[segment][at - 1] if at else 0

"""The event in hand: who dies of one three times gives it up untouched (data-path section 4)."""

from __future__ import annotations

import mmap
import os
import struct
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from pathlib import Path

_NOW = struct.Struct("<qq")
_LAST = struct.Struct("<qqq")
_SIZE = _NOW.size + _LAST.size
_EMPTY = b"\0" * _NOW.size


class Place(NamedTuple):
    lane: int
    position: int


class Holding(Protocol):
    """Told before a synchronous step with an event, and after it."""

    def hold(self, lane: int, position: int) -> None: ...
    def clear(self) -> None: ...


class _Nobody:
    def hold(self, lane: int, position: int) -> None:
        """Nobody looks."""

    def clear(self) -> None:
        """Nobody looked."""


NOBODY: Final[Holding] = _Nobody()


class InHand:
    """A few bytes that outlive the process: the event it works on, and who died of which.

    `poison` is the event that as many processes in a row died of as make it one, else None.
    """

    def __init__(self, path: Path, crashes: int) -> None:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(file, _SIZE)
            self._bytes = mmap.mmap(file, _SIZE)
        finally:
            os.close(file)
        self.poison = self._learn(crashes)
        self.clear()

    def _learn(self, most: int) -> Place | None:
        """What the predecessor left in hand, when it died in the middle of a step."""
        lane, position = _NOW.unpack_from(self._bytes, 0)
        before, at, crashes = _LAST.unpack_from(self._bytes, _NOW.size)
        if lane:
            crashes = crashes + 1 if (lane, position) == (before, at) else 1
            before, at = lane, position
            _LAST.pack_into(self._bytes, _NOW.size, lane, position, crashes)
        return Place(before, at) if crashes >= most else None

    def hold(self, lane: int, position: int) -> None:
        _NOW.pack_into(self._bytes, 0, lane, position)

    def clear(self) -> None:
        self._bytes[: _NOW.size] = _EMPTY

    def close(self) -> None:
        """An orderly end: nothing is in hand."""
        self.clear()
        self._bytes.close()

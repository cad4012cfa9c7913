"""Room on the disk for the ledger and `keep`, which must go on when it is full."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 8 * 1024 * 1024
LEAST = 1024 * 1024
"""Bytes without which nothing can be started: databases and locks need a little room."""


class Reserve:
    """A preallocated file, emptied when a tick finds the disk full (data-path section 3).

    An empty file says that the room was given away; no file, that there never was any. It is
    taken again, by anyone, once the disk has twice as much: so it never makes a disk full.
    """

    def __init__(self, path: Path, size: int = SIZE) -> None:
        self._path, self._size = path, size

    @property
    def is_held(self) -> bool:
        return self._taken() == self._size

    def make(self) -> bool:
        """Take the room, if there is enough; whether it is held now."""
        if self.is_held:
            return True
        if not self._has_room():
            return False
        try:
            self._allocate()
        except OSError:
            self.release()
            return False
        return True

    def release(self) -> bool:
        """Give the room to whoever writes next; False when there is none to give."""
        with contextlib.suppress(OSError):
            if self._taken():
                os.truncate(self._path, 0)
                return True
        return False

    def give_way(self) -> bool:
        """Give the room for a start, if the disk is so full that none would succeed."""
        return self._free() < LEAST and self.release()

    def is_spent(self) -> bool:
        """Whether the room was given away and the disk is still full.

        Then nobody but those it was given to may write: collection would use it up at once.
        """
        return self._taken() == 0 and not self._has_room()

    def _taken(self) -> int | None:
        """Bytes of the file, None where there is none; asked before every append."""
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return None

    def _has_room(self) -> bool:
        return self._free() >= 2 * self._size

    def _free(self) -> int:
        found = os.statvfs(self._path.parent)
        return found.f_bavail * found.f_frsize

    def _allocate(self) -> None:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(file, 0, self._size)
        finally:
            os.close(file)

"""Tells that a file, or something in a folder, has changed: the kernel's inotify."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MODIFY = 0x002
CLOSE_WRITE = 0x008
MOVED_TO = 0x080
CREATE = 0x100

_EVENT = struct.Struct("iIII")
"""`struct inotify_event` without its name: watch, mask, cookie, length of the name."""

_MOST = 64 * 1024


class Watch:
    """A descriptor that becomes readable when `path` changes in a way that `mask` names.

    Arm it first and read what it guards after that: then no change falls between. Raises
    OSError where inotify is not available or `path` is not there; the caller then polls.
    """

    def __init__(self, path: Path, mask: int = MODIFY | CLOSE_WRITE | MOVED_TO | CREATE) -> None:
        self._file = _call("inotify_init1", os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            _call("inotify_add_watch", self._file, os.fsencode(path), mask)
        except OSError as error:
            os.close(self._file)
            raise OSError(error.errno, error.strerror, str(path)) from None

    def fileno(self) -> int:
        return self._file

    def drain(self) -> int:
        """Forget what has been told so far; return the union of its masks, 0 for nothing."""
        seen = 0
        while told := self._read():
            seen |= _union(told)
        return seen

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _read(self) -> bytes:
        try:
            return os.read(self._file, _MOST)
        except BlockingIOError:
            return b""


def _union(told: bytes) -> int:
    seen = at = 0
    while at < len(told):
        _, mask, _, name = _EVENT.unpack_from(told, at)
        seen |= mask
        at += _EVENT.size + name
    return seen


def _call(name: str, *arguments: int | bytes) -> int:
    try:
        function = getattr(ctypes.CDLL(None, use_errno=True), name)
    except AttributeError:
        raise OSError(errno.ENOSYS, f"this system has no {name}") from None
    result = int(function(*arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result

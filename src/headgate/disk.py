"""The disk as the log sees it, so that a simulation can tear, lose and refuse writes."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, overload

from google_crc32c import value as crc32c

if TYPE_CHECKING:
    from pathlib import Path

_WORD = struct.Struct("<Q")


class Writing(Protocol):
    """A file that is only appended to."""

    def write(self, data: bytes) -> None:
        """Append all of `data`, or raise `OSError` with an unknown part of it written."""
        ...

    def sync(self) -> None:
        """Return once all that was written is on the medium."""
        ...

    def close(self) -> None: ...


class Reading(Protocol):
    """A file that is read at offsets."""

    def read(self, offset: int, size: int) -> bytes: ...
    def size(self) -> int: ...
    def identity(self) -> int:
        """Changes when another file takes this one's name."""
        ...

    def close(self) -> None: ...


class Mapped(Protocol):
    """The bytes of a file that nobody changes, fetched as they are touched and never held."""

    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, at: int, /) -> int: ...
    @overload
    def __getitem__(self, at: slice, /) -> bytes: ...
    def close(self) -> None: ...


class DamagedCell(ValueError):
    """A number of a small file that does not match its checksum."""


class Small(Protocol):
    """A small file that is written in place."""

    def read(self, offset: int, size: int) -> bytes: ...
    def write(self, offset: int, data: bytes) -> None:
        """Raises `OSError` with an unknown part of `data` written."""
        ...

    def sync(self) -> None: ...
    def close(self) -> None: ...


CELL = 16
"""Bytes of one place of a number: the number, and a checksum that knows the place."""


class Cells:
    """A small file of 8-byte numbers, each in two places: a write that fails spoils one at most.

    Without `sync` a power loss may bring back any number that was there before.
    """

    def __init__(self, file: Small, path: Path) -> None:
        self._file, self._path = file, path

    def get(self, index: int) -> int:
        """The number; 0 for one that was never put. Raises `DamagedCell`, which names the file."""
        try:
            return self._get(index)
        except DamagedCell:  # unless it was being put at this very moment
            return self._get(index)

    def _get(self, index: int) -> int:
        for place in (2 * index, 2 * index + 1):
            if (value := self._read(place)) is not None:
                return value
        raise DamagedCell(
            f"{self._path} does not match its checksum: start Headgate again, which finds anew"
            " what it said"
        )

    def put(self, index: int, value: int) -> None:
        """Raises `OSError`, and the number is still what it was."""
        first, second = 2 * index, 2 * index + 1
        before = self._read(first)
        if before is not None and before != self._read(second):
            self._write(second, before)
        self._write(first, value)
        with suppress(OSError):  # the number is told; the next put makes up for it
            self._write(second, value)

    def _read(self, place: int) -> int | None:
        return _decoded(self._file.read(place * CELL, CELL).ljust(CELL, b"\0"), place)

    def _write(self, place: int, value: int) -> None:
        self._file.write(place * CELL, _encoded(value, place))

    def sync(self) -> None:
        self._file.sync()

    def close(self) -> None:
        self._file.close()


def _encoded(value: int, place: int) -> bytes:
    number = _WORD.pack(value)
    return number + _WORD.pack(crc32c(number + _WORD.pack(place)) + 2)  # 1: files of one place


def _decoded(raw: bytes, place: int) -> int | None:
    if not raw.strip(b"\0"):
        return 0  # never put
    value = int(_WORD.unpack(raw[:8])[0])
    return value if _encoded(value, place) == raw else None


class Lock(Protocol):
    """Held until released, or until the process ends."""

    def release(self) -> None: ...


class Disk(Protocol):
    """The few operations that the log is built from."""

    def create(self, path: Path) -> Writing: ...
    def open(self, path: Path) -> Reading: ...
    def map(self, path: Path) -> Mapped:
        """Raises `ValueError` for an empty file."""
        ...

    def cells(self, path: Path, *, writable: bool) -> Cells: ...
    def names(self, folder: Path) -> list[str]: ...
    def replace(self, path: Path, name: Path) -> None: ...
    def unlink(self, path: Path) -> None: ...
    def sync_folder(self, folder: Path) -> None: ...
    def lock(self, path: Path) -> Lock:
        """Hold a file against every other process; raises `BlockingIOError` when it is held."""
        ...


_CLOSED = -1
"""No descriptor ever has it: a closed file must not reach the one that got its number."""


class _Descriptor:
    def __init__(self, number: int) -> None:
        self._number = number

    def close(self) -> None:
        number, self._number = self._number, _CLOSED
        if number != _CLOSED:
            os.close(number)


class _File(_Descriptor):
    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._number, view) :]

    def sync(self) -> None:
        os.fdatasync(self._number)

    def read(self, offset: int, size: int) -> bytes:
        return os.pread(self._number, size, offset)

    def size(self) -> int:
        return os.fstat(self._number).st_size

    def identity(self) -> int:
        return os.fstat(self._number).st_ino


class _Small(_Descriptor):
    def __init__(self, number: int, path: Path) -> None:
        super().__init__(number)
        self._path = path

    def read(self, offset: int, size: int) -> bytes:
        return os.pread(self._number, size, offset)

    def write(self, offset: int, data: bytes) -> None:
        if os.pwrite(self._number, data, offset) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))

    def sync(self) -> None:
        os.fdatasync(self._number)


class SystemDisk:
    """The machine's file system."""

    def create(self, path: Path) -> Writing:
        return _File(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))

    def open(self, path: Path) -> Reading:
        return _File(os.open(path, os.O_RDONLY | os.O_CLOEXEC))

    def map(self, path: Path) -> Mapped:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)

    def cells(self, path: Path, *, writable: bool) -> Cells:
        flags = os.O_RDWR | os.O_CREAT if writable else os.O_RDONLY
        return Cells(_Small(os.open(path, flags | os.O_CLOEXEC, 0o600), path), path)

    def names(self, folder: Path) -> list[str]:
        return sorted(path.name for path in folder.iterdir())

    def replace(self, path: Path, name: Path) -> None:
        path.replace(name)

    def unlink(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def sync_folder(self, folder: Path) -> None:
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(number)
        finally:
            os.close(number)

    def lock(self, path: Path) -> Lock:
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(number)
            raise
        return _Lock(number)


class _Lock(_Descriptor):
    def release(self) -> None:
        self.close()


def write_whole(disk: Disk, path: Path, data: bytes) -> None:
    """Replace a file so that a crash leaves the old one or the new one."""
    fresh = path.with_name(path.name + ".new")
    file = disk.create(fresh)
    try:
        file.write(data)
        file.sync()
    finally:
        file.close()
    disk.replace(fresh, path)
    disk.sync_folder(path.parent)


def read_whole(disk: Disk, path: Path) -> bytes:
    file = disk.open(path)
    try:
        return file.read(0, file.size())
    finally:
        file.close()

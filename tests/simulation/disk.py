"""A disk in memory that loses, tears and refuses what a real one may lose, tear and refuse."""

from __future__ import annotations

import copy
import errno
import os
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from headgate.disk import Cells

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from headgate.disk import Lock, Mapped, Reading, Writing


class Crash(BaseException):
    """The process ends here: no handler of its own may run on the disk any more."""


class Op(NamedTuple):
    """One change that a process asks for: the points at which it may die."""

    number: int
    kind: str
    path: Path


@dataclass
class File:
    """A file's bytes as every process sees them, and what of them survives a power loss."""

    cache: bytearray = field(default_factory=bytearray)
    durable: bytearray = field(default_factory=bytearray)
    unsynced: list[tuple[int, bytes]] = field(default_factory=list)

    def write(self, data: bytes) -> None:
        self.unsynced.append((len(self.cache), data))
        self.cache += data

    def sync(self) -> None:
        for write in self.unsynced:
            self.settle(*write)
        self.unsynced.clear()

    def forget(self) -> None:
        """A failed sync: the kernel calls the pages clean, and they never reach the medium."""
        self.unsynced.clear()

    def settle(self, offset: int, data: bytes) -> None:
        missing = offset + len(data) - len(self.durable)
        self.durable.extend(bytes(max(0, missing)))
        self.durable[offset : offset + len(data)] = data

    def after_power_loss(self, rng: Random, survival: float) -> File:
        """Each unsynced write is there, gone, or torn at any byte, whatever came before it."""
        for offset, data in self.unsynced:
            if rng.random() < survival:
                self.settle(offset, data[: rng.choice([len(data), rng.randrange(len(data) + 1)])])
        return File(bytearray(self.durable), self.durable)


@dataclass
class Small:
    """A file of cells: any version since the last sync may be what a power loss leaves."""

    versions: list[bytes] = field(default_factory=lambda: [b""])

    def sync(self) -> None:
        del self.versions[:-1]

    def after_power_loss(self, rng: Random, survival: float) -> Small:
        return Small([rng.choice(self.versions) if survival else self.versions[0]])


class Entry(NamedTuple):
    """A change of a folder: `path` now names `content` (None: nothing), `gone` names nothing."""

    path: Path
    content: File | Small | None
    gone: Path | None = None

    def apply(self, names: dict[Path, File | Small]) -> None:
        if self.gone is not None:
            names.pop(self.gone, None)
        if self.content is None:
            names.pop(self.path, None)
        else:
            names[self.path] = self.content


@dataclass
class Fault:
    """The `nth` operation of a kind, from now on, on a file whose name ends with `suffix`."""

    kind: str
    suffix: str
    nth: int
    code: int

    def strikes(self, kind: str, path: Path) -> bool:
        if kind != self.kind or not path.name.endswith(self.suffix):
            return False
        self.nth -= 1
        return self.nth == 0


class SimDisk:
    """`Disk` in memory. A process dies with `Crash`, `kill` or `power_loss`; then open anew.

    `before` is called ahead of each operation and may raise `Crash`: a write is then torn.
    """

    def __init__(self, seed: int = 0) -> None:
        self.before: Callable[[Op], None] | None = None
        self.operations = 0
        self.puts = 0
        """How often a cell has changed."""
        self.dead = False
        self._life = 0
        self._rng = Random(seed)  # noqa: S311 - a simulation must repeat itself
        self._names: dict[Path, File | Small] = {}
        self._durable: dict[Path, File | Small] = {}
        self._entries: list[Entry] = []
        self._locks: dict[Path, int] = {}
        self._faults: list[Fault] = []

    # What happens to it

    def fail(self, kind: str, nth: int = 1, code: int = errno.EIO, suffix: str = "") -> None:
        """Let an operation (create, write, sync, put, replace, unlink, sync_folder) fail once."""
        self._faults.append(Fault(kind, suffix, nth, code))

    def mend(self) -> None:
        """Forget the faults that were ordered and have not struck."""
        self._faults.clear()

    def kill(self) -> None:
        """Every process ends; what was written stays in the kernel's cache."""
        self.dead = False
        self.puts += 1
        self.before = None
        self._life += 1
        self._locks.clear()
        self.mend()

    def power_loss(self, rng: Random, survival: float = 0.5) -> None:
        """What was not synced is lost, in part or, with a `survival` of 0, altogether."""
        self.kill()
        for entry in self._entries:
            if rng.random() < survival:
                entry.apply(self._durable)
        fresh = {id(kept): kept.after_power_loss(rng, survival) for kept in self._all()}
        self._durable = {path: fresh[id(kept)] for path, kept in self._durable.items()}
        self._names = dict(self._durable)
        self._entries.clear()

    def write_back(self) -> None:
        """What the kernel does in quiet times: everything reaches the medium."""
        for entry in self._entries:
            entry.apply(self._durable)
        self._entries.clear()
        for kept in self._all():
            kept.sync()

    def _all(self) -> list[File | Small]:
        return list({id(kept): kept for kept in self._durable.values()}.values())

    def fork(self) -> SimDisk:
        """Another disk in the same state, to ask what a power loss would do now."""
        other = SimDisk()
        state = copy.deepcopy((self._names, self._durable, self._entries))
        other._names, other._durable, other._entries = state
        return other

    def flip(self, path: Path, offset: int, bit: int = 1) -> None:
        """Rot: change one bit in the cache and on the medium."""
        file = self._file(path)
        for content in (file.cache, file.durable):
            if offset < len(content):
                content[offset] ^= bit

    def cut(self, path: Path, size: int) -> None:
        """Rot: drop the end of a file."""
        file = self._file(path)
        for content in (file.cache, file.durable):
            del content[size:]

    def begin(self, kind: str, path: Path, life: int | None = None) -> None:
        """Count an operation; raise what was ordered for it."""
        if self.dead or (life is not None and life != self._life):
            raise Crash
        self.operations += 1
        try:
            if self.before is not None:
                self.before(Op(self.operations, kind, path))
        except Crash:
            self.dead = True
            raise
        for fault in self._faults:
            if fault.strikes(kind, path):
                self._faults.remove(fault)
                raise OSError(fault.code, os.strerror(fault.code), str(path))

    def write(
        self,
        kind: str,
        path: Path,
        life: int,
        data: bytes,
        take: Callable[[bytes], None],
        most: int | None = None,
    ) -> None:
        """Let `take` have all of `data`, or, when it fails, some of its first `most` bytes."""
        is_alive = not self.dead and life == self._life
        try:
            self.begin(kind, path, life)
        except (Crash, OSError):
            if is_alive:
                take(self.torn(data[:most]))
            raise
        take(bytes(data))

    # The port

    def create(self, path: Path) -> Writing:
        self.begin("create", path)
        self._enter(Entry(path, file := File()))
        return SimWriting(self, path, file)

    def open(self, path: Path) -> Reading:
        return SimReading(self._file(path))

    def map(self, path: Path) -> Mapped:
        content = bytes(self._file(path).cache)
        if not content:
            raise ValueError("cannot map an empty file")
        return Pages(content)

    def cells(self, path: Path, *, writable: bool) -> Cells:
        if path not in self._names and writable:
            self._enter(Entry(path, Small()))
        small = self._names.get(path)
        if not isinstance(small, Small):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return Cells(SimSmall(self, path, small), path)

    def names(self, folder: Path) -> list[str]:
        prefix = f"{folder}/"
        return sorted(
            str(path)[len(prefix) :] for path in self._names if str(path).startswith(prefix)
        )

    def replace(self, path: Path, name: Path) -> None:
        self.begin("replace", name)
        self._enter(Entry(name, self._file(path), gone=path))

    def unlink(self, path: Path) -> None:
        self.begin("unlink", path)
        self._enter(Entry(path, None))

    def sync_folder(self, folder: Path) -> None:
        self.begin("sync_folder", folder)
        for entry in self._entries:
            if entry.path.parent == folder:
                entry.apply(self._durable)
        self._entries = [entry for entry in self._entries if entry.path.parent != folder]

    def lock(self, path: Path) -> Lock:
        if path in self._locks:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN), str(path))
        self._locks[path] = self._life
        return SimLock(self._locks, path)

    def _enter(self, entry: Entry) -> None:
        entry.apply(self._names)
        self._entries.append(entry)

    def _file(self, path: Path) -> File:
        file = self._names.get(path)
        if not isinstance(file, File):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return file

    @property
    def life(self) -> int:
        return self._life

    def torn(self, data: bytes) -> bytes:
        return data[: self._rng.randrange(len(data) + 1)]


class SimWriting:
    """A file handle of one process life."""

    def __init__(self, disk: SimDisk, path: Path, file: File) -> None:
        self._disk, self._path, self._file, self._life = disk, path, file, disk.life

    def write(self, data: bytes) -> None:
        self._disk.write("write", self._path, self._life, data, self._file.write)

    def sync(self) -> None:
        try:
            self._disk.begin("sync", self._path, self._life)
        except OSError:
            self._file.forget()
            raise
        self._file.sync()

    def close(self) -> None: ...


class SimReading:
    def __init__(self, file: File) -> None:
        self._file = file

    def read(self, offset: int, size: int) -> bytes:
        return bytes(self._file.cache[offset : offset + max(0, size)])

    def size(self) -> int:
        return len(self._file.cache)

    def identity(self) -> int:
        return id(self._file)

    def close(self) -> None: ...


class SimSmall:
    def __init__(self, disk: SimDisk, path: Path, small: Small) -> None:
        self._disk, self._path, self._small, self._life = disk, path, small, disk.life

    def read(self, offset: int, size: int) -> bytes:
        return self._small.versions[-1][offset : offset + size]

    def write(self, offset: int, data: bytes) -> None:
        """Never torn near its end: so few bytes that were all written would not have failed."""
        change, most = partial(self._change, offset), len(data) // 2
        self._disk.write("put", self._path, self._life, data, change, most)

    def _change(self, offset: int, data: bytes) -> None:
        content = self._small.versions[-1].ljust(offset + len(data), b"\0")
        self._disk.puts += 1
        self._small.versions.append(content[:offset] + data + content[offset + len(data) :])

    def sync(self) -> None:
        self._disk.begin("sync", self._path, self._life)
        self._small.sync()

    def close(self) -> None: ...


class SimLock:
    def __init__(self, locks: dict[Path, int], path: Path) -> None:
        self._locks, self._path, self._life = locks, path, locks[path]

    def release(self) -> None:
        if self._locks.get(self._path) == self._life:
            del self._locks[self._path]


class Pages(bytes):
    """A mapped file."""

    __slots__ = ()

    def close(self) -> None: ...

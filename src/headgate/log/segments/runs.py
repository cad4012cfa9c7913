"""Id runs: sorted keys of sealed segments, one index for deduplication and for trace."""

from __future__ import annotations

import struct
from bisect import bisect_left
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING

import msgspec
from google_crc32c import extend, value

from headgate.log.errors import Damaged
from headgate.log.keys import PREFIX
from headgate.log.keys import SIZE as KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from headgate.disk import Disk, Mapped

SUFFIX = ".ids"
ROW = KEY + 4
_MAGIC = b"HGIDRUN\x01"
_SIZES = struct.Struct("<8sII")
_CRC = struct.Struct("<I")
_ROWS_AT_ONCE = 50_000
_CHUNK = 4 * 1024 * 1024
_ITERATED = 4096 * ROW
_BITS_PER_ID = 16
_SMALLEST_FILTER = 1024


class RunHeader(msgspec.Struct, frozen=True):
    """`segments` lists (first position, number of its first frame in this run)."""

    rows: int
    filter_bytes: int
    segments: tuple[tuple[int, int], ...]


def rows_of(frames: Iterable[tuple[int, bytes]]) -> list[bytes]:
    """Sorted 16-byte rows (key, frame number) from (frame number, keys of a frame)."""
    rows = [
        keys[at : at + KEY] + tail
        for number, keys in frames
        for tail in (number.to_bytes(4, "big"),)
        for at in range(0, len(keys), KEY)
    ]
    rows.sort()
    return rows


def write_run(
    disk: Disk,
    path: Path,
    rows: Iterable[bytes],
    count: int,
    segments: tuple[tuple[int, int], ...],
) -> None:
    """Write a run of `count` rows whole: header, rows, filter, checksum of both.

    Rows are taken piece by piece, because a merged run may not fit into memory as objects. The
    file takes its name when it is complete: one that is mapped never changes.
    """
    fresh = path.with_name(path.name + ".new")
    file = disk.create(fresh)
    try:
        for piece in _pieces(rows, count, segments):
            file.write(piece)
        file.sync()
    finally:
        file.close()
    disk.replace(fresh, path)
    disk.sync_folder(path.parent)


def _pieces(
    rows: Iterable[bytes], count: int, segments: tuple[tuple[int, int], ...]
) -> Iterator[bytes]:
    sieve = bytearray(_filter_bytes(count))
    header = msgspec.msgpack.encode(RunHeader(count, len(sieve), segments))
    yield _SIZES.pack(_MAGIC, len(header), value(header)) + header
    source, crc = iter(rows), 0
    while piece := list(islice(source, _ROWS_AT_ONCE)):
        _sift(sieve, piece)
        joined = b"".join(piece)
        crc = extend(crc, joined)
        yield joined
    yield bytes(sieve) + _CRC.pack(extend(crc, bytes(sieve)))


def _filter_bytes(count: int) -> int:
    """A Bloom filter with four probes and a power of two of bits, 2 to 4 bytes an id."""
    size = _SMALLEST_FILTER
    while size * 8 < count * _BITS_PER_ID:
        size *= 2
    return size


def _sift(sieve: bytearray, rows: list[bytes]) -> None:
    mask = len(sieve) - 1
    for row in rows:
        for probe in _probes(int.from_bytes(row[:PREFIX], "big")):
            sieve[(probe >> 3) & mask] |= 1 << (probe & 7)


def _probes(prefix: int) -> tuple[int, int, int, int]:
    return prefix, prefix >> 15, prefix >> 29, prefix >> 37


class IdRun:
    """A run opened for look-ups; its pages are mapped, never held."""

    def __init__(self, disk: Disk, path: Path) -> None:
        """Raises `Damaged`, or `FileNotFoundError`."""
        try:
            self._map = disk.map(path)
        except ValueError:
            raise Damaged(f"{path.name} is empty: delete it and it is made again") from None
        header = _header_of(self._map)
        if header is None:
            self._map.close()
            raise Damaged(f"{path.name} is not a whole id run: delete it and it is made again")
        self.header, self._rows = header
        self._sieve = self._rows + self.header.rows * ROW
        self._mask = self.header.filter_bytes - 1

    def is_sound(self) -> bool:
        """Whether rows and filter match their checksum; it reads the whole file."""
        crc, end = 0, self._sieve + self.header.filter_bytes
        for at in range(self._rows, end, _CHUNK):
            crc = extend(crc, self._map[at : min(at + _CHUNK, end)])
        return self._map[end:] == _CRC.pack(crc)

    def __len__(self) -> int:
        return self.header.rows

    def __getitem__(self, index: int) -> bytes:
        at = self._rows + index * ROW
        return self._map[at : at + ROW]

    def __iter__(self) -> Iterator[bytes]:
        for start in range(self._rows, self._sieve, _ITERATED):
            chunk = self._map[start : min(start + _ITERATED, self._sieve)]
            for at in range(0, len(chunk), ROW):
                yield chunk[at : at + ROW]

    def may_hold(self, prefix: int) -> bool:
        """False means no; `prefix` is the first 8 bytes of a key as a number."""
        sieve, mask, at = self._map, self._mask, self._sieve
        return all(sieve[at + ((p >> 3) & mask)] & (1 << (p & 7)) for p in _probes(prefix))

    def holds(self, key: bytes) -> bool:
        """Whether a 12-byte key is in the run."""
        if not self.may_hold(int.from_bytes(key[:PREFIX], "big")):
            return False
        at = bisect_left(self, key)
        return at < len(self) and self[at][:KEY] == key

    def frames(self, prefix: bytes) -> Iterator[tuple[int, int]]:
        """(segment, frame number in it) for each row whose key starts with 8 bytes."""
        for index in range(bisect_left(self, prefix), len(self)):
            row = self[index]
            if row[:PREFIX] != prefix:
                return
            yield self._place(int.from_bytes(row[KEY:], "big"))

    def _place(self, number: int) -> tuple[int, int]:
        first, base = max(
            (pair for pair in self.header.segments if pair[1] <= number), key=lambda pair: pair[1]
        )
        return first, number - base

    def close(self) -> None:
        self._map.close()


def _header_of(content: Mapped) -> tuple[RunHeader, int] | None:
    """The header and where the rows begin; None unless the file has just the size it tells."""
    start = content[: _SIZES.size]
    if len(start) < _SIZES.size:
        return None
    magic, size, crc = _SIZES.unpack(start)
    raw = content[_SIZES.size : _SIZES.size + size]
    if magic != _MAGIC or value(raw) != crc:
        return None
    header = msgspec.msgpack.decode(raw, type=RunHeader)
    rows = _SIZES.size + size
    whole = rows + header.rows * ROW + header.filter_bytes + _CRC.size
    return (header, rows) if len(content) == whole else None


def merged(runs: Sequence[IdRun]) -> tuple[Iterator[bytes], int, tuple[tuple[int, int], ...]]:
    """Rows, their number and segments of several runs as one, frame numbers counted on.

    Each segment begins at a number of its own, even one that has no rows: a segment of tallies.
    """
    segments: list[tuple[int, int]] = []
    shifted: list[Iterable[bytes]] = []
    base = 0
    for run in runs:
        segments += [(first, start + base) for first, start in run.header.segments]
        shifted.append(_shift(run, base))
        last = int.from_bytes(max((row[KEY:] for row in run), default=b""), "big")
        base += 1 + max([last, *(start for _, start in run.header.segments)])
    return merge(*shifted), sum(map(len, runs)), tuple(segments)


def _shift(run: IdRun, base: int) -> Iterator[bytes]:
    for row in run:
        yield row[:KEY] + (int.from_bytes(row[KEY:], "big") + base).to_bytes(4, "big")


def sound_run(disk: Disk, path: Path) -> IdRun:
    """Open a run all of whose bytes are what was written; raises `Damaged`, `FileNotFoundError`."""
    run = IdRun(disk, path)
    if not run.is_sound():
        run.close()
        raise Damaged(f"{path.name}: rows that do not match their checksum")
    return run

"""Id runs: sorted keys of sealed segments, one index for deduplication and for trace."""

from __future__ import annotations

import mmap
import struct
from bisect import bisect_left
from heapq import merge
from typing import TYPE_CHECKING

import msgspec
from google_crc32c import value

from headgate.disk import write_whole
from headgate.log.errors import Damaged
from headgate.log.keys import PREFIX
from headgate.log.keys import SIZE as KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from headgate.disk import Disk

SUFFIX = ".ids"
ROW = KEY + 4
_MAGIC = b"HGIDRUN\x01"
_SIZES = struct.Struct("<8sII")
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
    disk: Disk, path: Path, rows: Sequence[bytes], segments: tuple[tuple[int, int], ...]
) -> None:
    """Write a run whole: header, rows, filter."""
    sieve = _filter(rows)
    header = msgspec.msgpack.encode(RunHeader(len(rows), len(sieve), segments))
    start = _SIZES.pack(_MAGIC, len(header), value(header)) + header
    write_whole(disk, path, b"".join([start, *rows, sieve]))


def _filter(rows: Sequence[bytes]) -> bytes:
    """A Bloom filter with four probes and a power of two of bits, 2 to 4 bytes an id."""
    size = _SMALLEST_FILTER
    while size * 8 < len(rows) * _BITS_PER_ID:
        size *= 2
    sieve = bytearray(size)
    for row in rows:
        for probe in _probes(int.from_bytes(row[:PREFIX], "big")):
            sieve[(probe >> 3) & (size - 1)] |= 1 << (probe & 7)
    return bytes(sieve)


def _probes(prefix: int) -> tuple[int, int, int, int]:
    return prefix, prefix >> 15, prefix >> 29, prefix >> 37


class IdRun:
    """A run opened for look-ups; its pages are mapped, never held."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        magic, size, crc = _SIZES.unpack_from(self._map)
        raw = self._map[_SIZES.size : _SIZES.size + size]
        if magic != _MAGIC or value(raw) != crc:
            raise Damaged(f"{path.name} is not a whole id run: delete it and it is made again")
        self.header = msgspec.msgpack.decode(raw, type=RunHeader)
        self._rows = _SIZES.size + size
        self._sieve = self._rows + self.header.rows * ROW
        self._mask = self.header.filter_bytes - 1

    def __len__(self) -> int:
        return self.header.rows

    def __getitem__(self, index: int) -> bytes:
        at = self._rows + index * ROW
        return self._map[at : at + ROW]

    def __iter__(self) -> Iterator[bytes]:
        return (self[index] for index in range(len(self)))

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


def merged(runs: Sequence[IdRun]) -> tuple[list[bytes], tuple[tuple[int, int], ...]]:
    """The rows and segments of several runs as one, frame numbers counted on."""
    segments: list[tuple[int, int]] = []
    shifted: list[Iterable[bytes]] = []
    base = 0
    for run in runs:
        segments += [(first, start + base) for first, start in run.header.segments]
        shifted.append(_shift(run, base))
        base += 1 + max((int.from_bytes(row[KEY:], "big") for row in run), default=0)
    return list(merge(*shifted)), tuple(segments)


def _shift(run: IdRun, base: int) -> Iterator[bytes]:
    for row in run:
        yield row[:KEY] + (int.from_bytes(row[KEY:], "big") + base).to_bytes(4, "big")

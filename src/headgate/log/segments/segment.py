"""A segment file: its header, its name, and walking the frames in it."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from google_crc32c import value

from headgate.log.errors import Damaged
from headgate.log.port import Position
from headgate.log.segments import frame
from headgate.log.segments.frame import (
    Header,
    SegmentFrame,
    decode_header,
    header_around,
    header_size,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from headgate.disk import Disk, Reading

MAGIC = b"HEADGATE"
SUFFIX = ".seg"
SALT = 16
_FIXED = struct.Struct("<8sHHI16sQQQQI")
_SOURCE = struct.Struct("<IQQ")
_CRC = struct.Struct("<I")
_VERSION = 1
_CHUNK = 1024 * 1024
_AHEAD = 64 * 1024


class SegmentHeader(NamedTuple):
    """What the first bytes of a segment say; nobody reads `previous` past `previous_length`.

    It stands there twice: without it no frame can be told from garbage, and one flipped bit must
    not cost a segment. `totals` are cumulative from the beginning of the log up to this segment:
    source number -> (events that are not duplicates, duplicates).
    """

    partition: int
    salt: bytes
    first: Position
    created_at: int
    previous: int
    previous_length: int
    totals: Mapping[int, tuple[int, int]]
    size: int = 0
    """Bytes that both copies take: the offset of the first frame."""

    @property
    def salt_crc(self) -> int:
        return int(value(self.salt))


def path_of(folder: Path, first: int) -> Path:
    """Named by its first position, so that sorting names sorts positions."""
    return folder / f"{first:019d}{SUFFIX}"


def firsts(names: list[str], suffix: str = SUFFIX) -> list[int]:
    """The first positions that a folder's names tell, of segments or sidecars, ascending."""
    stems = [name[: -len(suffix)] for name in names if name.endswith(suffix)]
    return sorted(int(stem) for stem in stems if stem.isdecimal())


def encode_segment_header(header: SegmentHeader) -> bytes:
    rows = b"".join(_SOURCE.pack(number, *both) for number, both in header.totals.items())
    fixed = _FIXED.pack(
        MAGIC,
        _VERSION,
        header.partition,
        _FIXED.size + len(rows) + _CRC.size,
        header.salt,
        header.first,
        header.created_at,
        header.previous,
        header.previous_length,
        len(header.totals),
    )
    return (fixed + rows + _CRC.pack(value(fixed + rows))) * 2


def read_segment_header(file: Reading) -> SegmentHeader:
    """Raises `Damaged` when both copies are torn, foreign or do not match their checksum."""
    try:
        return parse_segment_header(file.read(0, _FIXED.size), file.read)
    except Damaged as damage:
        start = file.read(0, _CHUNK)
        at = start.find(MAGIC, 1)
        while at >= 0:
            header = _second_copy(start, at)
            if header is not None:
                return header
            at = start.find(MAGIC, at + 1)
        raise damage from None


def _second_copy(start: bytes, at: int) -> SegmentHeader | None:
    try:
        header = parse_segment_header(
            start[at : at + _FIXED.size], lambda offset, size: start[at + offset :][:size]
        )
    except Damaged:
        return None
    return header if header.size == 2 * at else None


def parse_segment_header(start: bytes, read: Callable[[int, int], bytes]) -> SegmentHeader:
    """One copy; `start` holds its first bytes and `read` gives bytes at an offset from there."""
    fixed = start[: _FIXED.size]
    if len(fixed) < _FIXED.size or fixed[:8] != MAGIC:
        raise Damaged("a segment file without a segment header")
    (_, version, partition, size, salt, first, created, previous, length, count) = _FIXED.unpack(
        fixed
    )
    if size != _FIXED.size + count * _SOURCE.size + _CRC.size:
        raise Damaged("a segment header with an impossible length")
    raw = read(0, size)
    if len(raw) < size or _CRC.unpack(raw[-_CRC.size :])[0] != value(raw[: -_CRC.size]):
        raise Damaged("a segment header that does not match its checksum")
    if version != _VERSION:
        raise Damaged(f"a segment of format {version}; this program reads format {_VERSION}")
    rows = _SOURCE.iter_unpack(raw[_FIXED.size : -_CRC.size])
    return SegmentHeader(
        partition,
        salt,
        Position(first),
        created,
        previous,
        length,
        {number: (events, duplicates) for number, events, duplicates in rows},
        2 * size,
    )


class Segment:
    """An open segment file and its header."""

    def __init__(self, disk: Disk, path: Path) -> None:
        self._file = disk.open(path)
        try:
            self.header = read_segment_header(self._file)
        except Damaged:
            self._file.close()
            raise
        self.first = self.header.first
        self.start = self.header.size
        """Offset of the first frame."""
        self._salt_crc = self.header.salt_crc

    def size(self) -> int:
        return self._file.size()

    def identity(self) -> int:
        return self._file.identity()

    def close(self) -> None:
        self._file.close()

    def header_at(
        self, offset: int, limit: int, read: Callable[[int, int], bytes] | None = None
    ) -> Header | None:
        """The frame header at an offset; None at the end or where no whole valid one stands."""
        read = read or self._file.read
        prefix = read(offset, min(frame.PREFIX, limit - offset))
        try:
            header = decode_header(read(offset, header_size(prefix)), self._salt_crc)
        except Damaged:
            return None
        return header if offset + header.size <= limit else None

    def frame_at(self, offset: int, limit: int) -> SegmentFrame | None:
        header = self.header_at(offset, limit)
        if header is None:
            return None
        return SegmentFrame(header, self._file.read(offset + len(header.raw), header.body_size))

    def next_frame(self, offset: int, limit: int) -> int | None:
        """Resynchronise: the offset of the next valid frame header at or after `offset`."""
        while offset < limit:
            chunk = self._file.read(offset, min(_CHUNK, limit - offset))
            at = chunk.find(frame.MAGIC)
            while at >= 0:
                if self.header_at(offset + at, limit) is not None:
                    return offset + at
                at = chunk.find(frame.MAGIC, at + 1)
            step = len(chunk) - len(frame.MAGIC) + 1
            if step <= 0 or len(chunk) < _CHUNK:
                return None
            offset += step
        return None

    def headers(self, limit: int | None = None) -> Iterator[tuple[int, Header]]:
        """(offset, header) of each valid frame below `limit`, damaged stretches left out."""
        end = self.size() if limit is None else limit
        offset, ahead = self.start, _Ahead(self._file)
        while offset < end:
            header = self.header_at(offset, end, ahead.read)
            if header is None:
                found = self.next_frame(offset + 1, end)
                if found is None:
                    return
                offset = found
                continue
            yield offset, header
            offset += header.size

    def holding(self, key: bytes, limit: int) -> Iterator[tuple[int, Header]]:
        """The same of those frames in whose header a key stands, or the beginning of one.

        The bytes are searched, and only what is found is decoded; what a body may hold by chance
        is in no header, and is passed over.
        """
        start = told = self.start
        while start < limit:
            content = self._file.read(start, min(_CHUNK, limit - start))
            for hit in _hits(content, key):
                found = self._around(start + hit, len(key)) if start + hit >= told else None
                if found is not None and found[0] + found[1].size <= limit:
                    yield found
                    told = found[0] + len(found[1].raw)
            if len(content) < len(key) or start + len(content) >= limit:
                return
            start += len(content) - len(key) + 1

    def _around(self, at: int, size: int) -> tuple[int, Header] | None:
        base = max(self.start, at - frame.MAX_HEADER)
        content = self._file.read(base, at - base + frame.MAX_HEADER)
        found = header_around(content, at - base, at - base + size, self._salt_crc)
        return None if found is None else (base + found[0], found[1])

    def frames(self, offset: int, limit: int) -> Iterator[tuple[int, SegmentFrame]]:
        """(offset after it, frame) from an offset, read in large pieces."""
        buffer, base = b"", offset
        while offset < limit:
            at = offset - base
            if len(buffer) - at < frame.MAX_HEADER + frame.MAX_BODY and base + len(buffer) < limit:
                buffer, base = self._file.read(offset, min(_CHUNK * 2, limit - offset)), offset
                at = 0
            parsed = _frame_in(buffer, at, self._salt_crc)
            if parsed is None:
                found = self.next_frame(offset + 1, limit)
                if found is None:
                    return
                offset = found
                continue
            offset += parsed.size
            yield offset, parsed


def _hits(content: bytes, key: bytes) -> Iterator[int]:
    at = content.find(key)
    while at >= 0:
        yield at
        at = content.find(key, at + 1)


class _Ahead:
    """Reads forward in larger pieces, because headers of small frames stand close together."""

    def __init__(self, file: Reading) -> None:
        self._file = file
        self._buffer, self._base = b"", 0

    def read(self, offset: int, size: int) -> bytes:
        at = offset - self._base
        if at < 0 or at + size > len(self._buffer):
            self._buffer, self._base = self._file.read(offset, max(size, _AHEAD)), offset
            at = 0
        return self._buffer[at : at + size]


def _frame_in(buffer: bytes, at: int, salt_crc: int) -> SegmentFrame | None:
    try:
        size = header_size(buffer[at : at + frame.PREFIX])
        header = decode_header(buffer[at : at + size], salt_crc)
    except Damaged:
        return None
    body = buffer[at + size : at + size + header.body_size]
    return SegmentFrame(header, body) if len(body) == header.body_size else None

"""Files beside a sealed segment: its headers, and the hashes of whom it is about."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from google_crc32c import value

from headgate.disk import read_whole, write_whole
from headgate.log.errors import Damaged
from headgate.log.keys import SUBJECT
from headgate.log.segments.frame import (
    PREFIX,
    Header,
    decode_header,
    header_around,
    header_size,
)
from headgate.log.segments.segment import (
    SegmentHeader,
    encode_segment_header,
    parse_segment_header,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from headgate.disk import Disk

HEADERS = ".hdr"
SUBJECTS = ".sub"
_MAGIC = b"HGHDRS\x00\x02"
_FIXED = struct.Struct("<8sI")
_OFFSET = struct.Struct("<Q")
_CRC = struct.Struct("<I")


def headers_path(folder: Path, first: int) -> Path:
    return folder / f"{first:019d}{HEADERS}"


def subjects_path(folder: Path, first: int) -> Path:
    return folder / f"{first:019d}{SUBJECTS}"


class HeaderSidecar:
    """The segment header of a sealed segment and the headers of its frames, without any body.

    It outlives the segment for the window of duplicates, so that counting and finding still work.
    """

    def __init__(self, header: SegmentHeader, raw: bytes, start: int) -> None:
        self.header = header
        self._raw, self._start, self._salt_crc = raw, start, header.salt_crc

    def frames(self) -> Iterator[tuple[int, Header]]:
        """(offset in the segment, header) of each frame, in order."""
        at = self._start
        while at < len(self._raw):
            start = at + _OFFSET.size
            size = header_size(self._raw[start : start + PREFIX])
            header = decode_header(self._raw[start : start + size], self._salt_crc)
            yield int(_OFFSET.unpack_from(self._raw, at)[0]), header
            at = start + size

    def holding(self, key: bytes) -> Iterator[tuple[int, Header]]:
        """The same of those frames in whose header a key stands, or the beginning of one.

        Headers hold keys as they are, so the bytes are searched and nothing else is decoded.
        """
        hit = self._raw.find(key, self._start)
        while hit >= 0:
            found = header_around(self._raw, hit, hit + len(key), self._salt_crc)
            after = hit + 1
            if found is not None:
                at, header = found
                yield int(_OFFSET.unpack_from(self._raw, at - _OFFSET.size)[0]), header
                after = at + len(header.raw)
            hit = self._raw.find(key, after)


def write_headers(
    disk: Disk, path: Path, header: SegmentHeader, frames: Iterable[tuple[int, bytes]]
) -> None:
    """The segment header and all raw frame headers, each behind its offset in the segment."""
    rows = b"".join(_OFFSET.pack(offset) + raw for offset, raw in frames)
    content = encode_segment_header(header) + rows
    write_whole(disk, path, _FIXED.pack(_MAGIC, value(content)) + content)


def read_headers(disk: Disk, path: Path) -> HeaderSidecar:
    """Raises `Damaged`, or `FileNotFoundError`."""
    raw = read_whole(disk, path)
    if len(raw) < _FIXED.size or raw[:8] != _MAGIC:
        raise Damaged(f"{path.name} is not a header sidecar: delete it and it is made again")
    if _FIXED.unpack_from(raw)[1] != value(raw[_FIXED.size :]):
        raise Damaged(f"{path.name} does not match its checksum: delete it and it is made again")
    start = raw[_FIXED.size :]
    header = parse_segment_header(start, lambda offset, size: start[offset : offset + size])
    return HeaderSidecar(header, raw, _FIXED.size + header.size)


def write_subjects(disk: Disk, path: Path, hashes: set[bytes]) -> None:
    rows = b"".join(sorted(hashes))
    write_whole(disk, path, _CRC.pack(value(rows)) + rows)


def read_subjects(disk: Disk, path: Path) -> frozenset[bytes]:
    """Raises `Damaged`: an erasure must then look into the segment itself."""
    whole = read_whole(disk, path)
    raw = whole[_CRC.size :]
    if whole[: _CRC.size] != _CRC.pack(value(raw)):
        raise Damaged(f"{path.name} does not match its checksum: delete it and it is made again")
    return frozenset(raw[at : at + SUBJECT] for at in range(0, len(raw), SUBJECT))

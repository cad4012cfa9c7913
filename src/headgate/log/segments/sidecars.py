"""Files beside a sealed segment: its headers, and the hashes of whom it is about."""

from __future__ import annotations

import struct
from hashlib import blake2b
from typing import TYPE_CHECKING

from google_crc32c import value

from headgate.disk import read_whole, write_whole
from headgate.log.errors import Damaged
from headgate.log.segments.frame import PREFIX, Header, decode_header, header_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from headgate.disk import Disk

HEADERS = ".hdr"
SUBJECTS = ".sub"
_MAGIC = b"HGHDRS\x00\x01"
_FIXED = struct.Struct("<8sII")
_OFFSET = struct.Struct("<Q")
_SUBJECT = 8


def write_headers(
    disk: Disk, path: Path, frames: Iterable[tuple[int, Header]], salt_crc: int
) -> None:
    """All frame headers of a segment, each behind its offset in the segment file."""
    rows = b"".join(_OFFSET.pack(offset) + header.raw for offset, header in frames)
    write_whole(disk, path, _FIXED.pack(_MAGIC, salt_crc, value(rows)) + rows)


def read_headers(disk: Disk, path: Path) -> Iterator[tuple[int, Header]]:
    """(offset, header) of each frame, in order; raises `Damaged`."""
    raw = read_whole(disk, path)
    if len(raw) < _FIXED.size or raw[:8] != _MAGIC:
        raise Damaged(f"{path.name} is not a header sidecar: delete it and it is made again")
    _, salt_crc, crc = _FIXED.unpack_from(raw)
    if value(raw[_FIXED.size :]) != crc:
        raise Damaged(f"{path.name} does not match its checksum: delete it and it is made again")
    return _walk(raw, salt_crc)


def _walk(raw: bytes, salt_crc: int) -> Iterator[tuple[int, Header]]:
    at = _FIXED.size
    while at < len(raw):
        (offset,) = _OFFSET.unpack_from(raw, at)
        at += _OFFSET.size
        size = header_size(raw[at : at + PREFIX])
        yield offset, decode_header(raw[at : at + size], salt_crc)
        at += size


def subject_hash(secret: bytes, source: int, identity: str) -> bytes:
    """8 bytes for a userId or anonymousId of a source, keyed like message keys."""
    return blake2b(f"{source}\0{identity}".encode(), key=secret, digest_size=_SUBJECT).digest()


def write_subjects(disk: Disk, path: Path, hashes: set[bytes]) -> None:
    write_whole(disk, path, b"".join(sorted(hashes)))


def read_subjects(disk: Disk, path: Path) -> frozenset[bytes]:
    raw = read_whole(disk, path)
    return frozenset(raw[at : at + _SUBJECT] for at in range(0, len(raw), _SUBJECT))

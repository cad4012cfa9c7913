"""The frames that hold a key are found in the bytes of a segment as by decoding every header."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from headgate.log.port import FrameKind, Position
from headgate.log.segments import segment as segments
from headgate.log.segments.frame import MAGIC, Header, Judged, encode_header
from headgate.log.segments.segment import Segment, SegmentHeader, encode_segment_header
from headgate.log.segments.sidecars import read_headers, write_headers
from tests.harness.fixtures import rng, tell
from tests.simulation.disk import SimDisk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

__all__ = ["rng"]

PATH, SIDECAR = Path("/log/1.seg"), Path("/log/1.hdr")
HEADER = SegmentHeader(0, b"a salt of 16 byt", Position(1), 5, 0, 0, {})
KEYS = [bytes([n]) * 12 for n in range(1, 9)]
PREFIX = 8
CHUNK = 64
"""Bytes that are read at once: less than a frame, so that keys are cut apart by the edges."""


class Written(NamedTuple):
    disk: SimDisk
    headers: list[tuple[int, Header]]
    segment: Segment


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "_CHUNK", CHUNK)


def body(rng: Random) -> bytes:
    """What a client may write into its events: keys, and what frames begin with."""
    parts = [rng.choice([*KEYS, MAGIC, MAGIC * 3, b"x" * 40]) for _ in range(rng.randint(0, 5))]
    return b"".join(parts)


def written(rng: Random, frames: int = 60) -> Written:
    content = encode_segment_header(HEADER)
    first = int(HEADER.first)
    for _ in range(frames):
        count = rng.randint(1, 6)
        keys = b"".join(rng.choice(KEYS) for _ in range(count))
        sources = tuple(rng.choice([3, 4]) for _ in range(count))
        judged = Judged(FrameKind.EVENTS, 0, first, 7, 6, 6, sources, bytes(count), keys)
        inside = body(rng)
        content += encode_header(judged, inside, HEADER.salt_crc)[0] + inside
        first += count
    disk = SimDisk()
    disk.create(PATH).write(content)
    segment = Segment(disk, PATH)
    headers = [*segment.headers()]
    assert len(headers) == frames
    write_headers(disk, SIDECAR, HEADER, ((offset, header.raw) for offset, header in headers))
    return Written(disk, headers, segment)


def decoded(of: Written, key: bytes) -> Iterator[tuple[int, Header]]:
    """As it would be found without searching."""
    for offset, header in of.headers:
        if any(header.keys[at:].startswith(key) for at in range(0, len(header.keys), 12)):
            yield offset, header


def test_searching_finds_what_decoding_finds(rng: Random) -> None:
    found = 0
    for _ in range(5):
        of = written(rng)
        sidecar = read_headers(of.disk, SIDECAR)
        for key in [*(key[:PREFIX] for key in KEYS), *KEYS, b"never in it!"]:
            expected = [*decoded(of, key)]
            assert [*of.segment.holding(key, of.segment.size())] == expected
            assert [*sidecar.holding(key)] == expected
            found += len(expected)
    tell(f"{found} frames found")
    assert found


def test_a_frame_that_is_cut_off_is_not_found(rng: Random) -> None:
    of = written(rng, frames=10)
    offset, header = of.headers[-1]
    key = header.keys[:PREFIX]
    whole, short = of.segment.size(), of.segment.size() - 1
    assert (offset, header) in [*of.segment.holding(key, whole)]
    assert (offset, header) not in [*of.segment.holding(key, short)]


def test_a_header_with_a_flipped_bit_is_not_found(rng: Random) -> None:
    of = written(rng, frames=10)
    offset, header = of.headers[4]
    key = header.keys[:PREFIX]
    before = [*of.segment.holding(key, of.segment.size())]
    of.disk.flip(PATH, offset + rng.randrange(12, 40))
    after = [*of.segment.holding(key, of.segment.size())]
    assert (offset, header) in before
    assert [each for each in before if each[0] != offset] == after

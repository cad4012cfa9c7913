"""Every kind of byte that a log keeps in its segments, to be flipped one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from headgate.log.port import Stored
from headgate.log.segments.frame import PREFIX
from headgate.log.segments.log import SegmentLog
from headgate.log.segments.segment import Segment
from tests.contracts.event_logs import SegmentBench, frames_of
from tests.simulation.disk import SimDisk
from tests.simulation.site import Asking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

    from headgate.log.segments.frame import Header

FIELDS = (
    ("magic", 0, 4),
    ("header length", 4, 8),
    ("body length", 8, 12),
    ("kind and counts", 12, 20),
    ("first position", 20, 28),
    ("times", 28, 52),
    ("body checksum", 52, PREFIX),
)
"""The parts of a frame's header that stand at the same place in every frame."""


class Part(NamedTuple):
    """Some bytes of one kind in a file; `positions` are those of the frame they belong to."""

    kind: str
    path: Path
    start: int
    stop: int
    positions: range


def disk_of(bench: SegmentBench) -> SimDisk:
    assert isinstance(bench.disk, SimDisk)
    return bench.disk


async def stored(bench: SegmentBench, disk: SimDisk) -> list[Stored]:
    """All events, as a process reads them that has just started."""
    reader = SegmentLog(disk, bench.folder, Asking())
    return [event for frame in await frames_of(reader) for event in frame.events()]


def parts_of(bench: SegmentBench) -> Iterator[Part]:
    for path in bench.paths():
        segment = Segment(bench.disk, path)
        yield Part("segment header", path, 0, segment.start, range(0))
        for offset, header in segment.headers():
            places = range(header.first, header.next)
            for kind, start, stop in spans(header):
                if stop > start:
                    yield Part(kind, path, offset + start, offset + stop, places)
        segment.close()


def spans(header: Header) -> Iterator[tuple[str, int, int]]:
    """(kind, start, stop) of every part of a frame, without a gap."""
    yield from FIELDS
    keys, crc = len(header.raw) - 4 - len(header.keys), len(header.raw) - 4
    owners = keys - len(header.owners)
    verdicts = owners - len(header.verdicts)
    yield "sources", PREFIX, verdicts
    yield "verdicts", verdicts, owners
    yield "owners", owners, keys
    yield "keys", keys, crc
    yield "header checksum", crc, len(header.raw)
    yield "body", len(header.raw), header.size


def chosen(parts: list[Part], count: int, rng: Random) -> list[tuple[Part, int]]:
    """So many bytes, as many of each kind; `count` 0 means every single one."""
    if not count:
        return [(part, at) for part in parts for at in range(part.start, part.stop)]
    by_kind: dict[str, list[Part]] = {}
    for part in parts:
        by_kind.setdefault(part.kind, []).append(part)
    some = [rng.choice(list(by_kind.values())[at % len(by_kind)]) for at in range(count)]
    return [(part, rng.randrange(part.start, part.stop)) for part in some]


def check_contained(part: Part, before: list[Stored], after: list[Stored]) -> int:
    """Nothing of any other frame has changed, nothing of this one is shown as if it were whole."""
    others = [event for event in before if event.position not in part.positions]
    assert [event for event in after if event.position not in part.positions] == others
    hurt = [event for event in after if event.position in part.positions]
    assert all(event.record is None for event in hurt), f"{part} was shown: {hurt}"
    return len(part.positions)

"""What an appender finds when it opens the log: where it ends, after whatever crash."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from headgate.log.errors import Damaged
from headgate.log.port import Position
from headgate.log.segments.appender import Standing
from headgate.log.segments.chain import Chain
from headgate.log.segments.counting import add
from headgate.log.segments.frame import Header, Judged, SegmentFrame, encode_header
from headgate.log.segments.manifest import load_manifest
from headgate.log.segments.reading import ACTIVE, HEAD
from headgate.log.segments.segment import (
    SALT,
    Segment,
    SegmentHeader,
    encode_segment_header,
    path_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.disk import Cells, Disk
    from headgate.log.segments.dedup import Seen


def recover(disk: Disk, folder: Path, cells: Cells, seen: Seen, partition: int) -> Standing:
    """Settle the end of the log and learn the keys that no id run covers.

    Frames beyond the published end may have been acknowledged (power loss can lose the last
    writes to `head`), or may be leftovers of a failed sync: the valid ones are copied to a new
    segment and synced there, because the kernel may call pages clean that are not on disk.
    """
    _remove_torn(disk, folder)
    chain = Chain(disk, folder)
    try:
        standing = _settle(disk, folder, chain, cells, partition)
        _learn(disk, folder, seen)
    finally:
        chain.close()
    return standing


def _remove_torn(disk: Disk, folder: Path) -> None:
    """Drop newest files that never became segments: nothing in them was acknowledged."""
    for name in disk.names(folder):
        if name.endswith(".new"):
            disk.unlink(folder / name)
    chain = Chain(disk, folder)
    for first in reversed(chain.firsts):
        try:
            chain.segment(first)
        except Damaged:
            disk.unlink(path_of(folder, first))
            disk.sync_folder(folder)
            continue
        break
    chain.close()


def _settle(disk: Disk, folder: Path, chain: Chain, cells: Cells, partition: int) -> Standing:
    head = cells.get(HEAD)
    if not chain.firsts:
        return Standing(end=head)
    segment = chain.segment(chain.firsts[-1])
    standing, tail = _walk(segment, max(head, segment.first))
    standing.end = max(standing.end, head)
    if tail:
        _copy(disk, folder, segment, standing, tail, partition)
    elif standing.length == segment.start and standing.end == segment.first:
        _forget_empty(disk, folder, segment, standing)
    cells.put(ACTIVE, standing.last)
    cells.put(HEAD, standing.end)
    return standing


def _walk(segment: Segment, head: int) -> tuple[Standing, list[SegmentFrame]]:
    """Where the published part of the last segment ends, and the valid frames beyond it."""
    header = segment.header
    standing = Standing(head, segment.first, segment.start, dict(header.totals), header.created_at)
    tail = []
    for after, frame in segment.frames(segment.start, segment.size()):
        if frame.next <= head:
            add(standing.totals, frame.header.sources)
            standing.length, standing.appended_at = after, frame.appended_at
        elif not frame.damaged:
            tail.append(frame)
        else:
            break
    return standing, tail


def _copy(
    disk: Disk,
    folder: Path,
    segment: Segment,
    standing: Standing,
    tail: list[SegmentFrame],
    partition: int,
) -> None:
    """Write the tail to a segment of its own; it takes the old one's name if that held no more."""
    whole = standing.length == segment.start and tail[0].first == segment.first
    header = SegmentHeader(
        partition,
        os.urandom(SALT),
        Position(tail[0].first),
        tail[0].appended_at,
        segment.header.previous if whole else segment.first,
        segment.header.previous_length if whole else standing.length,
        dict(standing.totals),
    )
    encoded = encode_segment_header(header)
    parts = [encoded, *(_moved(frame, header.salt_crc) for frame in tail)]
    path = path_of(folder, header.first)
    fresh = path.with_name(path.name + ".new")
    file = disk.create(fresh)
    file.write(b"".join(parts))
    file.sync()
    file.close()
    disk.replace(fresh, path)
    disk.sync_folder(folder)
    standing.last, standing.length = header.first, sum(map(len, parts))
    standing.end, standing.appended_at = tail[-1].next, tail[-1].appended_at
    for frame in tail:
        add(standing.totals, frame.header.sources)


def _moved(frame: SegmentFrame, salt_crc: int) -> bytes:
    """The frame as it stands in another segment: same positions, other salt."""
    head, _ = encode_header(_judged(frame.header), frame.body, salt_crc)
    return head + frame.body


def _judged(header: Header) -> Judged:
    sources = tuple(header.owner(index) for index in range(header.events))
    return Judged(
        header.kind,
        header.partition,
        header.first,
        header.appended_at,
        header.received_min,
        header.received_max,
        sources,
        header.verdicts,
        header.keys,
    )


def _forget_empty(disk: Disk, folder: Path, segment: Segment, standing: Standing) -> None:
    """A segment that never held a frame gives its name back."""
    standing.last, standing.length = segment.header.previous, segment.header.previous_length
    disk.unlink(path_of(folder, segment.first))
    disk.sync_folder(folder)


def _learn(disk: Disk, folder: Path, seen: Seen) -> None:
    covered = load_manifest(disk, folder).covered
    chain = Chain(disk, folder)
    for first in chain.firsts:
        if first not in covered:
            for _, header in chain.segment(first).headers(chain.limit(first)):
                seen.remember(first, header.keys)
    chain.close()

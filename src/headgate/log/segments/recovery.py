"""What an appender finds when it opens the log: where it ends, after whatever crash."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from headgate.disk import DamagedCell
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
    SUFFIX,
    Segment,
    SegmentHeader,
    encode_segment_header,
    path_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from headgate.disk import Cells, Disk
    from headgate.log.segments.dedup import Seen

DAMAGED = ".damaged"
"""Behind the name of a segment that held something once and cannot be read any more."""


def recover(
    disk: Disk, folder: Path, cells: Cells, seen: Seen, settled: Collection[int], partition: int
) -> Standing:
    """Settle the end of the log and learn the keys of the segments that are not `settled`.

    Frames beyond the published end may have been acknowledged (power loss can lose the last
    writes to `head`), or may be leftovers of a failed sync: the valid ones are copied to a new
    segment and synced there, because the kernel may call pages clean that are not on disk.
    """
    head = _published(cells)
    _clear(disk, folder, head)
    chain = Chain(disk, folder)
    if head is None:  # then the last segment is taken as one that was not published at all
        head = chain.firsts[-1] if chain.firsts else 0
    try:
        standing, learned = _settle(disk, folder, chain, cells, head, seen, partition)
    finally:
        chain.close()
    _learn(disk, folder, seen, {*settled, *learned}, standing.end)
    return standing


def _published(cells: Cells) -> int | None:
    """The durable end that was told last; None where a bit of it has flipped."""
    try:
        return cells.get(HEAD)
    except DamagedCell:
        return None


def _clear(disk: Disk, folder: Path, head: int | None) -> None:
    """Drop files that never became part of the log: nothing in them was acknowledged.

    These are unfinished copies, newest files with a torn header or without the segment that they
    follow, and what lies between the newest segment and that one. A published segment that cannot
    be read is set aside.
    """
    for name in disk.names(folder):
        if name.endswith(SUFFIX + ".new"):
            disk.unlink(folder / name)
    chain = Chain(disk, folder)
    for first in reversed(chain.firsts):
        path = path_of(folder, first)
        try:
            previous = chain.segment(first).header.previous
        except Damaged:
            if head is None or first < head:
                disk.replace(path, path.with_name(path.name + DAMAGED))
            else:
                disk.unlink(path)
            continue
        if first >= (head or 0) and not _is_known(disk, folder, chain, previous):
            disk.unlink(path)
            continue
        for dead in [other for other in chain.firsts if previous < other < first]:
            disk.unlink(path_of(folder, dead))
        break
    chain.close()
    disk.sync_folder(folder)


def _is_known(disk: Disk, folder: Path, chain: Chain, first: int) -> bool:
    """Whether a segment is there or has been: one that it never was is followed by no events.

    Of two dead segments a power loss may bring back the second alone, whose duplicates may be
    copies of events in the first.
    """
    if first == 0 or first in chain.known():
        return True
    manifest = load_manifest(disk, folder)
    aside = path_of(folder, first).name + DAMAGED
    return first < manifest.window or first in manifest.firsts or aside in disk.names(folder)


def _settle(
    disk: Disk, folder: Path, chain: Chain, cells: Cells, head: int, seen: Seen, partition: int
) -> tuple[Standing, set[int]]:
    """The end, published; and the segments whose keys were learned on the way."""
    learned: set[int] = set()
    standing = Standing(end=head)
    if chain.firsts:
        segment = chain.segment(chain.firsts[-1])
        limit = segment.size()
        while _holds_nothing(segment, limit, head):
            _remove(disk, folder, segment)
            chain.refresh()
            if segment.header.previous not in chain.firsts:
                return _publish(cells, _before(segment)), learned
            limit = segment.header.previous_length
            segment = chain.segment(segment.header.previous)
        standing, tail = _walk(segment, limit, head, seen)
        if tail:
            _copy(disk, folder, segment, standing, tail, partition)
            for frame in tail:
                seen.remember(standing.last, frame.header.keys)
        learned = {segment.first, standing.last}
    return _publish(cells, standing), learned


def _publish(cells: Cells, standing: Standing) -> Standing:
    cells.put(ACTIVE, standing.last)
    cells.put(HEAD, standing.end)
    cells.sync()  # an end for which no frame stands must survive: lanes may have noted it
    return standing


def _holds_nothing(segment: Segment, limit: int, head: int) -> bool:
    """Whether it never held a frame that counts; it must not hide where its predecessor ends."""
    tail = _tail(segment, segment.start, limit, segment.first)
    return head <= segment.first and next(tail, None) is None


def _remove(disk: Disk, folder: Path, segment: Segment) -> None:
    disk.unlink(path_of(folder, segment.first))
    disk.sync_folder(folder)


def _before(segment: Segment) -> Standing:
    """Where the log ends before a segment whose predecessor cannot be read."""
    header = segment.header
    return Standing(
        header.first,
        header.previous,
        header.previous_length,
        dict(header.totals),
        header.created_at,
    )


def _walk(
    segment: Segment, limit: int, head: int, seen: Seen
) -> tuple[Standing, list[SegmentFrame]]:
    """Where the published part of the last segment ends, and the valid frames beyond it.

    It may have 250,000 frames, so it is walked once, by headers alone, and its keys are learned.
    """
    header = segment.header
    end = max(head, segment.first)
    standing = Standing(end, segment.first, segment.start, dict(header.totals), header.created_at)
    for offset, frame in segment.headers(limit):
        if frame.next > end:
            break
        add(standing.totals, frame.sources)
        seen.remember(segment.first, frame.keys)
        standing.length, standing.appended_at = offset + frame.size, frame.appended_at
    return standing, list(_tail(segment, standing.length, limit, end))


def _tail(segment: Segment, offset: int, limit: int, end: int) -> Iterator[SegmentFrame]:
    """The valid frames that follow each other from `end`, the published one, to the first gap.

    A frame behind a gap may hold a copy that was judged a duplicate of one that is lost: kept, it
    would leave the message without a live copy.
    """
    for _, frame in segment.frames(offset, limit):
        if frame.next > end:
            if frame.damaged or frame.first != end:
                return
            yield frame
            end = frame.next


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
    try:
        file.write(b"".join(parts))
        file.sync()
    finally:
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


def _learn(disk: Disk, folder: Path, seen: Seen, settled: Collection[int], end: int) -> None:
    """Only what lies below the end counts: behind a gap there may be frames of nobody."""
    chain = Chain(disk, folder)
    for first in chain.known():
        if first not in settled:
            try:
                for _, header in chain.headers(first)[1]:
                    if header.next <= end:
                        seen.remember(first, header.keys)
            except (Damaged, FileNotFoundError):
                continue
    chain.close()

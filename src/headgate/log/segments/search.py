"""Finding every stored copy of a message, through id runs and through headers without a run."""

from __future__ import annotations

from bisect import bisect_left
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from headgate.log.errors import Damaged
from headgate.log.keys import PREFIX
from headgate.log.keys import SIZE as KEY
from headgate.log.port import Found, FrameKind, Position, Span, Verdict
from headgate.log.segments.counting import created
from headgate.log.segments.frame import SegmentFrame
from headgate.log.segments.manifest import load_manifest
from headgate.log.segments.runs import IdRun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headgate.disk import Disk
    from headgate.log.keys import Keys
    from headgate.log.segments.chain import Chain
    from headgate.log.segments.frame import Header


def find_copies(
    disk: Disk, folder: Path, chain: Chain, keys: Keys, message_id: str, head: int
) -> list[Found]:
    """Copies below `head` in every source, in the order of the log.

    `head` must have been read before `chain` was listed: then nothing that is not durable counts.
    """
    prefix = keys.of(0, message_id)[:PREFIX]
    hit, indexed = _in_runs(disk, folder, prefix)
    segments = [first for first in chain.known() if first in hit or first not in indexed]
    copies = [copy for first in segments for copy in _in_segment(chain, first, prefix)]
    return sorted(
        (copy for copy in copies if copy.position < head and _is(copy, message_id)),
        key=lambda copy: copy.position,
    )


def _is(copy: Found, message_id: str) -> bool:
    stored = copy.stored
    return stored is None or stored.record is None or stored.record.message_id == message_id


def _in_runs(disk: Disk, folder: Path, prefix: bytes) -> tuple[set[int], set[int]]:
    """The segments that hold it, and those that the runs speak for; one that is gone is mute."""
    hit: set[int] = set()
    indexed: set[int] = set()
    for entry in load_manifest(disk, folder).runs:
        try:
            run = IdRun(disk, folder / entry.name)
        except (FileNotFoundError, Damaged):
            continue
        indexed.update(entry.segments)
        if run.may_hold(int.from_bytes(prefix, "big")):
            hit.update(first for first, _ in run.frames(prefix))
        run.close()
    return hit, indexed


def _in_segment(chain: Chain, first: int, prefix: bytes) -> Iterator[Found]:
    try:
        found = [*chain.holding(first, prefix)]
    except (Damaged, FileNotFoundError):
        return
    for offset, header in found:
        yield from _of_frame(chain, first, offset, header, prefix)


def _of_frame(
    chain: Chain, first: int, offset: int, header: Header, prefix: bytes
) -> Iterator[Found]:
    frame = _frame(chain, first, offset)
    for index in range(header.events):
        if header.keys[index * KEY : index * KEY + PREFIX] == prefix:
            stored = frame.events()[index] if frame is not None else None
            record = stored.record if stored is not None else None
            yield Found(
                header.partition,
                Position(header.first + index),
                header.owner(index),
                Verdict(header.verdicts[index]),
                header.received_max if record is None else record.received_at,
                stored,
            )


def _frame(chain: Chain, first: int, offset: int) -> SegmentFrame | None:
    """The frame itself, where the segment's body is still kept."""
    try:
        return chain.segment(first).frame_at(offset, chain.limit(first))
    except (FileNotFoundError, Damaged):
        return None


def first_since(chain: Chain, appended_ms: int, head: int) -> Position:
    """The first place below `head` appended at or after a time; `head` when there is none.

    No frame of a segment is younger than its successor, so the older segments are not opened.
    """
    at = bisect_left(chain.firsts, appended_ms, key=partial(created, chain))
    for first in chain.firsts[max(at - 1, 0) :]:
        try:
            for _, header in chain.headers(first)[1]:
                if header.next <= head and header.appended_at >= appended_ms:
                    return header.first
        except (Damaged, FileNotFoundError):
            continue
    return Position(head)


def received_between(chain: Chain, since_ms: int, until_ms: int, floor: int, head: int) -> Span:
    """From the first frame to the last between `floor` and `head` that may hold such an event.

    Clocks are set back, so what was received early may have been appended late: all headers count.
    """
    start = stop = head
    for first in chain.firsts:
        for header in _kept(chain, first):
            if (
                header.kind is FrameKind.EVENTS
                and floor < header.next <= head
                and header.received_max >= since_ms
                and header.received_min < until_ms
            ):
                start, stop = min(start, header.first), header.next
    return Span(Position(max(start, floor)), Position(stop))


def last_events(chain: Chain, source: int, events: int, floor: int, head: int) -> Position:
    """Where the last `events` of a source between `floor` and `head` begin, at the latest."""
    start = head
    for first in reversed(chain.firsts):
        for header in reversed([each for each in _kept(chain, first) if each.next <= head]):
            if events <= 0 or header.next <= floor:
                return Position(max(start, floor))
            start = header.first
            events -= sum(live for number, live, _ in header.sources if number == source)
    return Position(max(start, floor))


def _kept(chain: Chain, first: int) -> Iterator[Header]:
    """The headers of a segment, as far as they can be read."""
    with suppress(Damaged, FileNotFoundError):
        for _, header in chain.headers(first)[1]:
            yield header

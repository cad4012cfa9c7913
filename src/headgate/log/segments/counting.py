"""Counting events between two positions from headers alone."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from headgate.log.errors import Damaged, Trimmed
from headgate.log.port import Counts, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from headgate.log.segments.chain import Chain
    from headgate.log.segments.frame import Header
    from headgate.log.segments.segment import SegmentHeader

Totals = dict[int, tuple[int, int]]
"""Source number -> (events that are not duplicates, duplicates), from the beginning of the log."""


def totals_before(chain: Chain, position: int) -> Totals:
    """Cumulative counts of all that lies below `position`; raises `Trimmed`.

    N(a, b) is the difference of two of these: segment headers carry the totals before them, so
    only one segment is walked, or the headers that `keep` left of one whose body was dropped.
    """
    if position <= 0:
        return {}
    known = chain.known()
    for first in reversed(known[: bisect_right(known, position)]):
        try:
            header, frames = chain.headers(first)
        except (Damaged, FileNotFoundError):
            continue
        return _walked(header, frames, position)
    return _before_all(chain, known)


def totals_at(chain: Chain, times: Sequence[int], head: int) -> Iterator[Totals]:
    """Totals before the first frame appended at or after each time, ascending; below `head`.

    A segment in which several of them lie is walked once, and one in which none lies not at all.
    """
    left, at = deque(times), -1
    while left:
        at = max(at + 1, bisect_left(chain.firsts, left[0], key=partial(created, chain)) - 1)
        if at >= len(chain.firsts) or chain.firsts[at] >= head:
            break
        with suppress(Damaged, FileNotFoundError):
            yield from _passed(*chain.headers(chain.firsts[at]), left, head)
    if left:
        totals = totals_before(chain, head)
        yield from (dict(totals) for _ in left)


def _passed(
    header: SegmentHeader, frames: Iterable[tuple[int, Header]], left: deque[int], head: int
) -> Iterator[Totals]:
    """Totals at the times that lie before a frame of a segment, which are taken off `left`."""
    totals = dict(header.totals)
    for _, frame in frames:
        if frame.next > head:
            return
        while left and frame.appended_at >= left[0]:
            left.popleft()
            yield dict(totals)
        if not left:
            return
        add(totals, frame.sources)


def created(chain: Chain, first: int) -> int:
    """When a segment was begun, in milliseconds; one that cannot be read counts as old."""
    try:
        return chain.segment(first).header.created_at
    except (Damaged, FileNotFoundError):
        return 0


def _walked(header: SegmentHeader, frames: Iterable[tuple[int, Header]], position: int) -> Totals:
    totals = dict(header.totals)
    for _, frame in frames:
        if frame.first >= position:
            break
        add(totals, counted(frame, position))
    return totals


def _before_all(chain: Chain, known: list[int]) -> Totals:
    """The start of the log counts nothing; a place of which nothing is kept cannot be counted."""
    for first in known:
        try:
            header, _ = chain.headers(first)
        except (Damaged, FileNotFoundError):
            continue
        if header.totals:
            raise Trimmed(first)
        break
    return {}


def counted(frame: Header, stop: int) -> Iterable[tuple[int, int, int]]:
    """(source, events, duplicates) of the part of a frame below `stop`."""
    if frame.next <= stop:
        return frame.sources
    rows: dict[int, list[int]] = {}
    for index in range(stop - frame.first):
        row = rows.setdefault(frame.owner(index), [0, 0])
        row[frame.verdicts[index] == Verdict.DUPLICATE] += 1
    return [(source, events, duplicates) for source, (events, duplicates) in rows.items()]


def add(totals: Totals, rows: Iterable[tuple[int, int, int]]) -> None:
    for source, events, duplicates in rows:
        before = totals.get(source, (0, 0))
        totals[source] = (before[0] + events, before[1] + duplicates)


def between(source: int, low: Totals, high: Totals) -> Counts:
    start, stop = low.get(source, (0, 0)), high.get(source, (0, 0))
    return Counts(stop[0] - start[0], stop[1] - start[1])

"""Counting events between two positions from headers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.log.errors import Damaged, Trimmed
from headgate.log.port import Counts, Verdict
from headgate.log.segments.sidecars import HEADERS, read_headers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from headgate.disk import Disk
    from headgate.log.segments.chain import Chain
    from headgate.log.segments.frame import Header

Totals = dict[int, tuple[int, int]]
"""Source number -> (events that are not duplicates, duplicates), from the beginning of the log."""


def totals_before(disk: Disk, folder: Path, chain: Chain, position: int) -> Totals:
    """Cumulative counts of all that lies below `position`; raises `Trimmed`.

    N(a, b) is the difference of two of these: segment headers carry the totals before them, so
    only one segment is walked.
    """
    first = chain.holding(position)
    if first is None:
        if not chain.firsts:
            return {}
        if position and position < chain.firsts[0]:
            totals = dict(chain.segment(chain.firsts[0]).header.totals)
            if totals:
                raise Trimmed(chain.firsts[0])
        return {}
    try:
        header = chain.segment(first).header
    except Damaged:
        return totals_before(disk, folder, chain, first - 1)
    totals = dict(header.totals)
    for frame in _headers(disk, folder, chain, first):
        if frame.first >= position:
            break
        add(totals, counted(frame, position))
    return totals


def _headers(disk: Disk, folder: Path, chain: Chain, first: int) -> Iterator[Header]:
    sidecar = folder / f"{first:019d}{HEADERS}"
    try:
        return (header for _, header in read_headers(disk, sidecar))
    except (FileNotFoundError, Damaged):
        return (header for _, header in chain.segment(first).headers(chain.limit(first)))


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

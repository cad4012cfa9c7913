"""What the log holds, in figures: `headgate log stat`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from headgate.log.errors import Damaged
from headgate.log.segments.chain import Chain
from headgate.log.segments.counting import totals_before
from headgate.log.segments.manifest import Rejected, load_manifest
from headgate.log.segments.reading import HEAD
from headgate.log.segments.survey import add_rejected, survey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headgate.disk import Disk
    from headgate.log.segments.manifest import Sealed


@dataclass(frozen=True)
class LogStatistics:
    """The figures of contract section 5, all of them below the durable end.

    `segments` and `bytes` tell what is kept now; events, duplicates, rejections and quarantined
    frames are counted from the beginning of the log. `rejected` is source number -> code -> count.
    """

    head: int
    floor: int
    segments: int = 0
    bytes: int = 0
    events: int = 0
    duplicates: int = 0
    quarantined_frames: int = 0
    rejected: Rejected = field(default_factory=dict)


def log_statistics(disk: Disk, folder: Path) -> LogStatistics:
    """Figures of a log that may be running, stopped or empty; nothing is changed."""
    head, floor = _cell(disk, folder / "head", HEAD), _cell(disk, folder / "floor", 0)
    chain = Chain(disk, folder)
    try:
        manifest = load_manifest(disk, folder)
        sealed = manifest.firsts
        unsealed = list(_surveyed(chain, [at for at in chain.firsts if at not in sealed], head))
        totals = totals_before(chain, head)
    finally:
        chain.close()
    everything = [*manifest.segments, *unsealed]
    kept = [segment for segment in everything if segment.kept]
    rejected: Rejected = {}
    for codes in (manifest.gone_rejected, *(segment.rejected for segment in everything)):
        add_rejected(rejected, codes)
    return LogStatistics(
        head,
        floor,
        len(kept),
        sum(segment.length for segment in kept),
        sum(events for events, _ in totals.values()),
        sum(duplicates for _, duplicates in totals.values()),
        manifest.gone_quarantined + sum(segment.quarantined for segment in everything),
        rejected,
    )


def _surveyed(chain: Chain, firsts: list[int], head: int) -> Iterator[Sealed]:
    for first in firsts:
        if first < head:
            successor = chain.after(first)
            grows = successor is None or successor >= head
            try:
                segment, limit = chain.segment(first), chain.limit(first)
            except (Damaged, FileNotFoundError):
                continue
            yield survey(segment, limit, head if grows else None)


def _cell(disk: Disk, path: Path, index: int) -> int:
    try:
        cells = disk.cells(path, writable=False)
    except FileNotFoundError:
        return 0
    try:
        return cells.get(index)
    finally:
        cells.close()

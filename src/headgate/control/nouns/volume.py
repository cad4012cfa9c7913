"""Volume: how many events the sources of a workspace have received."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from headgate.control.errors import Invalid, Problem
from headgate.control.observing.receipts import receipts
from headgate.control.observing.windows import OVERVIEW, Window, window
from headgate.store.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headgate.control.observing.windows import Asked
    from headgate.control.work import Work
    from headgate.store.records import SourceRecord

SOURCE = "source"


class Received(NamedTuple):
    """Of one source, or of all together; `series` as of a group of metrics."""

    source: SourceRecord | None
    total: int
    series: tuple[tuple[int, int], ...]


class Volume(NamedTuple):
    """By the number of the source; sources that received nothing are there, too."""

    window: Window
    received: list[Received]


def volume(
    work: Work, asked: Asked, group_by: Sequence[str] = (), sources: Sequence[str] = ()
) -> Volume:
    """Of these sources, by id, or of all that the actor may see.

    Raises Missing, Invalid or Forbidden.
    """
    work.check_somewhere("read", "source")
    chosen = _chosen(work, sources)
    if unknown := [each for each in group_by if each != SOURCE]:
        told = f"{', '.join(unknown)}: what is received is counted by {SOURCE} alone"
        raise Invalid([Problem("groupBy", told)])
    span = window(OVERVIEW, work.now, asked)
    periods = receipts(work, span.edges, "startTime")
    if SOURCE in group_by:
        return Volume(span, [_received(span, periods, [each], each) for each in chosen])
    return Volume(span, [_received(span, periods, chosen, None)])


def _chosen(work: Work, sources: Sequence[str]) -> list[SourceRecord]:
    if sources:
        named = {each: work.source(each) for each in sources}
        return sorted(named.values(), key=lambda each: each.number)
    found = Sources(work.transaction, work.workspace.id).all()
    return [each for each in found if work.may_see(each)]


def _received(
    span: Window,
    periods: Sequence[Mapping[int, int]],
    chosen: Sequence[SourceRecord],
    source: SourceRecord | None,
) -> Received:
    sums = Counter[int]()
    for at, counts in zip(span.edges, periods, strict=False):
        sums[at] += sum(counts.get(each.number, 0) for each in chosen)
    series = tuple((at, n) for at, n in sorted(sums.items()) if n)
    return Received(source, sum(sums.values()), series)

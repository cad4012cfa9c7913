"""How many events were received, by source and period: counted from the headers of the log."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from headgate.clock import iso
from headgate.control.errors import Invalid, Problem, Refused
from headgate.log.port import Position

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headgate.control.work import Work
    from headgate.log.port import Counts, EventLog


def receipts(work: Work, edges: Sequence[int], field: str) -> list[Mapping[int, int]]:
    """As `received`, for a use case. Raises Invalid about `field`, which says where edges begin."""
    log = log_of(work)

    async def ask() -> list[Mapping[int, int]]:
        await check_kept(log, edges[0], field)
        return await received(log, edges)

    return work.premises.run(ask())


def log_of(work: Work) -> EventLog:
    """Raises Refused where there is none."""
    if work.premises.log is None:
        raise Refused("there is no log here to count in")
    return work.premises.log


async def received(log: EventLog, edges: Sequence[int]) -> list[Mapping[int, int]]:
    """Source number -> events, for each period between two edges, in ms since 1970.

    An event counts when the log took it, and a message once, however often it was sent.
    """
    sums = [_events(each) for each in await log.sums(0, edges)]
    return [high - low for low, high in pairwise(sums)]


def _events(sums: Mapping[int, Counts]) -> Counter[int]:
    return Counter({source: counts.events for source, counts in sums.items()})


async def check_kept(log: EventLog, since: int, field: str) -> None:
    """Raise Invalid about `field` where the log no longer tells what it took in since then."""
    floor = (await log.floors())[0]
    if not floor:
        return
    oldest = await _appended_at(log, Position(max(floor, (await log.at(0))[0])))
    if oldest is None or since <= oldest:
        told = "tells nothing of the past" if oldest is None else f"goes back to {iso(oldest)}"
        raise Invalid([Problem(field, f"what is kept of the log {told}: begin later")])


async def _appended_at(log: EventLog, place: Position) -> int | None:
    """When the first frame from a place on was taken in."""
    frames = log.read(0, place)
    first = await anext(frames, None)
    return None if first is None else first.appended_at

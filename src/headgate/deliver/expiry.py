"""Retention as a lane sees it: closing what will be trimmed, copying what is still needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headgate.deliver.events import Event
from headgate.deliver.retry_policy import Next
from headgate.deliver.unsent import take_below
from headgate.log.port import Position, Record

if TYPE_CHECKING:
    from headgate.deliver.feed import Feed
    from headgate.deliver.lane import Lane
    from headgate.deliver.ticks import Ticks
    from headgate.ledger.port import Ledger
    from headgate.log.port import EventLog

EXPIRED = "expired"


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """An event as the ledger keeps it once the log does not."""

    record: Record
    defaults: bytes | None


def restored(position: int, kept: bytes, source_id: str) -> Event:
    """The event of a copy that `acknowledge` made."""
    copy = msgspec.msgpack.decode(kept, type=Kept)
    return Event(position, copy.record, copy.defaults, source_id)


async def acknowledge(
    lane: Lane, floor: int, log: EventLog, ledger: Ledger, feed: Feed, ticks: Ticks
) -> bool:
    """Let the log drop what lies below `floor` (data-path section 1, retention).

    Events of the lane that are still ahead there are closed as discarded(expired), and so is what
    was claimed and never sent; the records of parked ones and dead letters are copied into the
    ledger. All of it and the acknowledgement go into one tick. False while something below is
    under way, or is parked by a tick that is not committed yet and so in no row that could be
    copied: then try again later.
    """
    if lane.is_expiring:  # somebody skips it
        return False
    lane.is_expiring = True
    try:
        if not ticks.commit_now():
            return False
        expire(lane, floor, ticks)
        if lane.is_sending_below(floor):
            return False
        copies = await _copies(lane, floor, ledger, feed)
        expired = await ahead(lane, floor, log)
    finally:
        lane.is_expiring = False
    ticks.now.records.extend(copies)
    if expired:
        ticks.now.tally(lane.id, "discarded", EXPIRED, expired)
    lane.acknowledge(floor)
    ticks.dirty(lane)
    return True


def expire(lane: Lane, floor: int, ticks: Ticks) -> None:
    """End what was claimed and waits to be sent: by now its event is as old as the log keeps."""
    for unsent in take_below(lane, floor):
        owed = lane.owed(unsent.position)
        step = Next("discarded", EXPIRED, unsent.tries)
        lane.end(owed, unsent.subscription, step, ticks.now, is_parked=False)
        ticks.dirty(lane)


async def _copies(
    lane: Lane, floor: int, ledger: Ledger, feed: Feed
) -> list[tuple[bytes, int, int, int]]:
    copies = []
    for position in ledger.unrecorded(lane.id, 0, floor):
        event = await feed.event(position, lane.source, lane.source_id)
        if event is not None:
            kept = msgspec.msgpack.encode(Kept(event.record, event.defaults))
            copies.append((kept, lane.id, 0, position))
    return copies


async def ahead(lane: Lane, floor: int, log: EventLog) -> int:
    """How many events in [frontier, floor) the lane has not finished, counted from headers."""
    frontier = lane.frontier
    floor = floor if lane.stop is None else min(floor, lane.stop)
    if frontier >= floor:
        return 0
    count = await log.count(lane.source, 0, Position(frontier), Position(floor))
    events = count.events
    for low, high in lane.finished_between(frontier, floor):
        done = await log.count(lane.source, 0, Position(low), Position(high))
        events -= done.events
    return events

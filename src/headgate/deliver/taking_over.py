"""Taking over: the lanes that an earlier process left, with what it had not finished."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from headgate.deliver.claiming import REPLAY_PAUSED, WAITS, order_key
from headgate.deliver.lane import Lane
from headgate.deliver.owed import Owed, Revival, revival_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headgate.deliver.feed import Feed
    from headgate.deliver.gate import Gate
    from headgate.ledger.port import Held, OpenRow, ParkedRow
    from headgate.policy import DeliveryPolicy

Waiting = dict[str, "ParkedRow"]


def taken_over(held: Held, gate: Callable[[int], Gate], policy: DeliveryPolicy) -> Iterator[Lane]:
    """The lanes that have not ended; what paused a gate goes on pausing it."""
    places = {place.lane: place for place in held.places}
    waiting: defaultdict[tuple[int, int], Waiting] = defaultdict(dict)
    for parked in held.parked:
        waiting[parked.lane, parked.position][parked.subscription] = parked
    lanes = {}
    for row in held.lanes:
        if row.state != "ended":
            lane = lanes[row.lane] = Lane(row, places[row.lane], gate(row.gate), "", policy)
            lane.is_taken_over = True
            if row.state == "paused":
                _pause(lane)
    for opened in held.opened:
        if opened.lane in lanes:
            _restore(lanes[opened.lane], opened, waiting[opened.lane, opened.position])
    yield from lanes.values()


def _restore(lane: Lane, row: OpenRow, waiting: Waiting) -> None:
    """Take over an open event of an earlier process; what is not parked is sent again."""
    key = next((parked.order_key for parked in waiting.values()), "")
    owed = Owed(row.position, None, row.left, key)
    owed.done, owed.worst, owed.reason = list(row.done_subscriptions), row.worst, row.reason
    owed.parked = set(waiting)
    owed.rests = {
        name: revival_of(parked) for name, parked in waiting.items() if parked.reason == WAITS
    }
    lane.opened[row.position] = owed
    for subscription in row.left:
        if subscription not in waiting:
            lane.due.append(Revival(row.position, subscription, 0, 0, is_parked=False))
    lane.parked += len(waiting)


def _pause(lane: Lane) -> None:
    """The reason says whether the whole connection was paused, or a replay alone."""
    if lane.row.reason == REPLAY_PAUSED:
        lane.stopped = lane.row.reason
    elif lane.is_live:
        lane.gate.pause(lane.row.reason)


async def learn_keys(lane: Lane, feed: Feed) -> None:
    """Of open events that no parked row tells of: whose they are stands in the log alone."""
    for owed in lane.opened.values():
        if not owed.key:
            event = await feed.event(owed.position, lane.source, lane.source_id)
            owed.key = order_key(event) if event is not None else ""


def stand_in_line(lane: Lane, clock: float) -> None:
    """Open events stand in front of the later ones of their user again, earlier ones first."""
    lane.is_taken_over = False
    for position in sorted(lane.opened):
        owed = lane.opened[position]
        has_waited = bool(owed.rests)
        if has_waited and position >= lane.frontier:
            lane.resting.add(position)  # the one it waited for may not have been claimed yet
            continue
        if not lane.order.restore(owed, clock, waits=has_waited) and has_waited:
            lane.let(owed)

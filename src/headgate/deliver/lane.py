"""A lane: one cursor over one source, and every event between its cursor and its frontier."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, NamedTuple

from headgate.deliver.gate import Gate
from headgate.ledger.port import (
    WORST,
    DeadLetter,
    Held,
    LaneRow,
    OpenRow,
    ParkedRow,
    PlaceRow,
    Tick,
)
from headgate.ledger.ranges import gaps, pack, unpack
from headgate.log.port import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.deliver.events import Entry, Event, Events
    from headgate.deliver.retry_policy import Next
    from headgate.route import Router

MOST_UNFINISHED = 10_000
MOST_PARKED = 100_000
DELETED = "connection_deleted"


class Owed:
    """An event that a lane has claimed and not closed."""

    __slots__ = ("done", "event", "left", "parked", "position", "reason", "worst")

    def __init__(self, position: int, event: Event | None, left: tuple[str, ...]) -> None:
        self.position = position
        self.event = event
        self.left = list(left)
        self.done: list[str] = []
        self.parked: set[str] = set()
        self.worst, self.reason = "delivered", ""

    def end(self, subscription: str, cls: str, reason: str) -> None:
        """One delivery ended; the event will close as the worst of them."""
        self.left.remove(subscription)
        self.parked.discard(subscription)
        self.done.append(subscription)
        if WORST[cls] > WORST[self.worst]:
            self.worst, self.reason = cls, reason


class Revival(NamedTuple):
    """A delivery that a row of the ledger asks for: its event must be read again."""

    position: int
    subscription: str
    tries: int
    first_at: int
    is_parked: bool


class Delivery:
    """One event owed to one subscription, on its way."""

    __slots__ = ("event", "first_at", "is_parked", "lane", "position", "subscription", "tries")

    def __init__(self, lane: Lane, event: Event, subscription: str) -> None:
        self.lane = lane
        self.event = event
        self.position = event.position
        self.subscription = subscription
        self.tries = 0
        self.first_at = 0
        self.is_parked = False

    def as_revival(self) -> Revival:
        return Revival(self.position, self.subscription, self.tries, self.first_at, self.is_parked)


class Lane:
    """Decides nothing about the world: it claims entries, and settles what became of them.

    Every change goes into the tick that is given; the caller commits it with `place()`.
    """

    def __init__(self, row: LaneRow, place: PlaceRow, gate: Gate, source_id: str) -> None:
        self.row, self.gate, self.source_id = row, gate, source_id
        self.id, self.source = row.lane, row.source
        self.router: Router | None = None
        self._place = place
        self._finished = deque(unpack(place.cursor, place.done))
        self.frontier = place.cursor
        self.unfinished: dict[int, Owed] = {}
        self.opened: dict[int, Owed] = {}
        self.parked = 0
        self.ready: deque[Delivery] = deque()
        self.due: deque[Revival] = deque()
        self.turns = 0
        """Deliveries started; every fourth is a retry when there are both kinds."""
        self.ends_at: int | None = None
        """Set when the connection is deleted: everything below is discarded, then the lane ends."""
        self.backlog: deque[Events] = deque()
        self.is_catching_up = False
        self.is_caught_up = False
        self.is_dirty = False
        self.is_expiring = False
        """Retention is counting what lies below the floor: the frontier must stand still."""
        self._frame: Events | None = None
        self._entries: Iterator[Entry] = iter(())

    # claiming

    @property
    def is_held(self) -> bool:
        """The connection is off or refused: what it owes waits."""
        return self.router is None and self.ends_at is None

    @property
    def may_go_on(self) -> bool:
        """There is a slot for a delivery, or no need for one as nothing will be sent."""
        return self.ends_at is not None or (self.gate.is_free and self.router is not None)

    @property
    def may_claim(self) -> bool:
        return (
            not self.is_held
            and not self.is_expiring
            and len(self.unfinished) < MOST_UNFINISHED
            and self.parked < MOST_PARKED
        )

    @property
    def is_inside(self) -> bool:
        """A frame is being claimed."""
        return self._frame is not None

    def enter(self, frame: Events) -> None:
        """Begin to claim the entries of a frame."""
        self.is_caught_up = False
        self._frame = frame
        self._entries = iter(frame.of(self.source, self.source_id))

    def claim(self, most: int, tick: Tick) -> int:
        """Claim until `most` entries were looked at or deliveries wait; the number looked at."""
        looked = 0
        for entry in self._entries:
            looked += 1
            if entry.position >= self.frontier and not self._was_finished(entry.position):
                self._take(entry, tick)
                self.frontier = entry.position + 1
                self.is_dirty = True
            if self.ready or looked >= most:
                return looked
        if self._frame is not None:
            self.pass_to(self._frame.frame.next)
            self._frame = None
        return looked

    def pass_to(self, position: int) -> None:
        """Everything below `position` has been claimed or is nothing of this lane's."""
        if position > self.frontier:
            self.frontier = position
            self.is_dirty = True

    def _was_finished(self, position: int) -> bool:
        """Finished before this process started, or opened then."""
        while self._finished and self._finished[0][1] <= position:
            self._finished.popleft()
        return bool(self._finished) and self._finished[0][0] <= position

    def _take(self, entry: Entry, tick: Tick) -> None:
        if entry.verdict is Verdict.DUPLICATE:
            return
        if entry.verdict is not Verdict.LIVE:
            tick.tally(self.id, "suppressed", entry.verdict.name.lower())
        elif entry.event is None:
            tick.tally(self.id, "discarded", "damaged")
        else:
            self._decide(entry.event, tick)

    def _decide(self, event: Event, tick: Tick) -> None:
        if self.router is None:
            tick.tally(self.id, "discarded", DELETED)
            return
        try:
            decision = self.router.decide(event.completed)
        except ValueError:
            tick.tally(self.id, "discarded", "undecodable")
            return
        if not decision.wanted:
            tick.tally(self.id, "filtered", decision.rule)
            return
        self.unfinished[event.position] = Owed(event.position, event, decision.wanted)
        self.ready.extend(Delivery(self, event, wanted) for wanted in decision.wanted)

    # settling

    def settle(self, delivery: Delivery, step: Next, now: int, tick: Tick) -> Next:
        """Apply what follows an attempt; a deleted connection waits for no other one."""
        owed = self.owed(delivery.position)
        self.is_dirty = True
        if step.step == "parked" and self.ends_at is not None:
            step = step._replace(step="discarded", reason=DELETED, due_at=0)
        if step.step == "parked":
            self._park(delivery, owed, step, now, tick)
            return step
        if step.step == "dead_lettered":
            tick.dead.append(self._dead_letter(delivery, step, now))
        self.end(owed, delivery.subscription, step, tick, is_parked=delivery.is_parked)
        return step

    def end(
        self, owed: Owed, subscription: str, step: Next, tick: Tick, *, is_parked: bool
    ) -> None:
        """One delivery of an event is over, whatever it came to."""
        self.is_dirty = True
        if is_parked:
            tick.unparked.append((self.id, 0, owed.position, subscription))
            self.parked -= 1
        owed.end(subscription, step.step, step.reason)
        if owed.left:
            self._open(owed, tick)
        else:
            self._close(owed, tick)

    def restore(self, row: OpenRow, waiting: dict[str, ParkedRow]) -> None:
        """Take over an open event of an earlier process; what is not parked is sent again."""
        owed = Owed(row.position, None, row.left)
        owed.done, owed.worst, owed.reason = list(row.done_subscriptions), row.worst, row.reason
        owed.parked = set(waiting)
        self.opened[row.position] = owed
        for subscription in row.left:
            if subscription not in waiting:
                self.due.append(Revival(row.position, subscription, 0, 0, is_parked=False))
        self.parked += len(waiting)

    def owed(self, position: int) -> Owed:
        return self.unfinished.get(position) or self.opened[position]

    def is_over(self) -> bool:
        """A deleted connection's lane has nothing left to close."""
        return (
            self.ends_at is not None
            and self.frontier >= self.ends_at
            and not self.unfinished
            and not self.opened
        )

    def _park(self, delivery: Delivery, owed: Owed, step: Next, now: int, tick: Tick) -> None:
        record = delivery.event.record
        tick.parked.append(
            ParkedRow(
                self.id,
                0,
                delivery.position,
                delivery.subscription,
                record.user_id or record.anonymous_id or "",
                step.due_at,
                delivery.first_at or now,
                step.tries,
                step.status,
                step.reason,
            )
        )
        if not delivery.is_parked:
            self.parked += 1
        owed.parked.add(delivery.subscription)
        if delivery.position not in self.opened:
            self._open(owed, tick)

    def _open(self, owed: Owed, tick: Tick) -> None:
        """Some deliveries of the event ended and some did not: it stands in a row of its own."""
        self.opened[owed.position] = owed
        self.unfinished.pop(owed.position, None)
        done, left = tuple(owed.done), tuple(owed.left)
        tick.opened.append(OpenRow(self.id, 0, owed.position, done, left, owed.worst, owed.reason))

    def _close(self, owed: Owed, tick: Tick) -> None:
        if self.opened.pop(owed.position, None) is not None:
            tick.closed.append((self.id, 0, owed.position))
        else:
            del self.unfinished[owed.position]
        tick.tally(self.id, owed.worst, owed.reason)

    def _dead_letter(self, delivery: Delivery, step: Next, now: int) -> DeadLetter:
        return DeadLetter(
            self.id,
            0,
            delivery.position,
            delivery.subscription,
            delivery.event.record.message_id,
            self.source,
            b"",
            step.reason,
            step.status,
            step.tries,
            now,
        )

    @property
    def floor_ack(self) -> int:
        return self._place.floor_ack

    def is_sending_below(self, position: int) -> bool:
        """Something below is under way: it will soon be closed or parked."""
        return any(at < position for at in self.unfinished) or any(
            owed.position < position and not owed.parked.issuperset(owed.left)
            for owed in self.opened.values()
        )

    def finished_between(self, low: int, high: int) -> list[tuple[int, int]]:
        """The ranges in [low, high) that an earlier process finished, clipped to it."""
        return [
            (max(low, first), min(high, last))
            for first, last in self._finished
            if first < high and last > low
        ]

    def acknowledge(self, floor: int) -> None:
        """Nothing of the log below `floor` is needed any more."""
        self.pass_to(floor)
        self._place = self._place._replace(floor_ack=floor)
        self.is_dirty = True

    def place(self) -> PlaceRow:
        """Where the lane stands now, for the tick that carries everything up to now."""
        cursor, done = gaps(self._place.cursor, self.frontier, self.unfinished)
        done += [
            (max(low, self.frontier), high) for low, high in self._finished if high > self.frontier
        ]
        self._place = self._place._replace(cursor=cursor, done=pack(cursor, done))
        self.is_dirty = False
        return self._place


def taken_over(held: Held, slots: int) -> list[Lane]:
    """The lanes that have not ended, with what an earlier process left open in them."""
    places = {place.lane: place for place in held.places}
    lanes = {
        row.lane: Lane(row, places[row.lane], Gate(slots), "")
        for row in held.lanes
        if row.state != "ended"
    }
    waiting: defaultdict[tuple[int, int], dict[str, ParkedRow]] = defaultdict(dict)
    for parked in held.parked:
        waiting[parked.lane, parked.position][parked.subscription] = parked
    for opened in held.opened:
        lanes[opened.lane].restore(opened, waiting[opened.lane, opened.position])
    return list(lanes.values())

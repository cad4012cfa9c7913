"""A lane: what it has claimed, until it is settled, and where that leaves its cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.deliver.claiming import QUARANTINED, WAITS, Claiming, order_key
from headgate.deliver.owed import Delivery, Owed, revival_of
from headgate.deliver.retry_policy import Next
from headgate.ledger.port import DeadLetter, OpenRow, ParkedRow, PlaceRow, Tick
from headgate.ledger.ranges import gaps, pack

if TYPE_CHECKING:
    from headgate.deliver.events import Event


class Lane(Claiming):
    """Decides nothing about the world: it claims entries, and settles what became of them.

    Every change goes into the tick that is given; the caller commits it with `place()`.
    """

    @property
    def itself(self) -> Lane:
        return self

    def give_up(self, event: Event, tick: Tick) -> None:
        """Nobody may look into the event: it ends as it is, for every subscription."""
        wanted = self.subscriptions
        if not wanted:
            self._tally(tick, "discarded", QUARANTINED)
            return
        owed = Owed(event.position, event, wanted)
        self.unfinished[event.position] = owed
        self._bytes += len(event.record.original)
        now = event.record.received_at
        for subscription in wanted:
            step = Next("dead_lettered", QUARANTINED, 0)
            tick.dead.append(self._dead_letter(Delivery(self, event, subscription), step, now))
            self.end(owed, subscription, step, tick, is_parked=False)

    # settling

    def settle(self, delivery: Delivery, step: Next, now: int, tick: Tick) -> Next:
        """Apply what follows an attempt; a lane that ends waits for no other one."""
        owed = self.owed(delivery.position)
        self.is_dirty = True
        if step.step == "parked" and self.ends_at is not None:
            step = step._replace(step="discarded", reason=self.ends_as, due_at=0)
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

    def owed(self, position: int) -> Owed:
        return self.unfinished.get(position) or self.opened[position]

    def is_open(self, position: int) -> bool:
        return position in self.opened

    def owed_between(self, low: int, high: int) -> frozenset[int]:
        """Positions in [low, high), the span of a frame, that were claimed and not closed."""
        return frozenset(
            position
            for position in range(low, high)
            if position in self.unfinished or position in self.opened
        )

    def is_over(self) -> bool:
        """A lane that ends, or a replay that read all it was to read, has nothing to close."""
        end = self.stop if self.ends_at is None else self.ends_at
        return end is not None and self.frontier >= end and not self.unfinished and not self.opened

    def reopen(self, owed: Owed, row: ParkedRow, tick: Tick) -> None:
        """A closed event is owed again, to one subscription: somebody asked for that."""
        tick.parked.append(row)
        self.parked += 1
        owed.parked.add(row.subscription)
        self._open(owed, tick)
        self.is_dirty = True

    def _park(self, delivery: Delivery, owed: Owed, step: Next, now: int, tick: Tick) -> None:
        first_at = step.first_at or delivery.first_at or now
        tick.parked.append(
            ParkedRow(
                self.id,
                0,
                delivery.position,
                delivery.subscription,
                order_key(delivery.event),
                step.due_at,
                first_at,
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

    def shelve(self, owed: Owed, now: int, tick: Tick) -> None:
        """An event that waits for an earlier one leaves memory; rows say what it waits for."""
        self.is_dirty = True
        for subscription in owed.left:
            row = ParkedRow(
                self.id, 0, owed.position, subscription, owed.key, now, now, 0, None, WAITS
            )
            tick.parked.append(row)
            owed.rests[subscription] = revival_of(row)
            owed.parked.add(subscription)
            self.parked += 1
        self._open(owed, tick)

    def _open(self, owed: Owed, tick: Tick) -> None:
        """Some deliveries of the event ended and some did not: it stands in a row of its own."""
        self.opened[owed.position] = owed
        self.unfinished.pop(owed.position, None)
        self._let_go(owed)
        done, left = tuple(owed.done), tuple(owed.left)
        tick.opened.append(OpenRow(self.id, 0, owed.position, done, left, owed.worst, owed.reason))

    def _let_go(self, owed: Owed) -> None:
        """Its event is read again when it is needed: what waits long must take no memory."""
        if owed.event is not None:
            self._bytes -= len(owed.event.record.original)
            owed.event = None

    def _close(self, owed: Owed, tick: Tick) -> None:
        if self.opened.pop(owed.position, None) is not None:
            tick.closed.append((self.id, 0, owed.position))
        else:
            del self.unfinished[owed.position]
        self._let_go(owed)
        tick.tally(self.id, owed.worst, owed.reason)
        if owed.worst == "dead_lettered":  # so a letter is there
            tick.closings.append((self.id, 0, owed.position, owed.worst, owed.reason))
        if (follower := self.order.closes(owed)) is not None:
            self.let(follower)

    def _dead_letter(self, delivery: Delivery, step: Next, now: int) -> DeadLetter:
        record = delivery.event.record
        return DeadLetter(
            self.id,
            0,
            delivery.position,
            delivery.subscription,
            record.message_id,
            self.source,
            self.subjects(record),
            step.reason,
            step.status,
            step.tries,
            now,
        )

    # retention

    @property
    def floor_ack(self) -> int:
        return self._place.floor_ack

    @property
    def start(self) -> int:
        return self._place.start

    @property
    def place_cursor(self) -> int:
        """The first position that is not finished."""
        return min(self.unfinished, default=self.frontier)

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
        self._ranges = len(done)
        self._place = self._place._replace(cursor=cursor, done=pack(cursor, done))
        self.is_dirty = False
        return self._place

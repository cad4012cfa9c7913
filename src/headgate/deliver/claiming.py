"""Claiming: one cursor over one source, and what becomes of every event that it comes to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING, Any

from headgate.deliver.batches import Batches
from headgate.deliver.in_hand import NOBODY, Holding
from headgate.deliver.order import Order
from headgate.deliver.owed import Delivery, Owed, Revival
from headgate.ledger.port import LaneRow, PlaceRow, Tick
from headgate.ledger.ranges import unpack
from headgate.log.port import Verdict
from headgate.policy import DeliveryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headgate.deliver.events import Entry, Event, Events
    from headgate.deliver.gate import Gate
    from headgate.deliver.lane import Lane
    from headgate.deliver.replay import Replay
    from headgate.deliver.series import Series
    from headgate.log.port import Record
    from headgate.route import Router

DELETED, SKIPPED, CANCELLED = "connection_deleted", "skipped", "cancelled"
QUARANTINED = "quarantined"
REPLAY_PAUSED = "replay_paused"
"""Why a replay waits while its connection goes on: somebody paused it."""
WAITS = "waits_for_order"
"""Why a delivery is parked that was never tried: an earlier one of its user is."""
MOST_RANGES = 4096
"""Finished ranges above the cursor, from which on nothing more is claimed (data-path section 3)."""
MOST_BYTES = 32 * 1024 * 1024
"""What a lane may hold of events in memory, as they came."""


class Claiming(ABC):
    """The part of a lane that reads: it claims entries, and decides who wants them."""

    series: Series | None = None
    in_hand: Holding = NOBODY
    subjects: Callable[[Record], bytes] = staticmethod(lambda _: b"")
    """Hashes of the people whom a record is about."""
    quarantined: frozenset[int] = frozenset()
    """Positions that are given up untouched: three processes died with them in hand."""
    replay: Replay | None = None
    """What a replay selects, in its lane."""
    is_taken_over = False
    """An earlier process had it, and its open events do not stand in line yet."""
    subscriptions: tuple[str, ...] = ()
    """Those that are enabled now."""
    may_batch = False
    """One of them, at least, may send in batches."""
    has_read = False
    """A replay that came to its stop, and said so."""
    is_to_skip = False
    """Somebody wants what waits to be skipped, and it was not done yet."""
    is_stale = False
    """The replay stood still in the middle of a frame while others went on."""
    stopped = ""
    """Why this lane alone is paused, where others of its gate go on."""
    goes_on = False
    """What is below `ends_at` is skipped only, and the lane stays."""

    def __init__(
        self,
        row: LaneRow,
        place: PlaceRow,
        gate: Gate,
        source_id: str,
        policy: DeliveryPolicy | None = None,
    ) -> None:
        self.row, self.gate, self.source_id = row, gate, source_id
        self.policy = policy or DeliveryPolicy()
        self.id, self.source = row.lane, row.source
        self.router: Router | None = None
        self._place = place
        self.stop = place.stop
        self._finished = deque(unpack(place.cursor, place.done))
        self.frontier = place.cursor
        self.unfinished: dict[int, Owed] = {}
        self.opened: dict[int, Owed] = {}
        self.parked = 0
        self.ready: deque[Delivery] = deque()
        self.due: deque[Revival] = deque()
        self.batches = Batches()
        self.order = Order("none", self.policy.order_hold_seconds, self.policy.order_waiting_most)
        self.latecomers: list[Owed] = []
        """Those claimed just now who wait for somebody who may not have left yet."""
        self.resting: set[int] = set()
        """Open events above the frontier that wait for earlier ones, which are claimed first."""
        self.gathering = 0
        """Retries whose events are being read for batches."""
        self.turns = 0
        """Requests started since the last one with a retry."""
        self.ends_at: int | None = None
        """Set when the lane is to end or to skip: everything below is discarded as `ends_as`."""
        self.ends_as = DELETED
        self.skipped: list[Callable[[], None]] = []
        """Called when all that was to be skipped is closed."""
        self.backlog: deque[Events] = deque()
        self.is_catching_up = False
        self.is_caught_up = False
        self.is_dirty = False
        self.is_expiring = False
        """Retention is counting what lies below the floor: the frontier must stand still."""
        self._bytes = self._ranges = 0
        self._frame: Events | None = None
        self._entries: Iterator[Entry] = iter(())

    @property
    def is_live(self) -> bool:
        return self.row.kind == "live"

    # claiming

    @property
    def is_held(self) -> bool:
        """The connection is off, refused or paused: what it owes waits."""
        return self.ends_at is None and bool(
            self.router is None or self.gate.paused or self.stopped or self.is_to_skip
        )

    @property
    def may_claim(self) -> bool:
        return (
            not self.is_held
            and not self.is_expiring
            and self.parked < self.policy.parked_most
            and not self.is_full
            and not self.is_at_stop
        )

    @property
    def is_full(self) -> bool:
        """Those who wait take up all the room there is."""
        return (
            len(self.unfinished) >= self.policy.unfinished_most
            or self._bytes >= MOST_BYTES
            or self._ranges >= MOST_RANGES
        )

    @property
    def is_at_stop(self) -> bool:
        return self.stop is not None and self.frontier >= self.stop

    @property
    def is_inside(self) -> bool:
        """A frame is being claimed."""
        return self._frame is not None

    def enter(self, frame: Events) -> None:
        """Begin to claim the entries of a frame."""
        self.is_caught_up = False
        self._frame = frame
        self._entries = iter(frame.of(self.source, self.source_id))
        if self.replay is not None:
            self.replay.enter(frame.frame.first, frame.frame.next)

    def claim(self, most: int, tick: Tick) -> int:
        """Claim until `most` entries were looked at or deliveries wait; the number looked at."""
        looked = 0
        if self.is_stale and self.replay is not None and self._frame is not None:
            self.is_stale = False
            self.replay.enter(self._frame.frame.first, self._frame.frame.next)
        for entry in self._entries:
            looked += 1
            if self.stop is not None and entry.position >= self.stop:
                break
            if entry.position >= self.frontier and not self._was_finished(entry.position):
                self.in_hand.hold(self.id, entry.position)
                self._take(entry, tick)
                self.frontier = entry.position + 1
                self.is_dirty = True
            elif entry.position in self.resting:
                self.let_rest(entry.position + 1)
            if self.ready or looked >= most:
                self.in_hand.clear()
                return looked
        self.in_hand.clear()
        if self._frame is not None:
            self.pass_to(self._frame.frame.next)
            self._frame = None
        return looked

    def pass_to(self, position: int) -> None:
        """Everything below `position` has been claimed or is nothing of this lane's."""
        if self.stop is not None:
            position = min(position, self.stop)
        if position > self.frontier:
            self.frontier = position
            self.is_dirty = True
            if self.resting:
                self.let_rest(position)

    def _was_finished(self, position: int) -> bool:
        """Finished before this process started, or opened then."""
        while self._finished and self._finished[0][1] <= position:
            self._finished.popleft()
        return bool(self._finished) and self._finished[0][0] <= position

    def _take(self, entry: Entry, tick: Tick) -> None:
        if entry.verdict is Verdict.DUPLICATE:
            return
        if entry.verdict is not Verdict.LIVE:
            self._tally(tick, "suppressed", entry.verdict.name.lower())
        elif entry.event is None:
            self._tally(tick, "discarded", "damaged")
        elif entry.position in self.quarantined:
            self.give_up(entry.event, tick)
        else:
            self._decide(entry.event, tick)

    def _decide(self, event: Event, tick: Tick) -> None:
        if self.ends_at is not None or self.router is None:
            self._tally(tick, "discarded", self.ends_as, event)
            return
        try:
            wanted, reason, seen = self._wanted(event, self.router)
        except ValueError:
            self._tally(tick, "discarded", "undecodable", event)
            return
        if not wanted:
            self._tally(tick, "filtered", reason, event)
            return
        self._owe(Owed(event.position, seen, wanted, order_key(event)))

    def _wanted(self, event: Event, router: Router) -> tuple[tuple[str, ...], str, Event]:
        """The subscriptions that want an event, the reason if none does, and what they see."""
        if self.replay is not None:
            if reason := self.replay.refusal(event):
                return (), reason, event
            event = event.altered(router.replayed(event.completed))
        wanted, reason, changed = router.decide(event.completed)
        if changed is not None:
            event = event.altered(changed)
        if self.replay is not None and wanted:
            wanted, reason = self.replay.left(event.position, wanted)
        return wanted, reason, event

    def seen(self, event: Event) -> Event:
        """An event of an earlier time as its subscriptions see it by the present rules."""
        router = self.router
        if router is None:
            return event
        if self.replay is not None:
            event = event.altered(router.replayed(event.completed))
        shaped = router.shape(event.completed)
        return event if shaped is event.completed else event.altered(shaped)

    def _owe(self, owed: Owed) -> None:
        self.unfinished[owed.position] = owed
        if owed.event is not None:
            self._bytes += len(owed.event.record.original)
        if self.order.enter(owed):
            self.let(owed)
            return
        if self.may_batch:
            self.latecomers.append(owed)
        if (first := self.order.relieve(owed.key)) is not None:
            self.let(first)

    def let(self, owed: Owed) -> None:
        """Nothing stands in front of an event any more: it may be sent."""
        if owed.event is not None and not owed.rests and not owed.parked:
            self.ready.extend([Delivery(self.itself, owed.event, each) for each in owed.left])
            return
        for revival in owed.revivals():
            if owed.event is not None:
                self.ready.append(Delivery.revived(self.itself, owed.event, revival))
            else:
                self.due.append(revival)
        owed.rests.clear()

    def falls_due(self, revival: Revival) -> None:
        """A retry may go: while the destination is in trouble, behind the oldest one alone.

        So probes are made of few events, which take turns, and the others are spared.
        """
        if self.gate.breaker.is_closed:
            self.due.append(revival)
        else:
            self.due.insert(1, revival)

    def let_rest(self, position: int) -> None:
        """Those that rest below a position stand in line, or go: all before them is claimed."""
        for at in sorted(each for each in self.resting if each < position):
            self.resting.discard(at)
            if at in self.opened and self.order.enter(self.opened[at]):
                self.let(self.opened[at])

    def let_all(self, let: Iterator[Owed] | list[Owed]) -> bool:
        """Whether anybody was let."""
        let = list(let)
        for owed in let:
            self.let(owed)
        return bool(let)

    def _tally(self, tick: Tick, cls: str, reason: str, event: Event | None = None) -> None:
        tick.tally(self.id, cls, reason)
        if self.series is not None:
            self.series.event(tick, self.id, cls, reason, event)

    @property
    @abstractmethod
    def itself(self) -> Lane:
        """The lane that claims."""

    @abstractmethod
    def give_up(self, event: Event, tick: Tick) -> None:
        """Nobody may look into the event: it ends as it is."""


def order_key(event: Event) -> str:
    """Whose event it is: events of one user, or of one anonymous visitor, keep their order."""
    record: Any = event.record
    return record.user_id or record.anonymous_id or ""

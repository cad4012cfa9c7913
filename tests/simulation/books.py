"""What really happened to every event, kept apart from the ledger, and whether the two agree.

Invariants 2, 4, 5 and 6 of data-path section 8; `History` has the ones of the log alone.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from headgate.ledger.port import WORST, Attempt, Tick
from headgate.ledger.ranges import unpack
from headgate.log.port import Verdict
from tests.simulation.history import Broken
from tests.simulation.receiver import Owed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from headgate.ledger.memory import Tables
    from headgate.ledger.port import LaneRow, PlaceRow
    from headgate.log.port import Stored


class Known(NamedTuple):
    """An event that counts."""

    position: int
    source: int
    message: str


@dataclass
class Fate:
    """One delivery as its receiver and the commits tell it.

    `sent` until its result is committed; then `parked` or `ended`; `lost` when a crash took the
    process, or power the result, before it was kept: then it may be sent again.
    """

    key: str
    state: str = "sent"
    sends: int = 0
    due_at: int = 0
    cls: str = ""


@dataclass
class Books:
    """`wants` says which subscriptions of a connection want a message; `slots` is each gate's."""

    wants: Callable[[int, str], tuple[str, ...]]
    slots: int
    head: int = 0
    repeats: int = 0
    loose: set[int] = field(default_factory=set)
    """Lanes that lost subscriptions: how each event ends is not checked there."""
    _live: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    _known: dict[int, Known] = field(default_factory=dict)
    _messages: dict[tuple[int, str], int] = field(default_factory=dict)
    _fates: dict[Owed, Fate] = field(default_factory=dict)
    _waiting: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Lane -> positions that are not closed, of those below the head at its last commit."""
    _seen_by: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    _since: list[list[Owed]] = field(default_factory=list)
    """Results of each commit since the last sync."""

    # the log

    def saw(self, events: Iterable[Stored], head: int) -> None:
        """Events that became visible, in order."""
        self.head = head
        for event in events:
            if event.record is None or event.verdict is Verdict.DUPLICATE:
                continue
            record = event.record
            known = Known(event.position, record.source, record.message_id)
            self._known[event.position] = known
            self._messages[known.source, known.message] = event.position
            insort(self._live[known.source], event.position)

    def began_again(self) -> None:
        """A reader begins at the start of the log: everything is met anew."""
        self.head = 0
        self._live.clear()
        self._known.clear()
        self._messages.clear()

    def counted(self, source: int, start: int, stop: int) -> int:
        """N(start, stop)."""
        live = self._live[source]
        return bisect_left(live, stop) - bisect_left(live, start)

    # sends and results

    def sent(self, owed: Owed, source: int, key: str, now: int) -> int:
        """A request arrived; the how-manieth of its delivery."""
        position = self._messages.get((source, owed.message))
        if position is None:
            raise Broken(f"{owed} was sent before its event was visible")
        if position < self._seen_by[owed.connection] and not self._waits(owed.connection, position):
            raise Broken(f"{owed} was sent, and its event is none of the lane's or was closed")
        fate = self._fates.setdefault(owed, Fate(key))
        if fate.key != key:
            raise Broken(f"{owed} was sent with two keys")
        if fate.sends and fate.state in {"sent", "ended"}:
            raise Broken(f"{owed} was sent again when it was {fate.state}")
        if fate.state == "parked" and now < fate.due_at:
            raise Broken(f"{owed} was sent {fate.due_at - now} ms too early")
        self.repeats += fate.state == "lost"
        fate.state, fate.sends = "sent", fate.sends + 1
        self._check_slots(owed.connection)
        return fate.sends

    def _waits(self, lane: int, position: int) -> bool:
        return position in self._waiting[lane]

    def place(self, share: float) -> int:
        """The position of an event at that share of the log, 0 for none."""
        return sorted(self._known)[int(share * len(self._known))] if self._known else 0

    def _check_slots(self, connection: int) -> None:
        """Sent and not committed: this is what a crash repeats."""
        flying = [owed for owed, fate in self._fates.items() if fate.state == "sent"]
        mine = sum(owed.connection == connection for owed in flying)
        if mine > self.slots:
            raise Broken(f"{mine} results of connection {connection} could be lost at once")

    def committed(self, tick: Tick, attempts: list[Attempt], tables: Tables) -> None:
        """A tick is in the ledger, as `tables` show it."""
        self._since.append([self._settled(each, tick) for each in attempts])
        closed = {lane: self._closed_now(lane, tables) for lane, _ in tables.places}
        for lane, positions in closed.items():
            self._waiting[lane] -= set(positions)
            if lane not in self.loose:
                self._check_classes(lane, positions, tick)

    def _settled(self, attempt: Attempt, tick: Tick) -> Owed:
        place = (attempt.lane, attempt.partition, attempt.position, attempt.subscription)
        message = self._known[attempt.position].message
        owed = Owed(attempt.lane, attempt.subscription, message)
        fate = self._fates[owed]
        if fate.state != "sent":
            raise Broken(f"{owed} has a result when it was {fate.state}")
        parked = [row for row in tick.parked if row[:4] == place]
        if parked:
            fate.state, fate.due_at = "parked", parked[0].due_at
        else:
            is_dead = any(row[:4] == place for row in tick.dead)
            fate.state = "ended"
            fate.cls = "dead_lettered" if is_dead else attempt.outcome
        return owed

    def _closed_now(self, lane: int, tables: Tables) -> list[int]:
        """What was waiting and is neither ahead nor open any more."""
        self._refill(lane, tables)
        ahead = _is_ahead(tables.places[lane, 0])
        return [
            position
            for position in self._waiting[lane]
            if not ahead(position) and (lane, 0, position) not in tables.opened
        ]

    def _refill(self, lane: int, tables: Tables) -> None:
        """Events that became visible since; nothing below the last one can be new."""
        live, place = self._live[tables.lanes[lane].source], tables.places[lane, 0]
        seen = self._seen_by[lane]
        self._waiting[lane].update(live[bisect_left(live, max(seen, place.start)) :])
        self._seen_by[lane] = self.head

    def _check_classes(self, lane: int, positions: list[int], tick: Tick) -> None:
        """Each event that this tick closed is in the class that its deliveries ended in."""
        expected = Counter(self._class_of(lane, position) for position in positions)
        found: Counter[str] = Counter()
        for (of, cls, _), n in tick.tallies.items():
            if of == lane:
                found[cls] += n
        if expected != found:
            raise Broken(f"lane {lane} closed {expected}, and the tick says {found}")

    def _class_of(self, lane: int, position: int) -> str:
        message = self._known[position].message
        worst = "filtered"
        for subscription in self.wants(lane, message):
            fate = self._fates.get(Owed(lane, subscription, message))
            if fate is None or fate.state != "ended":
                raise Broken(f"{message} was closed, and {subscription} was {fate}")
            if worst == "filtered" or WORST[fate.cls] > WORST[worst]:
                worst = fate.cls
        return worst

    @property
    def is_unsynced(self) -> bool:
        return bool(self._since)

    def synced(self) -> None:
        self._since.clear()

    # crashes

    def killed(self) -> None:
        """Nothing that was committed is lost; what was under way is."""
        for fate in self._fates.values():
            if fate.state == "sent":
                fate.state = "lost"

    def lost_power(self, kept: int) -> None:
        """Of the commits since the last sync only `kept` are left."""
        self.killed()
        for results in self._since[kept:]:
            for owed in results:
                self._fates[owed].state = "lost"
        self._since.clear()

    def recovered(self, tables: Tables) -> None:
        """The whole log was met again: what the ledger has not closed is waiting."""
        self._waiting.clear()
        self._seen_by.clear()
        for lane, _ in tables.places:
            self._waiting[lane] -= set(self._closed_now(lane, tables))

    # the ledger

    def check(self, tables: Tables) -> None:
        """Every lane adds up at this moment."""
        for lane, row in tables.lanes.items():
            self._check_lane(row, tables.places[lane, 0], tables)

    def _check_lane(self, row: LaneRow, place: PlaceRow, tables: Tables) -> None:
        lane = row.lane
        head = place.cursor if row.state == "ended" else self.head
        done = unpack(place.cursor, place.done)
        edges = [place.cursor, *(edge for span in done for edge in span)]
        if not place.start <= place.cursor <= head or edges != sorted(edges) or edges[-1] > head:
            raise Broken(f"lane {lane}: {place} with {done}, and the head at {head}")
        if place.base != self.counted(row.source, 0, place.start):
            raise Broken(f"lane {lane}: base {place.base} is not what lies before {place.start}")
        for kept in tables.with_records():
            if kept.lane == lane and kept.position < place.floor_ack and kept.record is None:
                raise Broken(f"lane {lane} let the log drop what {kept} needs")
        opened = [position for of, _, position in tables.opened if of == lane]
        ahead = _is_ahead(place)
        if any(self._known[at].source != row.source or ahead(at) for at in opened):
            raise Broken(f"lane {lane}: open events {opened} are ahead or of another source")
        pending = self.counted(row.source, place.cursor, head) + len(opened)
        pending -= sum(self.counted(row.source, low, high) for low, high in done)
        tallied = sum(n for (of, _, _), n in tables.tallies.items() if of == lane)
        received = self.counted(row.source, place.start, head)
        if received != tallied + pending:
            raise Broken(f"lane {lane}: {received} received, {tallied} closed, {pending} pending")

    def pending(self, tables: Tables) -> int:
        """Events that no lane has closed yet, of all lanes that go on."""
        return sum(
            self.counted(row.source, tables.places[lane, 0].start, self.head)
            - sum(n for (of, _, _), n in tables.tallies.items() if of == lane)
            for lane, row in tables.lanes.items()
            if row.state != "ended"
        )

    def check_delivered(self, tables: Tables) -> None:
        """At rest: whatever a connection wanted has arrived there, at least once."""
        for lane, row in tables.lanes.items():
            if lane in self.loose:
                continue
            start = tables.places[lane, 0].start
            for position in (at for at in self._live[row.source] if at >= start):
                message = self._known[position].message
                for subscription in self.wants(lane, message):
                    if Owed(lane, subscription, message) not in self._fates:
                        raise Broken(f"{message} never came to {subscription}")


def _is_ahead(place: PlaceRow) -> Callable[[int], bool]:
    done = unpack(place.cursor, place.done)

    def ahead(position: int) -> bool:
        return position >= place.cursor and not any(low <= position < high for low, high in done)

    return ahead

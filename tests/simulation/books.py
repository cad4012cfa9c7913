"""What really happened to every event, kept apart from the ledger, and whether the two agree.

Invariants 2, 4, 5 and 10 of data-path section 8; `Fates` has 6, `Watch` has 9, `History` has the
ones of the log alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from headgate.ledger.port import Attempt, Tick
from headgate.ledger.ranges import unpack
from headgate.log.port import Verdict
from tests.simulation.fates import Fates, Sent
from tests.simulation.history import Broken
from tests.simulation.lane_book import LaneBook, is_ahead, tick_lanes, worst
from tests.simulation.lines import Lines
from tests.simulation.receiver import Owed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from headgate.ledger.memory import Tables
    from headgate.ledger.port import LaneRow, PlaceRow
    from headgate.log.port import Stored
    from tests.simulation.fates import Moment


class Known(NamedTuple):
    """An event that counts."""

    position: int
    source: int
    message: str
    user: str


class Plans(Protocol):
    """What people have configured and asked for."""

    def wants(self, connection: int, message: str) -> tuple[str, ...]: ...
    def ordering(self, connection: int) -> str: ...
    def source(self, connection: int) -> int: ...
    def start(self, connection: int) -> int: ...
    def again(self, owed: Owed, key: str) -> int:
        """Which repetition a key is for; raises `Broken` for a key that nothing has."""
        ...

    def may_replay(self, connection: int, position: int) -> bool:
        """Whether a replay that is not over may send what has ended."""
        ...


@dataclass
class Books:
    """`slots` is each gate's; `hold` how many seconds an event may wait for an earlier one."""

    plans: Plans
    slots: int
    hold: float = 30.0
    head: int = 0
    loose: set[int] = field(default_factory=set)
    """Lanes that lost subscriptions or skip: how each event ends is not checked there."""

    def __post_init__(self) -> None:
        self.fates = Fates(self.slots, self.loose)
        self._live: defaultdict[int, list[int]] = defaultdict(list)
        self.known: dict[int, Known] = {}
        self._messages: dict[tuple[int, str], int] = {}
        self._lanes: defaultdict[int, LaneBook] = defaultdict(LaneBook)
        self.lines = Lines(self, self.hold)
        self._closed_as: dict[tuple[int, int], str] = {}
        self._closed_at: dict[tuple[int, int], float] = {}
        self._began_at: dict[int, float] = {}
        self.redriven: set[tuple[int, int]] = set()
        self.starts: dict[int, int] = {}

    @property
    def passed(self) -> int:
        """Events that were sent while an earlier one of their user was not finished."""
        return self.lines.passed

    @property
    def repeats(self) -> int:
        return self.fates.repeats

    # the log

    def saw(self, events: Iterable[Stored], head: int, user: Callable[[str], str]) -> None:
        """Events that became visible, in order."""
        self.head = head
        for event in events:
            if event.record is None or event.verdict is Verdict.DUPLICATE:
                continue
            record = event.record
            name = user(record.message_id)
            known = Known(event.position, record.source, record.message_id, name)
            self.known[event.position] = known
            self._messages[known.source, known.message] = event.position
            self._live[known.source].append(event.position)
            self.lines.places[known.source, name].append(event.position)

    def began_again(self) -> None:
        """A reader begins at the start of the log: everything is met anew."""
        self.head = 0
        self._live.clear()
        self.known.clear()
        self._messages.clear()
        self.lines.began_again()

    def counted(self, source: int, start: int, stop: int) -> int:
        """N(start, stop)."""
        live = self._live[source]
        return bisect_left(live, stop) - bisect_left(live, start)

    def place(self, share: float) -> int:
        """The position of an event at that share of the log, 0 for none."""
        return sorted(self.known)[int(share * len(self.known))] if self.known else 0

    # sends and results

    def sent(self, owed: Sequence[Owed], key: str, request: int, now: Moment) -> list[int]:
        """A request arrived; the how-manieth it is of each of its deliveries."""
        positions = [self._position(each) for each in owed]
        again = self.plans.again(owed[0], key) if key else 0
        nths = []
        for each, position in zip(owed, positions, strict=True):
            self.lines.check(each.connection, position, positions, now)
            is_asked = self.plans.may_replay(each.connection, position)
            if not is_asked and not self.is_owed(each.connection, position):
                raise Broken(f"{each} was sent, and its event is none of the lane's or was closed")
            fate = self.fates.send(Sent(each, again), request, now, is_asked=is_asked)
            nths.append(fate.sends)
        return nths

    def _position(self, owed: Owed) -> int:
        position = self._messages.get((self.plans.source(owed.connection), owed.message))
        if position is None:
            raise Broken(f"{owed} was sent before its event was visible")
        return position

    def is_owed(self, lane: int, position: int) -> bool:
        book = self._lanes[lane]
        if position >= book.seen:
            return position >= self.starts.get(lane, self.plans.start(lane))
        return position in book.waiting or (lane, position) in self.redriven

    # commits

    def committed(
        self, tick: Tick, attempts: list[Attempt], tables: Tables, seconds: float
    ) -> None:
        """A tick is in the ledger, as `tables` show it."""
        self.fates.begin()
        for row in tick.lanes:
            place = tables.places.get((row.lane, 0))
            self._began_at.setdefault(row.lane, seconds)
            if place is not None and row.kind == "live":
                self.starts[row.lane] = place.start
        for each in attempts:
            self._settle(each, tick, tables)
        for lane, _, position, subscription in tick.unparked:
            owed = self._owed(tables.lanes[lane], position, subscription)
            self.fates.drop(self._sent(owed, lane), lane)
        reopened = self._reopened(tick, tables)
        for lane in self._touched(tick):
            closed = self._closed_now(lane, tables, tick)
            if lane not in self.loose:
                self._check_classes(lane, closed, reopened.get(lane, []), tick)
            for position in closed:
                self._closed_as[lane, position] = worst(self.fates.ends[lane, position])
                self._closed_at[lane, position] = seconds

    def _touched(self, tick: Tick) -> set[int]:
        return tick_lanes(tick) | {row.lane for row in tick.parked}

    def _settle(self, attempt: Attempt, tick: Tick, tables: Tables) -> None:
        owed = self._owed(tables.lanes[attempt.lane], attempt.position, attempt.subscription)
        self.fates.settle(self._sent(owed, attempt.lane), attempt, tick)

    def _owed(self, row: LaneRow, position: int, subscription: str) -> Owed:
        return Owed(row.gate, subscription, self.known[position].message)

    def _sent(self, owed: Owed, lane: int) -> Sent:
        """A replay that was asked to repeat what succeeded has deliveries of its own."""
        mine = Sent(owed, lane)
        return mine if mine in self.fates.of else Sent(owed)

    def _reopened(self, tick: Tick, tables: Tables) -> dict[int, list[int]]:
        """Dead letters that are owed again: positions of events that had been closed."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        rows = {row[:4]: row for row in tick.parked}
        for number, _ in tick.redriven:
            letter = tables.letters[number].letter
            row = rows.get(letter[:4])
            if row is None:
                raise Broken(f"{letter} is marked as sent again, and is not parked")
            owed = self._owed(tables.lanes[letter.lane], letter.position, letter.subscription)
            sent = self._sent(owed, letter.lane)
            self.fates.reopen(sent, letter.lane, letter.position, row.due_at)
            self.redriven.add((letter.lane, letter.position))
            book = self._lanes[letter.lane]
            if letter.position not in book.waiting:
                book.waiting.add(letter.position)
                book.opened.add(letter.position)
                found[letter.lane].append(letter.position)
        return found

    def _closed_now(self, lane: int, tables: Tables, tick: Tick) -> list[int]:
        """What was waiting and is neither ahead nor open any more."""
        place = tables.places.get((lane, 0))
        if place is None:
            return []
        book = self._lanes[lane]
        self._refill(lane, tables)
        closed = []
        for position in list(self._passed_over(book, place)):
            if (lane, 0, position) in tables.opened:
                book.opened.add(position)
            else:
                closed.append(position)
        for of, _, position in tick.closed:
            if of == lane and position in book.opened and (of, 0, position) not in tables.opened:
                closed.append(position)
        for position in closed:
            book.waiting.discard(position)
            book.opened.discard(position)
        return list(dict.fromkeys(closed))

    def _passed_over(self, book: LaneBook, place: PlaceRow) -> Iterator[int]:
        """Those that were ahead and are not any more; they are taken out."""
        done = unpack(place.cursor, place.done)
        edge = done[-1][1] if done else place.cursor
        upto = bisect_left(book.ahead, edge)
        if not upto:
            return
        is_it = is_ahead(place.cursor, done)
        parts = [(at, is_it(at)) for at in book.ahead[:upto]]
        book.ahead[:upto] = [at for at, ahead in parts if ahead]
        yield from (at for at, ahead in parts if not ahead)

    def _refill(self, lane: int, tables: Tables) -> None:
        """Events that became visible since; nothing below the last one can be new."""
        live, place = self._live[tables.lanes[lane].source], tables.places[lane, 0]
        book = self._lanes[lane]
        stop = self.head if place.stop is None else min(place.stop, self.head)
        low = bisect_left(live, max(book.seen, place.start))
        fresh = live[low : bisect_left(live, stop)] if stop > book.seen else []
        book.waiting.update(fresh)
        book.ahead.extend(fresh)
        book.seen = max(book.seen, stop)

    def _check_classes(self, lane: int, closed: list[int], reopened: list[int], tick: Tick) -> None:
        """Each event that this tick closed is in the class that its deliveries ended in."""
        expected = Counter(self._expected(lane, position) for position in closed)
        expected.subtract(self._closed_as[lane, position] for position in reopened)
        found: Counter[str] = Counter()
        for (of, cls, _), n in tick.tallies.items():
            if of == lane:
                found[cls] += n
        if {k: n for k, n in expected.items() if n} != {k: n for k, n in found.items() if n}:
            raise Broken(f"lane {lane} closed {expected}, and the tick says {found}")

    def _expected(self, lane: int, position: int) -> str:
        """A live lane closes an event when all who want it have got it or never will."""
        message = self.known[position].message
        ends = self.fates.ends[lane, position]
        for subscription in self.plans.wants(lane, message) if lane in self.starts else ():
            if subscription not in ends:
                raise Broken(f"{message} was closed, and {subscription} had not ended")
        return worst(ends)

    # crashes

    @property
    def is_unsynced(self) -> bool:
        return self.fates.is_unsynced

    def synced(self) -> None:
        self.fates.synced()

    def killed(self) -> None:
        self.fates.killed()

    def lost_power(self, kept: int) -> None:
        self.fates.lost_power(kept)

    def recovered(self, tables: Tables) -> None:
        """The whole log was met again: what the ledger has not closed is waiting."""
        self._lanes.clear()
        self.lines.recovered(tables)
        self.starts = {
            lane: place.start
            for (lane, _), place in tables.places.items()
            if tables.lanes[lane].kind == "live"
        }
        for lane, _ in tables.places:
            self._refill(lane, tables)
            book = self._lanes[lane]
            book.opened = {at for of, _, at in tables.opened if of == lane}
            book.waiting |= book.opened
            for position in list(self._passed_over(book, tables.places[lane, 0])):
                if position not in book.opened:
                    book.waiting.discard(position)

    # the ledger

    def check(self, tables: Tables, lanes: Iterable[int] | None = None) -> None:
        """Every lane, or these, add up at this moment."""
        opened: defaultdict[int, list[int]] = defaultdict(list)
        for lane, _, position in tables.opened:
            opened[lane].append(position)
        tallied: Counter[int] = Counter()
        for (lane, _, _), n in tables.tallies.items():
            tallied[lane] += n
        for lane in tables.lanes if lanes is None else lanes:
            place = tables.places.get((lane, 0))
            if place is not None:
                self._check_lane(tables, tables.lanes[lane], place, opened[lane], tallied[lane])

    def _check_lane(
        self, tables: Tables, row: LaneRow, place: PlaceRow, opened: list[int], tallied: int
    ) -> None:
        lane = row.lane
        head = place.cursor if row.state == "ended" else self.head
        head = head if place.stop is None else max(place.cursor, min(place.stop, head))
        done = unpack(place.cursor, place.done)
        edges = [place.cursor, *(edge for span in done for edge in span)]
        if not place.start <= place.cursor <= head or edges != sorted(edges) or edges[-1] > head:
            raise Broken(f"lane {lane}: {place} with {done}, and the head at {head}")
        if place.base != self.counted(row.source, 0, place.start):
            raise Broken(f"lane {lane}: base {place.base} is not what lies before {place.start}")
        for kept in tables.with_records() if place.floor_ack else ():
            if kept.lane == lane and kept.position < place.floor_ack and kept.record is None:
                raise Broken(f"lane {lane} let the log drop what {kept} needs")
        ahead = is_ahead(place.cursor, done)
        if any(self.known[at].source != row.source or ahead(at) for at in opened):
            raise Broken(f"lane {lane}: open events {opened} are ahead or of another source")
        pending = self.counted(row.source, place.cursor, head) + len(opened)
        pending -= sum(self.counted(row.source, low, high) for low, high in done)
        received = self.counted(row.source, place.start, head)
        if received != tallied + pending:
            raise Broken(f"lane {lane}: {received} received, {tallied} closed, {pending} pending")

    def pending(self, tables: Tables) -> int:
        """Events that no live lane has closed yet, of all that go on."""
        tallied: Counter[int] = Counter()
        for (lane, _, _), n in tables.tallies.items():
            tallied[lane] += n
        return sum(
            self.counted(row.source, tables.places[lane, 0].start, self.head) - tallied[lane]
            for lane, row in tables.lanes.items()
            if row.state != "ended" and row.kind == "live"
        )

    def check_delivered(self, tables: Tables) -> None:
        """At rest: whatever a connection wanted has arrived there, at least once."""
        for lane, row in tables.lanes.items():
            if lane in self.loose or row.kind != "live":
                continue
            start = tables.places[lane, 0].start
            for position in (at for at in self._live[row.source] if at >= start):
                message = self.known[position].message
                for subscription in self.plans.wants(lane, message):
                    if Sent(Owed(lane, subscription, message)) not in self.fates.of:
                        raise Broken(f"{message} never came to {subscription}")

    def check_replayed(
        self, lane: int, position: int, owed: Owed, again: int, others: Iterable[int]
    ) -> None:
        """What a replay of everything has read was sent by it, or left to one that had it then."""
        fate = self.fates.of.get(Sent(owed, again))
        arrived = [each for each in self.fates.of.items() if each[1].cls == "delivered"]
        by_any = any(sent.owed == owed and again in (0, sent.again) for sent, _ in arrived)
        if self.fates.ends[lane, position] or by_any:
            return
        since = self._began_at[lane]
        if not any(self._had(each, position, owed.subscription, since) for each in others):
            raise Broken(f"{owed} was asked for by lane {lane}, and was {fate}")

    def _had(self, lane: int, position: int, subscription: str, since: float) -> bool:
        """A live lane has closed the event since then, or a replay has that was to send it.

        One that was cancelled may have ended it without an attempt.
        """
        if self._closed_at.get((lane, position), 0.0) < since:
            return False
        is_sender = lane in self.starts or lane in self.loose
        return is_sender or subscription in self.fates.ends[lane, position]

    def replayed(self, row: LaneRow, place: PlaceRow) -> Iterator[tuple[int, Owed]]:
        """What a replay read, and what its connection wants of it."""
        live = self._live[row.source]
        for position in live[bisect_left(live, place.start) : bisect_left(live, place.stop or 0)]:
            message = self.known[position].message
            for subscription in self.plans.wants(row.gate, message):
                yield position, Owed(row.gate, subscription, message)

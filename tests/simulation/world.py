"""A machine under virtual time: what outlives its processes, and all that was observed on it."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

from headgate.deliver.attempt import idempotency_key
from headgate.deliver.engine import Wanted
from headgate.ledger.port import REPLAY_LANES
from headgate.log.segments.reading import ACTIVE, HEAD, Cursor
from headgate.log.segments.trimming import lift_floor
from tests.simulation.books import Books
from tests.simulation.commands import Orders
from tests.simulation.disk import Crash, SimDisk
from tests.simulation.fates import Moment
from tests.simulation.gates import Watch
from tests.simulation.history import Broken, History
from tests.simulation.lane_book import tick_lanes
from tests.simulation.life import Life
from tests.simulation.loop import VirtualLoop
from tests.simulation.receiver import Arrival
from tests.simulation.setting import ready, source_id
from tests.simulation.site import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from headgate.deliver.gate import Gate
    from headgate.ledger.port import Attempt, Tick
    from headgate.log.port import Stored
    from headgate.store.snapshot import Command
    from headgate.store.snapshot.model import CommandKind
    from tests.simulation.disk import Op
    from tests.simulation.receiver import Answer, Owed
    from tests.simulation.setting import Joined, Setting

BEGIN_MS = 1_790_000_000_000
HEAD_FILE = FOLDER / "head"


class Clock:
    """Wall time, which may jump; monotonic time is the loop's."""

    def __init__(self) -> None:
        self.offset = self.latest = BEGIN_MS
        """`latest` is the highest that anyone was ever told: what was due then stays due."""

    def now_ms(self) -> int:
        now = self.offset + int(self.monotonic() * 1000)
        self.latest = max(self.latest, now)
        return now

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


@dataclass
class World:
    """The invariants 1 to 6, 9 and 10 of data-path section 8 are asserted at every step.

    `dies_at` is the number of the point, counted over all lives, at which the machine dies;
    `meddle` may change a tick behind the engine's back, and must then be found out.
    """

    setting: Setting
    seed: int = 0
    dies_at: int | None = None
    meddle: Callable[[Tick], None] = lambda _: None
    points: list[str] = field(default_factory=list)
    """What happened at each point so far."""
    time: float = 0.0
    dead: bool = False
    is_trimmed: bool = False
    """Retention has announced that something will go."""
    off: set[int] = field(default_factory=set)
    """Connections that are switched off now."""

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)  # noqa: S311 - a simulation must repeat itself
        self.disk = SimDisk(self.seed)
        self.keeper = self.setting.keeper()
        self.history, self.clock = History(), Clock()
        self.books = Books(self, self.setting.slots, self.setting.policy.order_hold_seconds)
        self.watches: dict[int, Watch] = {}
        self.orders = Orders()
        self.requests = count(1)
        self.joined = {each.number: each for each in self.setting.joined}
        self.starts = dict.fromkeys(self.joined, 0)
        self.unsent = list(self.setting.batches)
        self.life: Life | None = None
        self.broken: Broken | None = None
        self.marks = count()
        self._tail: Cursor | None = None
        self._is_recovered = False
        self._puts = -1
        self._passes = 0

    # what is configured

    def wants(self, connection: int, message: str) -> tuple[str, ...]:
        name, _, _ = message.partition("-")
        wants = self.joined[connection].wants
        return tuple(subscription for subscription, names in wants.items() if name in names)

    def ordering(self, connection: int) -> str:
        return self.joined[connection].ordering

    def source(self, connection: int) -> int:
        return self.joined[connection].source

    def start(self, connection: int) -> int:
        return self.starts[connection]

    def again(self, owed: Owed, key: str) -> int:
        """The lane of a replay that repeats what succeeded, 0 for every other request."""
        source, connection = (
            source_id(self.source(owed.connection)),
            f"connection-{owed.connection}",
        )
        for number in (0, *self.orders.agains(owed.connection)):
            parts = (source, owed.message, connection, owed.subscription)
            if idempotency_key(*parts, number) == key:
                return REPLAY_LANES + number if number else 0
        raise Broken(f"{owed} was sent with two keys: {key} is none of it")

    def may_replay(self, connection: int, position: int) -> bool:
        return any(
            command.args["start"] <= position < command.args["stop"]
            for command in self.orders.replays(connection)
            if self._goes_on(command)
        )

    def _goes_on(self, replay: Command) -> bool:
        row = self.keeper.tables.lanes.get(REPLAY_LANES + replay.number)
        return row is None or row.state != "ended"

    def is_replaying(self, connection: int) -> bool:
        return any(map(self._goes_on, self.orders.replays(connection)))

    def wanted(self) -> list[Wanted]:
        return [self._wanted(each) for each in self.joined.values()]

    def _wanted(self, each: Joined) -> Wanted:
        is_off = each.number in self.off
        return Wanted(
            each.number,
            "ws",
            each.source,
            source_id(each.source),
            self.starts[each.number],
            1,
            None if is_off else ready(each),
            "disabled" if is_off else "",
        )

    def join(self, joined: Joined) -> None:
        """A connection is enabled for the first time: it begins at the head, as control does."""
        self.starts[joined.number] = self.books.head
        self.joined[joined.number] = joined

    def leave(self, number: int) -> None:
        """A connection is deleted."""
        del self.joined[number]
        self.books.loose.update(self.lanes_of(number))
        self.orders.forget(number)

    def lanes_of(self, connection: int) -> list[int]:
        """Its live lane and its replays."""
        replays = self.orders.replays(connection)
        return [connection, *(REPLAY_LANES + each.number for each in replays)]

    def change(self, joined: Joined) -> None:
        """A connection has other subscriptions now: how its events end is not foreseen."""
        self.joined[joined.number] = joined
        self.books.loose.update(self.lanes_of(joined.number))

    def order(self, kind: CommandKind, connection: int, **args: Any) -> None:
        """Somebody gives a command; lanes learn of it with what is configured next."""
        command = self.orders.give(kind, connection, self.clock.latest, **args)
        if self.is_trimmed and kind == "replay":
            self.books.loose.add(REPLAY_LANES + command.number)

    def raise_floor(self, share: float) -> None:
        """What lies below a share of the log may be dropped once every lane has said so.

        Retention takes hours and days: the engine has long read what it is about.
        """
        if self.life is None or self.life.engine is None:
            return
        self.books.loose.update(lane for each in self.joined for lane in self.lanes_of(each))
        self.is_trimmed = True
        place = min(self.books.place(share), self.life.engine.feed.end)
        floor = self.disk.cells(FOLDER / "floor", writable=True)
        with suppress(OSError):  # the next run of `keep` would do it
            lift_floor(self.disk, FOLDER, floor, place)

    def configure(self) -> None:
        """What was changed is published: the engine follows it soon."""
        if self.life is not None:
            self.life.published.set()

    # what happens

    def point(self, what: str) -> None:
        """The machine may die here: everything must be right, now and for a successor."""
        if self.dead or self.broken is not None:
            raise Crash
        with self._noting():
            self.look()
        self.points.append(what)
        if len(self.points) == self.dies_at:
            self.dead = self.disk.dead = True
            raise Crash(what)

    def step(self) -> None:
        """The loop came round."""
        if self.broken is not None:
            raise self.broken
        if self.dead:
            raise Crash
        self.look()

    def look(self) -> None:
        """Read what became visible; watch the gates."""
        self._follow()
        engine = self.life.engine if self.life else None
        for number, lane in engine.lanes.items() if engine else ():
            if not 0 <= lane.gate.in_flight <= self.setting.slots:
                raise Broken(f"{lane.gate.in_flight} of {self.setting.slots} slots are taken")
            if number in self.joined:
                self._watch(number).look(lane.gate, self.books.fates.flying(number))

    def _watch(self, connection: int) -> Watch:
        return self.watches.setdefault(connection, Watch())

    def _gate(self, connection: int) -> Gate | None:
        engine = self.life.engine if self.life else None
        lane = engine.lanes.get(connection) if engine else None
        return lane.gate if lane is not None else None

    def recovered(self) -> None:
        """The appender has found the end of the log; before that the head's file may be old."""
        self._is_recovered = True
        self._follow()
        self.books.recovered(self.keeper.tables)
        self.books.check(self.keeper.tables)

    def _follow(self) -> None:
        """The tailing reader; before it there is nothing to see."""
        if self._tail is None or self._puts == self.disk.puts:
            return
        self._puts = self.disk.puts
        cells = self.disk.cells(HEAD_FILE, writable=True)
        head = cells.get(HEAD)
        if head != self.books.head:
            frames = list(self._tail.frames(head, cells.get(ACTIVE)))
            self.saw([event for frame in frames for event in frame.events()], head)

    def saw(self, events: list[Stored], head: int) -> None:
        self.history.saw(events, head)
        self.books.saw(events, head, self.setting.user)

    def arrived(self, owed: Sequence[Owed], key: str) -> Arrival:
        """A request arrived; whatever is wrong with it ends the run at the next step."""
        if self.dead or self.broken is not None:
            raise Crash
        connection, number, now = owed[0].connection, next(self.requests), self._now()
        with self._noting():
            if connection not in self.joined or connection in self.off:
                raise Broken(f"{owed} was sent, and its connection is off")
            gate = self._gate(connection)
            if gate is not None:
                flying = self.books.fates.flying(connection)
                self._watch(connection).arrived(gate, number, flying, now.seconds)
            return Arrival(number, connection, self.books.sent(owed, key, number, now))

    def answered(self, arrival: Arrival, answer: Answer) -> None:
        self.books.fates.answered(arrival.number, self.clock.monotonic())
        gate = self._gate(arrival.connection)
        if gate is not None:
            flying = self.books.fates.flying(arrival.connection)
            watch, now = self._watch(arrival.connection), self._now()
            watch.answered(gate, arrival, answer, flying, now.seconds)

    def _now(self) -> Moment:
        return Moment(self.clock.latest, self.clock.monotonic())

    def commit(self, tick: Tick, attempts: list[Attempt]) -> None:
        """The ledger keeps a tick, and the accounts are right afterwards, as they were before."""
        self.meddle(tick)
        with self._noting():
            self.orders.check_once(tick, self.keeper.tables)
        self.keeper.commit(tick)
        if self.life is not None:
            self.life.commits.set()
        with self._noting():
            self._follow()
            self.books.committed(tick, attempts, self.keeper.tables, self.clock.monotonic())
            self.books.check(self.keeper.tables, tick_lanes(tick))

    def check_passes(self, passed: int) -> None:
        """In each life, those who passed an earlier event of their user were counted."""
        now, self._passes = self.books.passed - self._passes, self.books.passed
        if now > passed:
            raise Broken(f"{now} events passed earlier ones of their users, {passed} were counted")

    def check_replayed(self) -> None:
        """At rest: what a replay was asked for was sent, or delivered, or left to another lane."""
        tables = self.keeper.tables
        for lane, row in tables.lanes.items():
            if row.kind == "live" or row.gate not in self.joined:
                continue
            if not self.books.loose.isdisjoint({lane, row.gate}):
                continue  # what the live lane owed may have been skipped after it was left to it
            args = self.orders.given[row.replay_id].args
            for position, owed in self.books.replayed(row, tables.places[lane, 0]):
                name, _, _ = owed.message.partition("-")
                is_meant = not args["events"] or name in args["events"]
                if is_meant and args["only"] == "all":
                    again = lane if args["again"] else 0
                    others = [row.gate] if again else self.lanes_of(row.gate)
                    self.books.check_replayed(lane, position, owed, again, others)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """What is found out ends the run: an engine would take it for a failure and go on."""
        try:
            yield
        except Broken as broken:
            self.broken = broken
            raise Crash from broken

    # lives

    def live(self) -> None:
        """One life, until everything is at rest; raises `Crash` when it died before."""
        loop = VirtualLoop(self.time, each_step=self.step, expected=(Crash,))
        self.life, self._is_recovered = Life(self), False
        self.watches.clear()
        self._puts, self._passes = -1, self.books.passed
        self.disk.before = self._before
        if self._tail is None:
            self._tail = Cursor(self.disk, FOLDER, 0, lambda: 0)
            self.books.began_again()
        try:
            loop.live(self.life.run())
        finally:
            self.time, self.life = loop.time(), None

    def _before(self, op: Op) -> None:
        self.point(op.kind)
        if op.kind == "put" and op.path == HEAD_FILE and self.life is not None:
            self.life.head_moves()

    def killed(self) -> None:
        """All processes end; what they wrote is there."""
        self.dead = False
        self.keeper.killed()
        self.disk.kill()
        self.books.killed()

    def lost_power(self, survival: float) -> None:
        """Of what was not synced some is there, or with a `survival` of 0 nothing."""
        self.dead = False
        kept = self.keeper.lost_power(self.rng, survival)
        self.disk.power_loss(self.rng, survival)
        self._tail = None
        self.books.lost_power(kept)

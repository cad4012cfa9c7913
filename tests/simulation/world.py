"""A machine under virtual time: what outlives its processes, and all that was observed on it."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from headgate.deliver.engine import Wanted
from headgate.log.segments.reading import ACTIVE, HEAD, Cursor
from headgate.log.segments.trimming import lift_floor
from tests.simulation.books import Books
from tests.simulation.disk import Crash, SimDisk
from tests.simulation.history import Broken, History
from tests.simulation.life import Life
from tests.simulation.loop import VirtualLoop
from tests.simulation.setting import ready, source_id
from tests.simulation.site import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headgate.ledger.port import Attempt, Tick
    from headgate.log.port import Stored
    from tests.simulation.disk import Op
    from tests.simulation.receiver import Owed
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
    """The invariants 1 to 6 of data-path section 8 are asserted before and after everything.

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
    off: set[int] = field(default_factory=set)
    """Connections that are switched off now."""

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)  # noqa: S311 - a simulation must repeat itself
        self.disk = SimDisk(self.seed)
        self.keeper = self.setting.keeper()
        self.history, self.clock = History(), Clock()
        self.books = Books(self.wants, self.setting.slots)
        self.joined = {each.number: each for each in self.setting.joined}
        self.starts = dict.fromkeys(self.joined, 0)
        self.unsent = list(self.setting.batches)
        self.life: Life | None = None
        self.broken: Broken | None = None
        self.marks = count()
        self._tail: Cursor | None = None
        self._is_recovered = False
        self._ticks = 0
        self._looked = (-1, -1)

    # what is configured

    def wants(self, connection: int, message: str) -> tuple[str, ...]:
        name, _, _ = message.partition("-")
        wants = self.joined[connection].wants
        return tuple(subscription for subscription, names in wants.items() if name in names)

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
        self.books.loose.add(number)

    def change(self, joined: Joined) -> None:
        """A connection has other subscriptions now: how its events end is not foreseen."""
        self.joined[joined.number] = joined
        self.books.loose.add(joined.number)

    def raise_floor(self, share: float) -> None:
        """What lies below a share of the log may be dropped once every lane has said so.

        Retention takes hours and days: the engine has long read what it is about.
        """
        if self.life is None or self.life.engine is None:
            return
        self.books.loose.update(self.starts)
        place = min(self.books.place(share), self.life.engine.feed.end)
        floor = self.disk.cells(FOLDER / "floor", writable=True)
        with suppress(OSError):  # the next run of `keep` would do it
            lift_floor(self.disk, FOLDER, floor, place)

    async def configure(self) -> None:
        """Let the engine follow what was changed."""
        if self.life is not None and self.life.engine is not None:
            await self.life.engine.configure(self.wanted())

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
        """Read what became visible; check the accounts and the gates."""
        head = self._follow()
        if self._looked != (head, self._ticks) and self._is_recovered:
            self._looked = (head, self._ticks)
            self.books.check(self.keeper.tables)
        engine = self.life.engine if self.life else None
        for lane in engine.lanes.values() if engine else ():
            if not 0 <= lane.gate.in_flight <= self.setting.slots:
                raise Broken(f"{lane.gate.in_flight} of {self.setting.slots} slots are taken")

    def recovered(self) -> None:
        """The appender has found the end of the log; before that the head's file may be old."""
        self._is_recovered = True
        self._follow()
        self.books.recovered(self.keeper.tables)

    def _follow(self) -> int:
        """The tailing reader; before it there is nothing to see."""
        if self._tail is None:
            return 0
        cells = self.disk.cells(HEAD_FILE, writable=True)
        head = cells.get(HEAD)
        if head != self.books.head:
            frames = list(self._tail.frames(head, cells.get(ACTIVE)))
            self.saw([event for frame in frames for event in frame.events()], head)
        return head

    def saw(self, events: list[Stored], head: int) -> None:
        self.history.saw(events, head)
        self.books.saw(events, head)

    def sent(self, owed: Owed, key: str) -> int:
        """A request arrived; whatever is wrong with it ends the run at the next step."""
        if self.dead or self.broken is not None:
            raise Crash
        with self._noting():
            return self.books.sent(owed, self._on(owed).source, key, self.clock.latest)

    def _on(self, owed: Owed) -> Joined:
        joined = self.joined.get(owed.connection)
        if joined is None or owed.connection in self.off:
            raise Broken(f"{owed} was sent, and its connection is off")
        return joined

    def commit(self, tick: Tick, attempts: list[Attempt]) -> None:
        self.meddle(tick)
        self.keeper.commit(tick)
        self._ticks += 1
        with self._noting():
            self.books.committed(tick, attempts, self.keeper.tables)

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
        self._ticks += 1
        self.books.lost_power(kept)

"""One life of a simulated machine's processes: a collector with its clients, and an engine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from headgate.control.observing.accounts import accounts
from headgate.deliver.attempt import Attempts
from headgate.ledger.port import (
    Held,
    Ledger,
    LedgerUnavailable,
    OpenRow,
    Tick,
)
from headgate.ledger.queries import LetterFilter
from headgate.log.encode import event_batch
from headgate.log.errors import Unavailable
from headgate.log.port import Position, Record
from headgate.log.segments.log import SegmentLog
from headgate.log.segments.reading import Cursor
from tests.simulation.disk import Crash
from tests.simulation.history import Broken, Copy
from tests.simulation.receiver import Receiver
from tests.simulation.setting import snapshot
from tests.simulation.site import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Coroutine, Sequence

    from headgate.ages import Ages
    from headgate.deliver.engine import Engine
    from headgate.ledger.port import Letter, Share
    from headgate.log.port import EventBatch
    from tests.simulation.setting import Batch
    from tests.simulation.world import World

SYNC_SECONDS = 0.1


class Waking:
    """`Signal` for readers in the same loop: woken after each write to the head file."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def wake(self) -> None:
        for told in self._waiting:
            if not told.done():
                told.set_result(None)

    async def beyond(self, head: int, current: Callable[[], int]) -> None:
        while current() == head:
            told = asyncio.get_running_loop().create_future()
            self._waiting.add(told)
            try:
                await told
            finally:
                self._waiting.discard(told)

    def close(self) -> None: ...


class Watched(Ledger):
    """The ledger of one life: each commit and sync is a point at which the machine may die."""

    def __init__(self, world: World) -> None:
        self._world, self._ledger = world, world.keeper.open()

    def held(self) -> Held:
        return self._ledger.held()

    def unrecorded(self, lane: int, partition: int, below: int) -> Sequence[int]:
        return self._ledger.unrecorded(lane, partition, below)

    def record(self, lane: int, partition: int, position: int) -> bytes | None:
        return self._ledger.record(lane, partition, position)

    def opened_row(self, lane: int, partition: int, position: int) -> OpenRow | None:
        return self._ledger.opened_row(lane, partition, position)

    def letters(self, which: LetterFilter) -> Sequence[Letter]:
        return self._ledger.letters(which)

    def letters_at(self, lane: int, partition: int, position: int) -> Sequence[Letter]:
        return self._ledger.letters_at(lane, partition, position)

    def done_commands(self) -> frozenset[str]:
        return self._ledger.done_commands()

    def delivered(
        self, lanes: frozenset[int], partition: int, low: int, high: int
    ) -> frozenset[tuple[int, str]]:
        return self._ledger.delivered(lanes, partition, low, high)

    def tried(
        self, lanes: frozenset[int], partition: int, low: int, high: int
    ) -> frozenset[tuple[int, str]]:
        return self._ledger.tried(lanes, partition, low, high)

    def sweep(self, now_ms: int, ages: Ages, commands: Container[str] | None = None) -> bool:
        return self._world.setting.sweeps and self._ledger.sweep(now_ms, ages, commands)

    def shares(self, since_ms: int) -> dict[int, Share]:
        return self._ledger.shares(since_ms) if self._world.setting.sweeps else {}

    def may_commit(self) -> bool:
        return not self._world.setting.stands_still(self._world.rng)

    def commit(self, tick: Tick) -> None:
        self._world.point("before a commit")
        if self._world.setting.refuses(self._world.rng):
            raise LedgerUnavailable("this commit was told to fail")
        self._world.commit(tick, list(tick.attempts))
        self._world.point("after a commit")

    def sync(self) -> None:
        self._world.point("before a sync")
        self._world.keeper.sync()
        self._world.books.synced()
        self._world.point("after a sync")

    def close(self) -> None: ...


class Life:
    """It goes on until everything is at rest, unless the machine dies."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.engine: Engine | None = None
        self.published = asyncio.Event()
        self.commits = asyncio.Event()
        self._signal = Waking()
        self.log = SegmentLog(world.disk, FOLDER, self._signal)

    def head_moves(self) -> None:
        """The head file is being written: its readers notice a little later."""
        asyncio.get_running_loop().call_later(self._lag(), self._signal.wake)

    def _lag(self) -> float:
        return self.world.setting.lag(self.world.rng)

    async def run(self) -> None:
        world = self.world
        self.log.own(world.clock, self._offload, world.setting.limits)
        ledger = Watched(world)
        world.recovered()
        self._read_all()
        self.engine = engine = world.setting.engine(
            SegmentLog(world.disk, FOLDER, self._signal),
            ledger,
            Attempts(Receiver(world.setting.plan, world), world.clock),
            world.clock,
            world.rng.random,
            world.setting.policy,
        )
        await engine.start()
        await engine.configure(world.wanted(), dict(world.orders.given))
        clients = [self._send(batch) for batch in world.unsent]
        for_ever = [asyncio.ensure_future(each) for each in self._beside(engine, ledger)]
        await self._rest([*clients, world.setting.trouble(world)], [*for_ever, engine.broken])
        await engine.stop()
        ledger.sync()
        world.books.check(world.keeper.tables)
        world.check_passes(engine.ticks.counters["passed"])
        self.engine = None
        await self._audit()
        await self.log.close()

    async def _rest(
        self,
        works: Sequence[Coroutine[object, object, None]],
        for_ever: Sequence[asyncio.Future[None]],
    ) -> None:
        """Until nothing is left to be done; what runs beside it must not break."""
        loop, setting = asyncio.get_running_loop(), self.world.setting
        tasks = [asyncio.ensure_future(work) for work in works]
        deadline = loop.time() + setting.longest
        while not all(task.done() for task in tasks) or self._pending():
            await asyncio.sleep(setting.poll)
            for task in (*tasks, *for_ever):
                if task.done():
                    task.result()
            if loop.time() > deadline:
                raise Broken(f"{self._pending()} events or lanes never come to an end")
        for task in for_ever[:-1]:
            task.cancel()

    def _pending(self) -> int:
        """What lanes have to close yet, lanes that have to begin or to end, commands to be done."""
        self.world.look()
        tables = self.world.keeper.tables
        lanes = {lane for lane, row in tables.lanes.items() if row.state != "ended"}
        waiting = self.world.orders.given.keys() - tables.commands.keys()
        return (
            len(lanes ^ self.world.joined.keys()) + len(waiting) + self.world.books.pending(tables)
        )

    async def _operate(self) -> None:
        """Somebody looks now and then, and resumes what is paused."""
        world = self.world
        while True:
            await asyncio.sleep(world.setting.operates)
            if world.orders.resume(world.keeper.tables, world.joined, world.clock.now_ms()):
                world.configure()

    def _beside(self, engine: Engine, ledger: Ledger) -> list[Coroutine[object, object, None]]:
        return [self._sync(ledger), self._operate(), self._follow(engine)]

    async def _follow(self, engine: Engine) -> None:
        """Snapshots come one after the other; a newer one overtakes those that wait."""
        while True:
            await self.published.wait()
            self.published.clear()
            await engine.configure(self.world.wanted(), dict(self.world.orders.given))

    async def _sync(self, ledger: Ledger) -> None:
        while True:
            await self.commits.wait()
            await asyncio.sleep(SYNC_SECONDS)
            self.commits.clear()
            ledger.sync()

    async def _offload(self, work: Callable[[], None]) -> None:
        await asyncio.sleep(self._lag())
        try:
            work()
        except Crash:
            await asyncio.Event().wait()

    def _read_all(self) -> None:
        """Invariants 1 to 3 on the whole log, below its floor, too, as nothing is dropped here."""
        head, start = self.log.head(), Position(0)
        cursor = Cursor(self.world.disk, FOLDER, start, lambda: start)
        events = [event for frame in cursor.frames(head, start) for event in frame.events()]
        self.world.history.saw_all(events, head)

    async def _audit(self) -> None:
        """At rest: the accounts that people are shown are those of the books, and complete."""
        world = self.world
        self._read_all()
        world.books.check_delivered(world.keeper.tables)
        world.check_replayed()
        rows = await accounts(self.log, world.keeper.reader, snapshot(world.joined.values()))
        for row in rows:
            if row.connection is not None and (row.balance or row.pending):
                raise Broken(f"at rest {row}")
        if {row.connection for row in rows} - {None} != {f"hook-{n}" for n in world.joined}:
            raise Broken(f"{world.joined.keys()} have {rows}")

    # the clients

    async def _send(self, batch: Batch) -> None:
        """Send at its time, and again until it is acknowledged, in this life or another."""
        world = self.world
        await asyncio.sleep(max(0.0, batch.at - asyncio.get_running_loop().time()))
        while batch in world.unsent:
            copies = [self._copy(batch.source, message) for message in batch.messages.split()]
            try:
                appended = await self.log.append(0, self._packed(copies))
            except Unavailable:
                world.history.refused(copies)
                await asyncio.sleep(0.5)
                continue
            if world.dead:
                raise Crash
            world.history.told(copies, appended)
            world.unsent.remove(batch)

    def _copy(self, source: int, message: str) -> Copy:
        name, _, _ = message.partition("-")
        mark = next(self.world.marks)
        return Copy(source, message, msgspec.json.encode({"event": name, "mark": mark}))

    def _packed(self, copies: list[Copy]) -> EventBatch:
        now, keys = self.world.clock.now_ms(), self.log.keys()
        user = self.world.setting.user
        records = [
            Record(at.source, now, name, "track", user(name), None, now, None, -1, at.mark)
            for at in copies
            for name in (at.message_id,)
        ]
        return event_batch(records, b"".join(keys.of(at.source, at.message_id) for at in copies))

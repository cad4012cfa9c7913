"""The engine: claims events for every lane, and has their deliveries attempted."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple, Protocol

from headgate.deliver.expiry import acknowledge, restored
from headgate.deliver.feed import Feed
from headgate.deliver.gate import SLOTS, Gate
from headgate.deliver.lane import DELETED, Delivery, Lane, Revival, taken_over
from headgate.deliver.retries import Alarm, Retries
from headgate.deliver.retry_policy import Next
from headgate.deliver.ticks import Result, Ticks
from headgate.ledger.port import LaneRow, PlaceRow, Switch
from headgate.log.errors import BeyondHead, Trimmed
from headgate.log.port import Position
from headgate.route import CODE_VERSION
from headgate.telemetry import log as logger

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from headgate.clock import Clock
    from headgate.deliver.events import Event, Events
    from headgate.deliver.prepared import Prepared
    from headgate.ledger.port import Ledger
    from headgate.log.port import EventLog, Frame

IDLE_PLACES_SECONDS = 10.0
FLOOR_SECONDS = 5.0
CLAIMS_AT_ONCE = 500
FRESH_FOR_EACH_RETRY = 3


class Attempting(Protocol):
    """Performs one attempt; raises nothing but cancellation."""

    async def __call__(self, delivery: Delivery, prepared: Prepared) -> Result: ...


class Wanted(NamedTuple):
    """A connection that shall have a lane; `prepared` is None while it is off or refused."""

    connection: int
    workspace: str
    source: int
    source_id: str
    start: int
    snapshot: int
    prepared: Prepared | None
    reason: str = ""


class Engine:
    """All lanes of one deliver process, on one event loop."""

    def __init__(
        self,
        log: EventLog,
        ledger: Ledger,
        attempting: Attempting,
        clock: Clock,
        random: Callable[[], float],
        *,
        slots: int = SLOTS,
    ) -> None:
        self._log, self._ledger, self._attempting = log, ledger, attempting
        self._clock, self._slots = clock, slots
        self.feed = Feed(log, self._arrived)
        self.lanes: dict[int, Lane] = {}
        self._by_source: defaultdict[int, list[Lane]] = defaultdict(list)
        self._prepared: dict[int, Prepared] = {}
        self._retries = Retries()
        self._alarm = Alarm(self._retries, clock, lambda: self._guard(self._revive_due))
        self.ticks = Ticks(ledger, clock, random, self._retries, self._committed, self._guard)
        self._tasks: set[asyncio.Task[None]] = set()
        self._attempts: set[asyncio.Task[None]] = set()
        self.is_stopping = False
        self._loop = asyncio.get_running_loop()
        self.broken: asyncio.Future[None] = self._loop.create_future()
        """Fails when the engine cannot go on; the ledger then tells a successor where to begin."""

    async def start(self) -> None:
        """Take over what the ledger holds; raises `BeyondHead` when it is newer than the log."""
        await self.feed.start()
        held = self._ledger.held()
        for lane in taken_over(held, self._slots):
            self._check(lane)
            self._add(lane)
        for parked in held.parked:
            self._retries.add(parked)
        self._spawn(self.feed.run())
        self._spawn(self._note_idle())
        self._spawn(self._follow_floor())

    def _check(self, lane: Lane) -> None:
        if lane.frontier > self.feed.end:
            raise BeyondHead(
                f"lane {lane.id} stands at {lane.frontier}, beyond the log's end"
                f" {self.feed.end}: restore a log that is at least as new as the ledger"
            )

    def _add(self, lane: Lane) -> None:
        self.lanes[lane.id] = lane
        self._by_source[lane.source].append(lane)

    # configuration

    async def configure(self, wanted: Iterable[Wanted]) -> None:
        """Follow a new snapshot: new lanes start, changed ones switch, deleted ones end."""
        wanted = list(wanted)
        for want in wanted:
            lane = self.lanes.get(want.connection) or await self._new_lane(want)
            if lane is not None:
                self._switch(lane, want)
        gone = self.lanes.keys() - {want.connection for want in wanted}
        for lane in [self.lanes[number] for number in gone]:
            self._end(lane)
        for lane in list(self.lanes.values()):
            self._pump(lane)
        self._alarm.set()

    async def _new_lane(self, want: Wanted) -> Lane | None:
        """The lane of a connection that never had one; it begins where it was first enabled."""
        start = Position(want.start)
        try:
            base = (await self._log.count(want.source, 0, Position(0), start)).events
        except Trimmed as error:
            logger.error("lane.start_trimmed", connection=want.connection, error=str(error))
            return None
        row = LaneRow(
            want.connection, want.connection, want.workspace, want.connection, want.source
        )
        place = PlaceRow(want.connection, 0, start, base, None, start, b"")
        self.ticks.now.lanes.append(row)
        lane = Lane(row, place, Gate(self._slots), want.source_id)
        lane.is_dirty = True
        self._add(lane)
        return lane

    def _switch(self, lane: Lane, want: Wanted) -> None:
        lane.source_id = want.source_id
        before = self._prepared.get(lane.id)
        if want.prepared is None:
            self._prepared.pop(lane.id, None)
            lane.router = None
        else:
            self._prepared[lane.id] = want.prepared
            lane.router = want.prepared.router
        state = "running" if want.prepared is not None else "held"
        if (lane.row.state, lane.row.reason) != (state, want.reason):
            lane.row = lane.row._replace(state=state, reason=want.reason)
            self.ticks.now.lanes.append(lane.row)
        if want.prepared is not None and (
            before is None or before.connection != want.prepared.connection
        ):
            self.ticks.now.switches.append(
                Switch(lane.id, 0, lane.frontier, want.snapshot, CODE_VERSION)
            )
        self.ticks.dirty(lane)

    def _end(self, lane: Lane) -> None:
        """The connection was deleted: close what it owes as discarded, then forget the lane."""
        if lane.ends_at is None:
            lane.router = None
            lane.ends_at = self.feed.end
            lane.due.extend(delivery.as_revival() for delivery in lane.ready)
            lane.due.extend(self._retries.take(lane.id))
            lane.ready.clear()
            self._prepared.pop(lane.id, None)

    # claiming and starting

    def _arrived(self, frame: Frame) -> None:
        for source in frame.counts:
            for lane in list(self._by_source[source]):
                if lane.is_caught_up:
                    lane.pass_to(frame.first)
                    lane.is_caught_up = False  # it may be unable to take the frame for a long time
                self._pump(lane)

    def _pump(self, lane: Lane) -> None:
        """Fill the lane's free slots; a long run of events that nobody wants yields in between."""
        if self.ticks.is_stuck or self.is_stopping:
            return
        looked = self._fill(lane)
        if lane.is_dirty:
            self.ticks.dirty(lane)
        if looked >= CLAIMS_AT_ONCE:
            self._loop.call_soon(self._guard, lambda: self._pump(lane))
        if lane.is_over() and lane.id in self.lanes:
            self._forget(lane)

    def _fill(self, lane: Lane) -> int:
        """Start what may be started; the number of events that were looked at for it."""
        looked = 0
        while lane.may_go_on and looked < CLAIMS_AT_ONCE:
            if lane.due and lane.ends_at is not None:
                self._drop(lane, lane.due.popleft())
                looked += 1
            elif lane.due and lane.turns % (FRESH_FOR_EACH_RETRY + 1) == FRESH_FOR_EACH_RETRY:
                self._revive(lane)
            elif lane.ready:
                self._send(lane.ready.popleft())
            elif lane.may_claim and self._entered(lane):
                looked += lane.claim(CLAIMS_AT_ONCE - looked, self.ticks.now)
            elif lane.due:
                self._revive(lane)
            else:
                break
        return looked

    def _entered(self, lane: Lane) -> bool:
        """Whether the lane stands in a frame: else it takes the next one, if there is one."""
        if not lane.is_inside:
            frame = self._next(lane)
            if frame is None:
                return False
            lane.enter(frame)
        return True

    def _next(self, lane: Lane) -> Events | None:
        if lane.backlog:
            return lane.backlog.popleft()
        if lane.is_caught_up:
            # Nothing of its source came since, or it would have been woken.
            lane.pass_to(self.feed.begin)
        if lane.frontier < self.feed.begin:
            if not lane.is_catching_up:
                lane.is_catching_up = True
                self._spawn(self._catch_up(lane))
            return None
        frame = self.feed.after(lane.frontier)
        lane.is_caught_up = frame is None
        return frame

    async def _catch_up(self, lane: Lane) -> None:
        begin = self.feed.begin
        try:
            frames = await self.feed.behind(lane.frontier)
        except Trimmed:
            # Retention has begun: the lane closes what lies below the floor within seconds.
            lane.is_catching_up = False
            return
        lane.backlog.extend(frames)
        if not frames:
            lane.pass_to(begin)
        lane.is_catching_up = False
        self._pump(lane)

    def _send(self, delivery: Delivery) -> None:
        delivery.lane.turns += 1
        delivery.lane.gate.take()
        self._attempt_in_task(self._attempt(delivery))

    async def _attempt(self, delivery: Delivery) -> None:
        lane = delivery.lane
        prepared = self._prepared.get(lane.id)
        if lane.is_held:  # since it was started
            lane.ready.appendleft(delivery)
            lane.gate.give_back()
        elif prepared is None or delivery.subscription not in prepared.subscriptions:
            self._drop(lane, delivery.as_revival())
            self._go_on(lane)
        else:
            self.ticks.result(await self._attempting(delivery, prepared))

    def _go_on(self, lane: Lane) -> None:
        """A slot is free again without a commit, as nothing was sent."""
        lane.gate.give_back()
        self._pump(lane)

    def _revive(self, lane: Lane) -> None:
        lane.turns += 1
        lane.gate.take()
        self._attempt_in_task(self._attempt_again(lane, lane.due.popleft()))

    async def _attempt_again(self, lane: Lane, revival: Revival) -> None:
        event = lane.owed(revival.position).event or await self._event(lane, revival.position)
        if event is None:
            self._drop(lane, revival, "no_record")
            self._go_on(lane)
            return
        delivery = Delivery(lane, event, revival.subscription)
        delivery.tries, delivery.first_at = revival.tries, revival.first_at
        delivery.is_parked = revival.is_parked
        await self._attempt(delivery)

    async def _event(self, lane: Lane, position: int) -> Event | None:
        """From the log, or from the copy that retention made before the log dropped it."""
        kept = self._ledger.record(lane.id, 0, position)
        if kept is not None:
            return restored(position, kept, lane.source_id)
        return await self.feed.event(position, lane.source, lane.source_id)

    def _drop(self, lane: Lane, dropped: Revival, reason: str = "") -> None:
        """A delivery that can no longer be attempted ends without one."""
        why = reason or (DELETED if lane.ends_at is not None else "subscription_removed")
        lane.end(
            lane.owed(dropped.position),
            dropped.subscription,
            Next("discarded", why, dropped.tries),
            self.ticks.now,
            is_parked=dropped.is_parked,
        )
        self.ticks.dirty(lane)

    def _forget(self, lane: Lane) -> None:
        lane.row = lane.row._replace(state="ended", reason=DELETED)
        self.ticks.now.lanes.append(lane.row)
        self.lanes.pop(lane.id, None)
        self._by_source[lane.source].remove(lane)
        self.ticks.dirty(lane)

    # after a commit

    def _committed(self, lanes: list[Lane], *, was_stuck: bool) -> None:
        for lane in list(self.lanes.values()) if was_stuck else dict.fromkeys(lanes):
            self._pump(lane)
        if not self.is_stopping:
            self._alarm.set()

    def _revive_due(self) -> None:
        lanes: dict[Lane, None] = {}
        for number, revival in self._retries.due(self._clock.now_ms()):
            lane = self.lanes.get(number)
            if lane is not None:
                lane.due.append(revival)
                lanes[lane] = None
        for lane in lanes:
            self._pump(lane)
        self._alarm.set()

    async def _note_idle(self) -> None:
        """Idle lanes follow the head in the ledger, too, but seldom."""
        while True:
            await asyncio.sleep(IDLE_PLACES_SECONDS)
            for lane in self.lanes.values():
                if lane.is_caught_up and not lane.unfinished:
                    lane.pass_to(self.feed.end)
                if lane.is_dirty:
                    self.ticks.dirty(lane)

    async def _follow_floor(self) -> None:
        """Acknowledge a raised floor for each lane, so that `keep` may trim."""
        while True:
            await asyncio.sleep(FLOOR_SECONDS)
            floor = (await self._log.floors())[0]
            for lane in list(self.lanes.values()):
                if lane.floor_ack < floor:
                    await acknowledge(lane, floor, self._log, self._ledger, self.feed, self.ticks)
                    self._pump(lane)

    # running and stopping

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        """Work without which the engine is no use: when it breaks, the process must start anew."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._attempts.discard(task)
        if not task.cancelled():
            self._guard(task.result)

    def _guard(self, work: Callable[[], object]) -> None:
        """Do what the loop calls for; it would swallow an error, and nobody would know."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it is, a successor must take over
            if not self.broken.done():
                self.broken.set_exception(error)

    def _attempt_in_task(self, work: Coroutine[object, object, None]) -> None:
        task = self._loop.create_task(work)
        self._attempts.add(task)
        task.add_done_callback(self._ended)

    async def stop(self, seconds: float = 8.0) -> None:
        """Start nothing more, wait for what is under way, commit what is known."""
        self.is_stopping = True
        if self._attempts:
            await asyncio.wait(self._attempts, timeout=seconds)
        for task in [*self._tasks, *self._attempts]:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._attempts, return_exceptions=True)
        self._alarm.stop()
        for _ in range(100):
            if self.ticks.commit():
                break
            await asyncio.sleep(0.01)

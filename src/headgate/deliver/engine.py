"""The engine: claims events for every lane, and has their deliveries attempted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from headgate.ages import Ages
from headgate.deliver.claiming import WAITS
from headgate.deliver.commands import Commands
from headgate.deliver.configuring import Configuring
from headgate.deliver.feed import Feed
from headgate.deliver.headroom import Headroom
from headgate.deliver.in_hand import NOBODY, Holding
from headgate.deliver.lane import Lane
from headgate.deliver.lanes import Lanes
from headgate.deliver.parts import Parts
from headgate.deliver.retries import Alarm, Retries
from headgate.deliver.rounds import Rounds
from headgate.deliver.sending import Answered, Attempting, Sending
from headgate.deliver.series import Series
from headgate.deliver.service import Service
from headgate.deliver.taking_over import learn_keys, taken_over
from headgate.deliver.tasks import Tasks
from headgate.deliver.ticks import Ticks
from headgate.deliver.wanted import Wanted
from headgate.log.errors import BeyondHead
from headgate.policy import DeliveryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from headgate.clock import Clock
    from headgate.deliver.parts import Subjects
    from headgate.ledger.port import Ledger
    from headgate.log.port import EventLog, Frame
    from headgate.store.snapshot import Command

__all__ = ["Attempting", "Engine", "Wanted"]

_NO_PLACES: frozenset[tuple[int, int]] = frozenset()


class Engine:
    """All lanes of one deliver process, on one event loop."""

    def __init__(
        self,
        log: EventLog,
        ledger: Ledger,
        attempting: Attempting,
        clock: Clock,
        random: Callable[[], float],
        policy: DeliveryPolicy | None = None,
        *,
        ages: Ages | None = None,
        in_hand: Holding = NOBODY,
        quarantined: frozenset[tuple[int, int]] = _NO_PLACES,
        subjects: Subjects = lambda _: b"",
    ) -> None:
        policy = policy or DeliveryPolicy()
        self._ledger, self._clock, self._policy = ledger, clock, policy
        self.tasks = Tasks()
        self.feed = Feed(log, self._arrived)
        self._registry, self._retries = Lanes(policy, random), Retries()
        self._known: frozenset[str] | None = None
        self._alarm = Alarm(self._retries, clock, lambda: self.tasks.guard(self._revive_due))
        self._parts = Parts(
            log,
            self._registry,
            self._retries,
            self.feed,
            clock,
            policy,
            Series(clock),
            in_hand,
            quarantined,
            self.tasks,
            Headroom(policy.replay_share),
            lambda: self._known,
            subjects,
        )
        self.ticks = Ticks(self._parts, ledger, random, self._committed)
        self.service = Service(self._parts, self.ticks)
        self._sending = self.service.sending = Sending(
            self._parts,
            self.ticks,
            ledger,
            attempting,
            self.service.pump,
            self.service.freed,
        )
        self._configuring = Configuring(self._parts, self.ticks)
        self._commands = Commands(
            self._parts, self.ticks, ledger, self._configuring, self.service.pump_gate
        )
        self._rounds = Rounds(self._parts, self.ticks, ledger, self.service, ages or Ages())

    @property
    def lanes(self) -> dict[int, Lane]:
        """By number: that of a live lane is its connection's."""
        return self._registry.by_number

    @property
    def broken(self) -> asyncio.Future[None]:
        """Fails when the engine cannot go on; the ledger then tells a successor where to begin."""
        return self.tasks.broken

    async def start(self) -> None:
        """Take over what the ledger holds; raises `BeyondHead` when it is newer than the log."""
        await self.feed.start()
        held = self._ledger.held()
        places = {place.lane: place for place in held.places}
        for row in held.lanes:
            if row.state == "ended":
                self._registry.ended[row.lane] = (row, places[row.lane])
        for lane in taken_over(held, self._registry.gate, self._policy):
            self._check(lane)
            self._configuring.add(lane)
            await learn_keys(lane, self.feed)
        for parked in held.parked:
            if parked.reason != WAITS:
                self._retries.add(parked)
        self.tasks.spawn(self.feed.run())
        self.tasks.spawn(self._commands.run())
        self._rounds.start()

    def _check(self, lane: Lane) -> None:
        if lane.frontier > self.feed.end:
            raise BeyondHead(
                f"lane {lane.id} stands at {lane.frontier}, beyond the log's end"
                f" {self.feed.end}: restore a log that is at least as new as the ledger"
            )

    async def configure(
        self, wanted: Iterable[Wanted], commands: Mapping[str, Command] | None = None
    ) -> None:
        """Follow a new snapshot: its connections, and what people ask of their lanes."""
        touched = await self._configuring.follow(wanted)
        self._known = frozenset(commands or ())
        self._commands.follow(commands or {})
        for gate in touched:
            self.service.pump_gate(gate)
        self._alarm.set()

    def _arrived(self, frame: Frame) -> None:
        for source in frame.counts:
            for lane in list(self._registry.by_source[source]):
                if lane.is_caught_up:
                    lane.pass_to(frame.first)
                    lane.is_caught_up = False  # it may be unable to take the frame for a long time
                self.service.pump(lane)

    def _committed(self, answered: Sequence[Answered], *, was_stuck: bool) -> None:
        gates = dict.fromkeys(each.lane.row.gate for each in answered)
        for each in answered:
            self._sending.committed(each)
        if was_stuck:
            self.service.pump_all()
        else:
            for gate in gates:
                self.service.pump_gate(gate)
        self.service.freed()
        if not self.service.is_stopping:
            self._alarm.set()

    def _revive_due(self) -> None:
        lanes: dict[Lane, None] = {}
        for number, revival in self._retries.due(self._clock.now_ms()):
            lane = self.lanes.get(number)
            if lane is not None:
                lane.falls_due(revival)
                lanes[lane] = None
        for lane in lanes:
            self.service.pump(lane)
        self._alarm.set()

    async def stop(self, seconds: float = 8.0) -> None:
        """Start nothing more, wait for what is under way, commit what is known."""
        self.service.is_stopping = True
        await self.tasks.finish(seconds)
        self._alarm.stop()
        for _ in range(100):
            if self.ticks.commit():
                break
            await asyncio.sleep(0.01)
        self.ticks.stop()

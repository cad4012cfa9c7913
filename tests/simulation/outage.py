"""A machine with a steady stream of events, and one destination that is down for hours or days."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from headgate.log.segments.appender import Limits
from tests.simulation.disk import Crash
from tests.simulation.receiver import Answer, Owed
from tests.simulation.setting import Batch, Joined, Setting
from tests.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUR, DAY = 3600.0, 86_400.0
DOWN, WELL = 1, 2
"""Connections: the one whose destination is down, and one that is well."""
CLEAN = 2000
"""Events that come at once before the outage: they show how fast a backlog can go."""
BEGINS = HOUR
TOGETHER = 25
USERS = 400
WELL_SECONDS = 0.04
LONG = Limits(events=1 << 20, size=1 << 26, age_ms=1 << 50)


@dataclass
class Outage:
    """`events` come evenly while it lasts `seconds`; every request meets `answer` then."""

    seconds: float
    events: int
    answer: Answer
    ordering: str = "per_user"
    restarts_at: float | None = None
    operates: float = 30.0
    jumps: tuple[tuple[float, float], ...] = ()
    """(when, by how many seconds) the wall clock jumps."""
    after: float = HOUR
    """How long nothing happens at the end."""
    patience: dict[str, Any] = field(default_factory=dict)
    was_restarted: bool = False
    done: dict[int, dict[str, float]] = field(default_factory=lambda: {DOWN: {}, WELL: {}})
    """Connection -> message -> when it was taken."""
    paused: list[str] = field(default_factory=list)
    """The reasons that were met."""
    came: dict[str, float] = field(default_factory=dict)
    most: Counter[str] = field(default_factory=Counter)
    """The highest that was ever seen of what a lane holds in memory."""

    def __post_init__(self) -> None:
        wants = frozenset({"Paid"})
        self.world = World(
            Setting(
                batches=list(self._batches()),
                joined=[
                    Joined(number, 1, {f"sub-{number}": wants}, self.ordering)
                    for number in (DOWN, WELL)
                ],
                plan=self._answer,
                slots=64,
                users=USERS,
                limits=LONG,
                patience={"slots_start": 4, **self.patience},
                longest=self.seconds + 30 * DAY,
                poll=60.0,
                operates=self.operates,
                sweeps=False,
                trouble=self._watch,
            )
        )

    @property
    def ends(self) -> float:
        return BEGINS + self.seconds

    def _batches(self) -> Iterator[Batch]:
        yield from self._batch(0.0, 0, CLEAN)
        each = self.seconds * TOGETHER / self.events
        for number in range(self.events // TOGETHER):
            yield from self._batch(BEGINS + each * number, CLEAN + number * TOGETHER, TOGETHER)

    def _batch(self, at: float, first: int, count: int) -> Iterator[Batch]:
        for low in range(first, first + count, 500):
            names = [f"Paid-{n}" for n in range(low, min(low + 500, first + count))]
            self.came |= dict.fromkeys(names, at)
            yield Batch(at, 1, " ".join(names))

    def _answer(self, owed: Owed, nth: int) -> Answer:  # noqa: ARG002 - as often as it comes
        now = asyncio.get_running_loop().time()
        if owed.connection == DOWN and BEGINS <= now < self.ends:
            return self.answer
        self.done[owed.connection].setdefault(owed.message, now)
        return Answer(200, WELL_SECONDS)

    async def _watch(self, world: World) -> None:
        """Look each minute at what the lane holds; restart the processes when it is time."""
        loop = asyncio.get_running_loop()
        while loop.time() < self.ends + self.after:
            await asyncio.sleep(60.0)
            if self.restarts_at is not None and loop.time() >= self.restarts_at:
                self.restarts_at, self.was_restarted = None, True
                world.dies_at = len(world.points) + 1
            for at, by in self.jumps:
                if loop.time() - 60.0 < at <= loop.time():
                    world.clock.offset += int(by * 1000)
            self.paused += [
                row.reason
                for row in world.keeper.tables.lanes.values()
                if row.state == "paused" and row.reason not in self.paused
            ]
            lane = world.life and world.life.engine and world.life.engine.lanes.get(DOWN)
            if lane and loop.time() < self.ends:
                self.most["held"] = max(self.most["held"], len(lane.unfinished) + len(lane.opened))
                self.most["parked"] = max(self.most["parked"], lane.parked)

    def run(self) -> None:
        while True:
            try:
                self.world.live()
            except Crash:
                self.world.killed()
                self.world.dies_at = None
            else:
                return

    # what came of it

    @property
    def tallies(self) -> dict[tuple[int, str, str], int]:
        return {key: n for key, n in self.world.keeper.tables.tallies.items() if n}

    def attempts(self) -> list[int]:
        """How often each event was sent to the destination that was down, from the ledger."""
        tables = self.world.keeper.tables
        return [len(tries) for key, tries in tables.attempts.items() if key[0] == DOWN]

    def rate(self, connection: int, since: float) -> float:
        """Events a second, of those that are taken in one go from a moment on."""
        times = sorted(at for at in self.done[connection].values() if at >= since)
        run = [times[0]]
        for at in times[1:]:
            if at - run[-1] > 5.0:
                break
            run.append(at)
        return len(run) / (run[-1] - run[0])

    def ages(self, connection: int) -> list[float]:
        """How long each event was on its way."""
        return [at - self.came[message] for message, at in self.done[connection].items()]

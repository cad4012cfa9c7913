"""A whole machine that lives shortly, with some kinds of trouble and without the others."""

from __future__ import annotations

import asyncio
import errno
from random import Random
from typing import TYPE_CHECKING

from headgate.ledger.port import REPLAY_LANES
from headgate.log.segments.appender import Limits
from tests.simulation.commands import REDRIVE, REPLAY
from tests.simulation.disk import Crash
from tests.simulation.receiver import Answer, Owed
from tests.simulation.setting import Batch, Joined, Setting
from tests.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

TROUBLE_SECONDS = 20.0
MOST_DEATHS = 3
ORDERINGS = ("none", "per_user", "per_user", "strict")
STORMS = [Answer(401), Answer(410), Answer(503), Answer(429, retry_after=20), Answer(None, 10.0)]
"""What a connection may answer to everything, for a while."""
NAMES = ("Paid", "Seen", "Left", "Noise")
OUTCOMES = [
    Answer(500),
    Answer(503, 0.2),
    Answer(429, retry_after=3),
    Answer(429),
    Answer(409),
    Answer(401),
    Answer(400),
    Answer(None, 10.0),
    Answer(200, 9.0),
    Answer(301),
]
DISK_FAULTS = [
    ("sync", ".seg", errno.EIO),
    ("write", ".seg", errno.ENOSPC),
    ("create", ".seg", errno.ENOSPC),
    ("sync_folder", "", errno.EIO),
]
PATIENCE = 4
"""After so many tries everything is answered with 200, so that it comes to rest."""


class Swarm:
    """One seed: a world, its trouble, and its deaths."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = rng = Random(seed)  # noqa: S311 - a failure is run again from its seed
        kinds = [self.fault, self.refuse, self.jump, self.retain]
        kinds += [self.switch, self.join, self.leave, self.lose, self.storm]
        kinds += [self.pause, self.resume, self.redrive, self.replay, self.cancel]
        self.kinds: list[Callable[[World], object]] = rng.sample(kinds, rng.randint(0, len(kinds)))
        self.failing = rng.choice([0.0, 0.0, 0.1, 0.5])
        self.slowest = rng.choice([0.05, 1.0, 3.0])
        self.refusing = 0.0
        self.storms: dict[int, Answer] = {}
        self.world = World(self._setting(), seed)
        self.deaths = rng.randint(0, MOST_DEATHS)

    def _setting(self) -> Setting:
        rng = self.rng
        sources = rng.randint(1, 3)
        slowest = rng.choice([0.0, 0.0, 0.01, 0.3])
        standing = rng.choice([0.0, 0.0, 0.3])
        return Setting(
            batches=[self._batch(sources) for _ in range(rng.randint(3, 25))],
            joined=[self._joined(number, sources) for number in range(1, rng.randint(2, 5))],
            plan=self._answer,
            slots=rng.randint(1, 5),
            users=rng.choice([1, 3, 20]),
            limits=Limits(events=rng.choice([1, 5, 1000]), size=rng.choice([500, 1 << 20])),
            lag=lambda world: world.random() * slowest,
            refuses=lambda world: world.random() < self.refusing,
            stands_still=lambda world: world.random() < standing,
            trouble=self.trouble,
        )

    def _batch(self, sources: int) -> Batch:
        rng = self.rng
        messages = [f"{rng.choice(NAMES)}-{rng.randrange(40)}" for _ in range(rng.randint(1, 7))]
        return Batch(rng.random() * TROUBLE_SECONDS, rng.randint(1, sources), " ".join(messages))

    def _joined(self, number: int, sources: int) -> Joined:
        wants = {
            f"sub-{number}-{each}": frozenset(self.rng.sample(NAMES[:3], self.rng.randint(1, 3)))
            for each in range(self.rng.randint(1, 3))
        }
        ordering, batch = self.rng.choice(ORDERINGS), self.rng.choice([0, 0, 2, 5])
        return Joined(number, self.rng.randint(1, sources), wants, ordering, batch)

    def _answer(self, owed: Owed, nth: int) -> Answer:
        """The same whenever it is asked: a repeated request meets what the first one met."""
        if owed.connection in self.storms:
            return self.storms[owed.connection]
        rng = Random(f"{self.seed} {owed} {nth}")  # noqa: S311
        if nth < PATIENCE and rng.random() < self.failing:
            return rng.choice(OUTCOMES)
        return Answer(200, rng.random() * self.slowest)

    # trouble

    async def trouble(self, world: World) -> None:
        """For a while; then everything is mended, and has to come to rest."""
        end = asyncio.get_running_loop().time() + TROUBLE_SECONDS
        while self.kinds and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(self.rng.expovariate(1.0))
            self.rng.choice(self.kinds)(world)
            world.configure()
        self.refusing = 0.0
        self.storms.clear()
        world.off.clear()
        world.disk.mend()
        world.configure()

    def fault(self, world: World) -> None:
        kind, suffix, code = self.rng.choice(DISK_FAULTS)
        world.disk.fail(kind, self.rng.randint(1, 4), code, suffix)

    def refuse(self, _: World) -> None:
        """The ledger's disk is full for a while."""
        self.refusing = self.rng.choice([0.0, 0.3, 1.0])

    def switch(self, world: World) -> None:
        for number in world.joined:
            if self.rng.random() < 0.5:
                world.off ^= {number}

    def jump(self, world: World) -> None:
        world.clock.offset += self.rng.choice([-3600, -5, 5, 3600, 86_400]) * 1000

    def retain(self, world: World) -> None:
        """Retention announces that the older part of the log will be dropped."""
        if self.rng.random() < 0.3:
            world.raise_floor(self.rng.random())

    def join(self, world: World) -> None:
        number = max(world.starts) + 1
        if number < 8:
            world.join(self._joined(number, 3))

    def leave(self, world: World) -> None:
        """A connection is deleted."""
        if len(world.joined) > 1 and self.rng.random() < 0.3:
            world.leave(self.rng.choice(sorted(world.joined)))

    def lose(self, world: World) -> None:
        """A connection loses one of its subscriptions."""
        each = self.rng.choice(list(world.joined.values()))
        if len(each.wants) > 1 and self.rng.random() < 0.3:
            name = self.rng.choice(sorted(each.wants))
            left = {other: names for other, names in each.wants.items() if other != name}
            world.change(each._replace(wants=left))

    def storm(self, world: World) -> None:
        """A destination answers the same to everything, or is well again."""
        number = self.rng.choice(sorted(world.joined))
        if self.storms.pop(number, None) is None:
            self.storms[number] = self.rng.choice(STORMS)

    # commands

    def pause(self, world: World) -> None:
        world.order("pause", self.rng.choice(sorted(world.joined)))

    def resume(self, world: World) -> None:
        number, skip = self.rng.choice(sorted(world.joined)), self.rng.random() < 0.2
        if skip:
            world.books.loose.add(number)
        world.order("resume", number, skip=skip)

    def redrive(self, world: World) -> None:
        rate = self.rng.choice([None, 0.5, 5.0])
        world.order("redrive", self.rng.choice(sorted(world.joined)), **{**REDRIVE, "rate": rate})

    def replay(self, world: World) -> None:
        each = self.rng.choice(sorted(world.joined.values()))
        args = {
            "start": world.books.place(self.rng.random()) if self.rng.random() < 0.5 else 0,
            "stop": world.books.head,
            "events": self.rng.choice([[], ["Paid"], ["Seen", "Left"]]),
            "only": self.rng.choice(["all", "failed"]),
            "rate": self.rng.choice([None, None, 2.0]),
            "again": not each.batch and self.rng.random() < 0.3,
        }
        world.order("replay", each.number, **{**REPLAY, **args})

    def cancel(self, world: World) -> None:
        """Of a replay that goes on, or has long ended."""
        replays = [each for number in world.joined for each in world.orders.replays(number)]
        if replays:
            each = self.rng.choice(replays)
            world.books.loose.add(REPLAY_LANES + each.number)
            world.order("cancel", each.connection, replay=each.id)

    # lives

    def run(self) -> None:
        while True:
            self._choose_death()
            try:
                self.world.live()
            except Crash:
                self._die()
            else:
                return

    def _choose_death(self) -> None:
        self.world.dies_at = None
        if self.deaths:
            self.deaths -= 1
            within = self.rng.choice([10, 60, 300])
            self.world.dies_at = len(self.world.points) + self.rng.randint(1, within)

    def _die(self) -> None:
        if self.rng.random() < 0.5:
            self.world.killed()
        else:
            self.world.lost_power(self.rng.choice([0.0, 0.5]))

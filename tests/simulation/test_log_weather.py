"""Many short lives of a log: random batches, faults, crashes, power losses, restarts and keeps."""

from __future__ import annotations

import asyncio
import errno
from random import Random, SystemRandom
from typing import TYPE_CHECKING

import pytest

from headgate.log.segments.appender import Limits
from headgate.log.segments.dedup import Seen
from tests.simulation.disk import Crash, SimDisk
from tests.simulation.history import Broken
from tests.simulation.site import Site

if TYPE_CHECKING:
    from tests.simulation.history import Copy

LIVES = 80
STEPS = 25
FAULTS = [
    ("sync", ".seg", errno.EIO),
    ("write", ".seg", errno.ENOSPC),
    ("create", ".seg", errno.ENOSPC),
    ("sync_folder", "", errno.EIO),
    ("unlink", ".seg", errno.EIO),
    ("put", "head", errno.EIO),
]


class Weather:
    """One seeded life; each seed turns some kinds of trouble off, so that others go deeper."""

    def __init__(self, seed: str) -> None:
        self.rng = rng = Random(seed)  # noqa: S311 - a failure is run again from its seed
        limits = Limits(events=rng.choice([1, 3, 8, 1000]), size=rng.choice([600, 1 << 20]))
        self.site = Site(SimDisk(rng.randrange(1 << 30)), limits)
        kinds = ["restart", "die", "fault", "keep", "clock", "power"]
        self.kinds = rng.sample(kinds, rng.randint(1, len(kinds)))

    async def live(self) -> None:
        await self.survive(self.start)
        for _ in range(STEPS):
            kind = self.rng.choice(["append", "append", *self.kinds])
            await self.survive(getattr(self, kind))
        self.site.dies_at = None
        await self.survive(self.start)

    async def survive(self, step: object) -> None:
        """Take a step and look; after a death start again, however often that takes."""
        try:
            await step()  # type: ignore[operator] # one of the methods below
            await self.site.look()
        except Crash:
            if self.rng.random() < 0.5:
                self.site.killed()
            else:
                self.site.lost_power(self.rng, self.rng.choice([0.0, 0.5]))
            self.die_soon(0.2)
            await self.survive(self.start)

    def die_soon(self, chance: float) -> None:
        soon = self.site.disk.operations + self.rng.randint(1, 20)
        self.site.dies_at = soon if self.rng.random() < chance else None

    async def start(self) -> None:
        if self.site.log is not None:
            await self.site.stop()
        self.site.start()

    async def append(self) -> None:
        await self.site.append(*(self.batch() for _ in range(self.rng.randint(1, 5))))

    def batch(self) -> list[Copy]:
        size = self.rng.randint(1, 6)
        return self.site.copies(
            *((self.rng.randint(1, 2), str(self.rng.randrange(40))) for _ in range(size))
        )

    async def restart(self) -> None:
        await self.start()

    async def die(self) -> None:
        self.die_soon(1.0)

    async def fault(self) -> None:
        kind, suffix, code = self.rng.choice(FAULTS)
        self.site.disk.fail(kind, self.rng.randint(1, 3), code, suffix)
        try:
            await self.append()
        finally:
            self.site.disk.mend()

    async def keep(self) -> None:
        self.site.keep()

    async def clock(self) -> None:
        self.site.clock.now += self.rng.choice([1, 999, 5_000, -3_000, 86_400_000])

    async def power(self) -> None:
        await self.site.look_after_losing_power_now(self.rng)


async def lived(seed: int) -> int:
    """Live through many lives; how many events were acknowledged in them."""
    acknowledged = 0
    for life in range(LIVES):
        weather = Weather(f"{seed} {life}")
        try:
            await weather.live()
        except Broken as broken:
            raise Broken(f"{seed=}, {life=}: {broken}") from broken
        acknowledged += weather.site.history.acknowledged
    return acknowledged


@pytest.fixture
def seed() -> int:
    chosen = SystemRandom().randrange(1 << 32)
    print(f"SEED={chosen}")  # noqa: T201 - to run a failure again
    return chosen


async def test_no_weather_breaks_a_promise(seed: int) -> None:
    assert await lived(seed) > 50 * LIVES


def test_an_index_that_forgets_is_caught(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Seen, "remember", lambda *_: None)
    with pytest.raises(Broken):
        asyncio.run(lived(seed))

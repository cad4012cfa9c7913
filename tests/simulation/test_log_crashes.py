from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable
from itertools import groupby
from random import Random, SystemRandom
from typing import TYPE_CHECKING

import pytest

from headgate.log.segments.appender import Appender, Limits
from tests.simulation.disk import Crash, SimDisk
from tests.simulation.history import Broken
from tests.simulation.site import Site

if TYPE_CHECKING:
    from headgate.log.port import Stored
    from headgate.log.segments.appender import _Entry
    from headgate.log.segments.reading import Cursor

Step = Callable[[Site], Awaitable[None]]
Death = Callable[[Site, Random], None]

LIMITS = Limits(events=5, size=100_000, age_ms=1_000_000)


def killed(site: Site, _: Random) -> None:
    site.killed()


def lost_power(site: Site, rng: Random) -> None:
    site.lost_power(rng, 0.5)


def lost_all_that_was_not_synced(site: Site, rng: Random) -> None:
    site.lost_power(rng, 0.0)


def sends(*batches: list[tuple[int, str]]) -> Step:
    async def step(site: Site) -> None:
        await site.append(*(site.copies(*batch) for batch in batches))

    return step


def sends_while(kind: str, nth: int, code: int, *batches: list[tuple[int, str]]) -> Step:
    async def step(site: Site) -> None:
        site.disk.fail(kind, nth, code, suffix=NAMES.get(kind, ".seg"))
        try:
            await sends(*batches)(site)
        finally:
            site.disk.mend()

    return step


async def restarts(site: Site) -> None:
    if site.log is not None:
        await site.stop()
    site.start()


NAMES = {"sync_folder": "", "put": "head"}


def events(names: str, source: int = 1) -> list[tuple[int, str]]:
    return [(source, name) for name in names]


SMALL_RUN: list[Step] = [
    sends(events("ab"), events("c")),
    sends(events("a"), events("dd"), events("d", source=2), events("c")),
    sends_while("sync", 1, errno.EIO, events("ef"), events("a")),
    sends(events("e"), events("gh")),
    # Several segments in one commit, of which a later one fails.
    sends_while(
        "sync", 2, errno.EIO, events("ijk"), events("lmn"), events("op"), events("i"), events("qr")
    ),
    sends(events("qrs"), events("ijk"), events("lmn"), events("op")),
    sends_while("create", 1, errno.ENOSPC, events("tuvwxy"), events("z")),
    sends_while("write", 1, errno.ENOSPC, events("tuvwxy"), events("z")),
    sends_while("sync_folder", 1, errno.EIO, events("tuvwxy"), events("z")),
    # On the disk with everything that belongs to it, and refused all the same.
    sends_while("put", 1, errno.EIO, events("tuvwxy"), events("z")),
    sends(events("tuvwxy"), events("z")),
    restarts,
    sends(events("z"), events("ax"), events("at", source=2)),
    # Refused, and nothing is appended before the restart: it may come back, as nobody can tell.
    sends_while("sync", 1, errno.EIO, events("AB")),
    restarts,
    sends(events("A"), events("C")),
]


async def lived_through(
    site: Site, steps: list[Step], death: Death, rng: Random, *, again: bool = False
) -> None:
    """Take every step, look after each; after a death start again and repeat the step.

    `again` lets the machine die a second time, in its recovery or soon after.
    """
    for step in [restarts, *steps]:
        for _ in range(3):
            try:
                await step(site)
                await site.look()
            except Crash:
                death(site, rng)
                site.dies_at = site.disk.operations + rng.randint(1, 9) if again else None
                again = False
                await restarted_at_last(site, death, rng)
            else:
                break


async def restarted_at_last(site: Site, death: Death, rng: Random) -> None:
    while True:
        try:
            site.start()
            await site.look()
        except Crash:
            death(site, rng)
            site.dies_at = None
        else:
            return


async def operations_of(steps: list[Step]) -> int:
    site = Site(SimDisk(), LIMITS)
    await lived_through(site, steps, killed, Random(0))  # noqa: S311
    return site.disk.operations


async def enumerated(
    steps: list[Step], death: Death, seed: int, make: Callable[[SimDisk, Limits], Site] = Site
) -> int:
    """Let a run die before every single one of its operations; how often it did."""
    points = await operations_of(steps)
    for point in range(1, points + 1):
        for again in (False, True):
            rng = Random(f"{seed} {point} {again}")  # noqa: S311
            site = make(SimDisk(rng.randrange(1 << 32)), LIMITS)
            site.dies_at = point
            try:
                await lived_through(site, steps, death, rng, again=again)
            except Broken as broken:
                raise Broken(f"{death.__name__}, {seed=}, {point=}, {again=}: {broken}") from broken
    return points


@pytest.fixture
def seed() -> int:
    chosen = SystemRandom().randrange(1 << 32)
    print(f"SEED={chosen}")  # noqa: T201 - to run a failure again
    return chosen


async def test_a_run_without_crashes_tells_the_truth() -> None:
    site = Site(SimDisk(), LIMITS)
    await lived_through(site, SMALL_RUN, killed, Random(0))  # noqa: S311
    assert site.history.acknowledged == 36
    assert site.history.seen == 36 + 2


@pytest.mark.parametrize("death", [killed, lost_power, lost_all_that_was_not_synced])
async def test_a_crash_before_any_operation_breaks_no_promise(death: Death, seed: int) -> None:
    assert await enumerated(SMALL_RUN, death, seed) > 60


class Hasty(Appender):
    """It acknowledges and publishes what it has written, and syncs nothing."""

    def _commit(self, entries: list[_Entry]) -> None:
        for _, group in groupby(entries, key=lambda entry: entry.segment.first):
            for entry in group:
                file = entry.segment.file or self._create(entry.segment)
                file.write(entry.data)


class Boastful(Appender):
    """It syncs before it acknowledges, but publishes before it syncs."""

    def _commit(self, entries: list[_Entry]) -> None:
        self._cells.put(1, entries[-1].segment.first)
        self._cells.put(0, entries[-1].end)
        super()._commit(entries)


@pytest.mark.parametrize("liar", [Hasty, Boastful])
async def test_an_appender_that_does_not_wait_for_the_disk_is_caught(
    liar: type[Appender], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headgate.log.segments.log.Appender", liar)
    with pytest.raises(Broken):
        await enumerated(SMALL_RUN, lost_all_that_was_not_synced, seed)


class Peeking(Site):
    """Its reader takes whatever stands in the files for the log."""

    def _tailed(self, tail: Cursor) -> tuple[list[Stored], int]:
        del tail
        beyond = 1 << 62
        frames = self._reader().frames(beyond, 0)
        return [event for frame in frames for event in frame.events()], beyond


@pytest.mark.parametrize("death", [killed, lost_power])
async def test_a_reader_that_goes_beyond_the_durable_end_is_caught(death: Death, seed: int) -> None:
    with pytest.raises(Broken):
        await enumerated(SMALL_RUN, death, seed, Peeking)

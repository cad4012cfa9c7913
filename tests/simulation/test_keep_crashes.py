from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

import pytest

from headgate.keep.retention import Policy
from headgate.keep.run import keep_once
from headgate.log.errors import Trimmed
from headgate.log.port import Counts, Position, Rejection, TallyBatch, Verdict
from headgate.log.segments.log import SegmentLog
from headgate.log.segments.manifest import Manifest, load_manifest
from headgate.log.statistics import LogStatistics, log_statistics
from tests.contracts.event_logs import SegmentBench, send
from tests.simulation.disk import Crash, Op, SimDisk
from tests.simulation.site import FOLDER, Asking, SimClock, inline

DAY = 86_400_000
POLICY = Policy(age_ms=3 * DAY + 1, window_ms=18 * DAY + 1)
DAYS = 28

Death = Callable[[SimDisk, Random], None]


def killed(disk: SimDisk, _: Random) -> None:
    disk.kill()


def lost_power(disk: SimDisk, rng: Random) -> None:
    disk.power_loss(rng, 0.5)


def lost_all_that_was_not_synced(disk: SimDisk, rng: Random) -> None:
    disk.power_loss(rng, 0.0)


class World(NamedTuple):
    """A log of some days, kept until a few days ago: there is something of everything to do."""

    disk: SimDisk
    clock: SimClock


async def world() -> World:
    disk = SimDisk()
    bench = SegmentBench(disk, FOLDER)
    for day in range(DAYS):
        await bench.log.append(0, TallyBatch((Rejection(1, "too_large", 1),)))
        await send(bench, (1, f"{day}"), (1, "same"), (2, f"{day}"), (1, f"{day}"))
        bench.clock.now += DAY
        if day < DAYS - 3:
            keep(disk, bench.clock)
    await bench.close()
    disk.write_back()
    return World(disk, bench.clock)


def keep(disk: SimDisk, clock: SimClock) -> None:
    keep_once(FOLDER, clock, {}, POLICY, disk=disk)


class Told(NamedTuple):
    """All that a log answers, and what it has in its folder to answer from."""

    statistics: LogStatistics
    manifest: Manifest
    found: dict[int, list[tuple[Position, Verdict]]]
    counted: list[Counts | None]
    verdicts: bytes
    names: list[str]


async def told(disk: SimDisk, clock: SimClock) -> Told:
    log = SegmentLog(disk, FOLDER, Asking())
    log.own(clock, inline)
    keys = log.keys()
    found = {
        day: [(at.position, at.verdict) for at in await log.find(f"{day}")]
        for day in range(1, DAYS, 3)
    }
    head, places = Position(log.head()), range(0, log.head(), log.head() // 9)
    counted = [await count(log, Position(place), head) for place in places]
    verdicts = log._seen.judge(1 << 62, b"".join(keys.of(1, f"{day}") for day in range(DAYS)))
    await log.close()
    names = [name for name in disk.names(FOLDER) if name not in {"head", "floor", "key"}]
    return Told(
        log_statistics(disk, FOLDER),
        load_manifest(disk, FOLDER),
        found,
        counted,
        verdicts,
        names,
    )


async def count(log: SegmentLog, place: Position, head: Position) -> Counts | None:
    try:
        return await log.count(1, 0, place, head)
    except Trimmed:
        return None


def dies_at(disk: SimDisk, point: int) -> None:
    last = disk.operations + point

    def before(op: Op) -> None:
        if op.number == last:
            raise Crash

    disk.before = before


async def test_the_world_gives_keep_everything_to_do() -> None:
    start = await world()
    before = await told(start.disk, start.clock)
    keep(start.disk, start.clock)
    keep(start.disk, start.clock)
    after = await told(start.disk, start.clock)
    assert after.manifest.gone_events > before.manifest.gone_events > 0
    assert after.statistics.floor > before.statistics.floor > 0
    assert after.manifest.window > before.manifest.window > 0
    fresh = [run for run in after.manifest.runs if run not in before.manifest.runs]
    assert any(len(run.segments) > 1 for run in fresh)
    assert after.statistics.events == before.statistics.events == 2 * DAYS + 1
    assert after.statistics.rejected == {1: {"too_large": DAYS}}


@pytest.mark.parametrize("death", [killed, lost_power, lost_all_that_was_not_synced])
async def test_a_run_of_keep_that_dies_anywhere_is_simply_repeated(death: Death) -> None:
    start = await world()
    whole = start.disk.fork()
    for _ in range(3):
        keep(whole, start.clock)
    points = whole.operations
    expected = await told(whole, start.clock)
    rng = Random(1)  # noqa: S311
    for point in range(1, points + 1):
        disk = start.disk.fork()
        dies_at(disk, point)
        died = False
        try:
            for _ in range(3):
                keep(disk, start.clock)
        except Crash:
            died = True
        death(disk, rng)
        for _ in range(3):
            keep(disk, start.clock)
        assert await told(disk, start.clock) == expected, point
    assert died
    assert points > 40


async def test_readers_get_the_same_answers_while_keep_is_dead() -> None:
    start = await world()
    before = await told(start.disk, start.clock)
    whole = start.disk.fork()
    keep(whole, start.clock)
    for point in range(1, whole.operations + 1):
        disk = start.disk.fork()
        dies_at(disk, point)
        with pytest.raises(Crash):
            keep(disk, start.clock)
        disk.kill()
        now = await told(disk, start.clock)
        assert now.statistics.events == before.statistics.events
        assert now.statistics.duplicates == before.statistics.duplicates
        assert now.statistics.rejected == before.statistics.rejected
        # What the window loses in this run may be gone or not; all the rest is answered.
        kept = [day for day in before.found if day >= DAYS - 18]
        assert all(before.found[day] for day in kept)
        assert [now.found[day] for day in kept] == [before.found[day] for day in kept]
        assert all(now.verdicts[day] for day in kept)

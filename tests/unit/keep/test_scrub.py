"""What has rotted since it was sealed is found within a day, counted, and told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.keep.scrub import TURN_MS, TURNS, due
from headgate.log.segments.manifest import load_manifest
from headgate.log.statistics import log_statistics
from tests.contracts.event_logs import send
from tests.unit.keep.kept import HOUR, keep, simulated

if TYPE_CHECKING:
    from tests.contracts.event_logs import SegmentBench


def test_over_all_turns_each_thing_comes_once() -> None:
    for count in (0, 1, 7, TURNS, TURNS + 1, 5 * TURNS + 3):
        things = [str(number) for number in range(count)]
        met = [each for turn in range(TURNS) for each in due(things, turn * TURN_MS)]
        assert sorted(met) == sorted(things)


async def a_sealed_segment(bench: SegmentBench) -> None:
    await send(bench, (1, "a"), (1, "b"))
    bench.clock.now += 2 * HOUR
    await send(bench, (1, "c"))
    assert keep(bench).sealed


def warnings_of_a_day(bench: SegmentBench) -> list[str]:
    found: list[str] = []
    for _ in range(TURNS):
        bench.clock.now += TURN_MS
        found += keep(bench).warnings
    return found


async def test_a_sealed_segment_that_rots_is_counted_and_told_once() -> None:
    bench, disk = simulated()
    await a_sealed_segment(bench)
    path = bench.paths()[0]
    disk.flip(path, len(bench.content(path)) - 3)
    assert log_statistics(disk, bench.folder).quarantined_frames == 0
    (told,) = warnings_of_a_day(bench)
    assert "has rotted: 1 more" in told
    assert log_statistics(disk, bench.folder).quarantined_frames == 1
    assert warnings_of_a_day(bench) == []


async def test_an_id_run_that_rots_is_told_and_made_again() -> None:
    bench, disk = simulated()
    await a_sealed_segment(bench)
    (run,) = bench.paths(".ids")
    whole = bench.content(run)
    disk.flip(run, len(whole) - 6)
    (told,) = warnings_of_a_day(bench)
    assert told == f"{run.name} has rotted: the next run makes it again"
    (again,) = load_manifest(disk, bench.folder).runs
    assert bench.content(bench.folder / again.name) == whole


async def test_a_log_that_is_whole_is_read_in_silence() -> None:
    bench, _ = simulated()
    await a_sealed_segment(bench)
    assert warnings_of_a_day(bench) == []

"""What has rotted since it was sealed is found within a day, counted, and told."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from headgate.keep.scrub import TURN_MS, TURNS, due
from headgate.log.segments.manifest import load_manifest
from headgate.log.statistics import log_statistics
from tests.contracts.event_logs import send
from tests.unit.keep.kept import HOUR, keep, sealed, simulated

if TYPE_CHECKING:
    from tests.contracts.event_logs import SegmentBench


def test_a_segment_comes_once_a_day_although_others_come_and_go() -> None:
    """One is sealed and one is trimmed each turn: places in the list say nothing of a segment."""
    week, met = 7 * TURNS, Counter[int]()
    for turn in range(3 * week):
        kept = [sealed(first, 0) for first in range(turn, turn + week)]
        met.update(each.first for each in due(kept, range(turn, turn + 1)))
    assert {met[first] for first in range(week, 2 * week)} == {7}


def test_turns_that_were_missed_are_made_up_for() -> None:
    things = [sealed(first, 0) for first in range(1000)]
    assert due(things, range(5, 5 + TURNS)) == things
    assert due(things, range(5, 5)) == []


async def test_no_turn_comes_twice() -> None:
    bench, disk = simulated()
    await a_sealed_segment(bench)
    first = load_manifest(disk, bench.folder).scrubbed
    keep(bench)
    assert load_manifest(disk, bench.folder).scrubbed == first > 0
    bench.clock.now += TURN_MS
    keep(bench)
    assert load_manifest(disk, bench.folder).scrubbed == first + 1


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

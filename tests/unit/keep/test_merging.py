from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from headgate.keep.merging import MOST_RUNS, fewest_rows
from headgate.keep.retention import Policy
from headgate.keep.run import keep_once
from headgate.log.errors import Trimmed
from headgate.log.port import Counts, Position, Rejection, TallyBatch, Verdict
from headgate.log.segments.manifest import Manifest, Run, load_manifest, save_manifest
from headgate.log.segments.runs import IdRun
from headgate.log.statistics import log_statistics
from tests.contracts.event_logs import all_met, send
from tests.unit.keep.kept import DAY, HOUR, keep, simulated

if TYPE_CHECKING:
    from tests.contracts.event_logs import SegmentBench
    from tests.simulation.disk import SimDisk

DUPLICATE = Verdict.DUPLICATE


def run(first: int, rows: int) -> Run:
    return Run(f"{first}.ids", (first,), rows, 0)


def test_the_neighbours_with_the_fewest_rows_are_merged() -> None:
    runs = (run(1, 50), run(2, 1), run(3, 40), run(4, 20), run(5, 22), run(6, 1))
    assert fewest_rows(runs) == (runs[4], runs[5])
    assert fewest_rows(runs[:4]) == (runs[1], runs[2])


async def days(bench: SegmentBench, count: int, *, keep_each: bool = True) -> None:
    """A segment a day, each with a message of its own, one of all days, and a rejection."""
    for n in range(count):
        await bench.log.append(0, TallyBatch((Rejection(1, "too_large", 1),)))
        await send(bench, (1, f"day {n}"), (1, "same"), (2, f"day {n}"), (2, "x"))
        bench.clock.now += DAY
        if keep_each:
            keep(bench, FOREVER)


FOREVER = Policy(age_ms=10_000 * DAY, window_ms=10_000 * DAY)


def runs_of(bench: SegmentBench, disk: SimDisk) -> tuple[Run, ...]:
    return load_manifest(disk, bench.folder).runs


async def test_there_are_never_more_than_12_runs() -> None:
    bench, disk = simulated()
    await days(bench, 40)
    runs = runs_of(bench, disk)
    assert len(runs) == MOST_RUNS
    assert [first for run in runs for first in run.segments] == [
        int(path.stem) for path in bench.paths()[:-1]
    ]
    assert sorted(run.name for run in runs) == [path.name for path in bench.paths(".ids")]


async def test_every_message_is_found_through_merged_runs() -> None:
    bench, disk = simulated()
    await days(bench, 40)
    events = await all_met(bench.log)
    for n in (0, 7, 20, 39):
        found = await bench.log.find(f"day {n}")
        assert [(at.source, at.verdict) for at in found] == [(1, 0), (2, 0)]
    assert [at.position for at in await bench.log.find("same")] == [
        event.position for event in events if event.message_id == "same"
    ]
    assert max(run.rows for run in runs_of(bench, disk)) > 4


async def test_the_appender_finds_duplicates_in_merged_runs() -> None:
    bench, disk = simulated()
    await days(bench, 40)
    sealed = load_manifest(disk, bench.folder).firsts
    bench.log.refresh_index()
    assert not sealed & bench.log._seen._recent.keys()
    assert (await send(bench, *((1, f"day {n}") for n in range(40)))).verdicts == bytes(
        [DUPLICATE] * 40
    )
    assert (await send(bench, (3, "day 3"), (1, "day 40"))).verdicts == b"\0\0"


async def test_a_run_that_rotted_is_made_anew_and_not_merged() -> None:
    bench, disk = simulated()
    await days(bench, MOST_RUNS + 1)
    first, second = fewest_rows(runs_of(bench, disk))
    path = bench.folder / first.name
    bench.flip(path, len(bench.content(path)) // 2)
    assert not IdRun(disk, path).is_sound()
    await days(bench, 2)
    assert [IdRun(disk, bench.folder / run.name).is_sound() for run in runs_of(bench, disk)] == [
        True
    ] * len(runs_of(bench, disk))
    covered = load_manifest(disk, bench.folder).covered
    assert {*first.segments, *second.segments} <= covered
    bench.log.refresh_index()
    assert (await send(bench, (1, "day 0"), (1, "day 12"))).verdicts == bytes([DUPLICATE] * 2)


TWO_DAYS = Policy(age_ms=2 * DAY + HOUR, window_ms=5 * DAY + HOUR)


async def test_ids_outlive_the_bodies_and_leave_with_the_window() -> None:
    bench, disk = simulated()
    await days(bench, 12, keep_each=False)
    for _ in range(2):
        keep(bench, TWO_DAYS)
    manifest = load_manifest(disk, bench.folder)
    assert [entry.kept for entry in manifest.segments] == [False] * 3 + [True]
    assert len(bench.paths()) == 2
    assert len(bench.paths(".hdr")) == len(bench.paths(".ids")) == 4
    assert 0 < manifest.window <= manifest.segments[0].first
    lost = (await bench.log.find("day 7"))[0]
    assert (lost.source, lost.verdict, lost.stored) == (1, Verdict.LIVE, None)
    assert await bench.log.find("day 6") == []
    bench.log.refresh_index()
    verdicts = (await send(bench, (1, "day 6"), (1, "day 7"), (1, "day 11"))).verdicts
    assert verdicts == bytes([Verdict.LIVE, DUPLICATE, DUPLICATE])


async def test_what_left_with_its_sidecars_is_still_counted() -> None:
    bench, disk = simulated()
    await days(bench, 12, keep_each=False)
    before = log_statistics(disk, bench.folder)
    for _ in range(3):
        keep(bench, TWO_DAYS)
    manifest, after = load_manifest(disk, bench.folder), log_statistics(disk, bench.folder)
    gone = 12 - 1 - len(manifest.segments)
    assert gone == 7
    assert (manifest.gone_events, manifest.gone_duplicates) == (4 + 6 * 2, 6 * 2)
    assert manifest.gone_rejected == {1: {"too_large": gone}}
    assert (after.events, after.duplicates, after.rejected) == (
        before.events,
        before.duplicates,
        {1: {"too_large": 12}},
    )
    assert (before.segments, after.segments) == (12, 2)


async def test_an_entry_stays_as_long_as_its_segment_could_not_be_unlinked() -> None:
    """It would be sealed again and counted twice."""
    bench, disk = simulated()
    await days(bench, 12, keep_each=False)
    keep(bench, FOREVER)
    before = log_statistics(disk, bench.folder)
    manifest = load_manifest(disk, bench.folder)
    dropped = [replace(entry, kept=False) for entry in manifest.segments]
    save_manifest(disk, bench.folder, replace(manifest, segments=tuple(dropped)))
    for _ in range(2):
        keep_once(bench.folder, bench.clock, {"lane": 0}, TWO_DAYS, disk=disk)
    assert len(bench.paths()) == 12
    statistics = log_statistics(disk, bench.folder)
    assert statistics.rejected == before.rejected
    assert load_manifest(disk, bench.folder).gone_events == 0


async def test_counting_works_as_far_back_as_the_headers_go() -> None:
    bench, disk = simulated()
    await days(bench, 12, keep_each=False)
    events, head = await all_met(bench.log), Position(bench.log.head())
    for _ in range(2):
        keep(bench, TWO_DAYS)
    oldest = load_manifest(disk, bench.folder).segments[0].first
    for event in events:
        if event.position >= oldest:
            span = [other for other in events if other.position >= event.position]
            live = sum(other.source == 1 and other.verdict == Verdict.LIVE for other in span)
            dups = sum(other.source == 1 and other.verdict == DUPLICATE for other in span)
            counted = await bench.log.count(1, 0, Position(event.position), head)
            assert counted == Counts(live, dups)
    assert await bench.log.count(1, 0, Position(0), head) == Counts(13, 11)
    with pytest.raises(Trimmed) as trimmed:
        await bench.log.count(1, 0, Position(events[3].position), head)
    assert trimmed.value.floor == oldest


async def test_over_its_bytes_the_window_loses_its_oldest_runs() -> None:
    bench, disk = simulated()
    await days(bench, 8, keep_each=False)
    keep(bench, FOREVER)
    sizes = [len(bench.content(path)) for path in bench.paths(".ids")]
    limit = Policy(age_ms=10_000 * DAY, window_ms=10_000 * DAY, window_bytes=sum(sizes[-3:]))
    report = keep(bench, limit)
    manifest = load_manifest(disk, bench.folder)
    assert report.runs == len(manifest.runs) == len(bench.paths(".ids")) == 3
    assert report.window == manifest.segments[3].first + 1
    assert keep(bench, limit).runs == 3
    assert len(await bench.log.find("day 1")) == 2
    bench.log.refresh_index()
    assert (await send(bench, (1, "day 1"), (1, "day 6"))).verdicts == bytes([0, DUPLICATE])
    await bench.reopen()
    assert (await send(bench, (1, "day 2"), (1, "day 5"))).verdicts == bytes([0, DUPLICATE])


def test_an_empty_manifest_covers_nothing() -> None:
    assert Manifest().covered == frozenset()

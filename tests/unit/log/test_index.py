"""The appender's memory of messages, while `keep` moves it from sets to runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from headgate.keep.retention import Policy
from headgate.keep.run import keep_once
from headgate.log.port import Rejection, TallyBatch, Verdict
from headgate.log.segments.log import SegmentLog
from headgate.log.segments.manifest import load_manifest
from tests.contracts.event_logs import SegmentBench, send
from tests.simulation.disk import SimDisk

if TYPE_CHECKING:
    from headgate.disk import Mapped

LIVE, DUPLICATE = Verdict.LIVE, Verdict.DUPLICATE
FOREVER = Policy(age_ms=1 << 50, window_ms=1 << 50)
COUNT = 20


class Vanishing(SimDisk):
    """A disk on which `keep` has just replaced a run that the manifest was read to name."""

    def __init__(self) -> None:
        super().__init__()
        self.gone: set[str] = set()

    def map(self, path: Path) -> Mapped:
        if path.name in self.gone:
            raise FileNotFoundError(path)
        return super().map(path)


@pytest.fixture
def disk() -> Vanishing:
    return Vanishing()


@pytest.fixture
def bench(disk: Vanishing) -> SegmentBench:
    return SegmentBench(disk, Path("/log"))


async def sent(bench: SegmentBench) -> None:
    for n in range(COUNT):
        await send(bench, *((1, f"{n} {letter}") for letter in "abcd"))


def keep(bench: SegmentBench) -> None:
    keep_once(bench.folder, bench.clock, {}, FOREVER, disk=bench.disk)


def knows_all(bench: SegmentBench) -> bool:
    """Whether a copy of every message would be a duplicate, and nothing else."""
    keys, seen = bench.log.keys(), bench.log._seen
    old = b"".join(keys.of(1, f"{n} {letter}") for n in range(COUNT) for letter in "abcd")
    new = b"".join(keys.of(2, f"{n} a") for n in range(COUNT))
    verdicts = seen.judge(1 << 62, old + new)
    seen.forget(1 << 62)
    return verdicts == bytes([DUPLICATE] * COUNT * 4 + [LIVE] * COUNT)


async def test_after_sealing_only_the_unsealed_segments_stay_in_memory(
    bench: SegmentBench,
) -> None:
    await sent(bench)
    assert len(bench.log._seen._recent) == COUNT
    keep(bench)
    assert knows_all(bench)
    settled = bench.log.refresh_index()
    assert set(bench.log._seen._recent) == {int(bench.paths()[-1].stem)}
    assert settled == load_manifest(bench.disk, bench.folder).firsts
    assert len(bench.log._runs) == 12
    assert knows_all(bench)


async def test_a_run_that_vanished_before_it_was_opened_forgets_nothing(
    bench: SegmentBench, disk: Vanishing
) -> None:
    await sent(bench)
    keep(bench)
    disk.gone = {run.name for run in load_manifest(disk, bench.folder).runs[:5]}
    bench.log.refresh_index()
    assert knows_all(bench)
    disk.gone = set()
    bench.log.refresh_index()
    assert len(bench.log._seen._recent) == 1
    assert knows_all(bench)


async def test_runs_stay_until_the_one_that_replaced_them_can_be_opened(
    bench: SegmentBench, disk: Vanishing
) -> None:
    await sent(bench)
    keep(bench)
    bench.log.refresh_index()
    before = set(bench.log._runs)
    for n in range(6):
        await send(bench, *((3, f"more {n} {letter}") for letter in "abcd"))
    keep(bench)
    disk.gone = {run.name for run in load_manifest(disk, bench.folder).runs} - before
    bench.log.refresh_index()
    assert knows_all(bench)
    disk.gone = set()
    bench.log.refresh_index()
    assert set(bench.log._runs) == {run.name for run in load_manifest(disk, bench.folder).runs}
    assert knows_all(bench)


@pytest.mark.parametrize("which", [0, 5, 11])
async def test_an_appender_starts_without_a_run_that_is_missing_or_damaged(
    bench: SegmentBench, which: int
) -> None:
    await sent(bench)
    keep(bench)
    path = bench.folder / load_manifest(bench.disk, bench.folder).runs[which].name
    bench.flip(path, 20)
    await bench.reopen()
    assert knows_all(bench)
    bench.disk.unlink(path)
    await bench.reopen()
    assert knows_all(bench)


async def test_a_seal_in_the_middle_of_a_start_forgets_nothing(
    bench: SegmentBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest was read twice: what was sealed in between was in neither set nor run."""
    await sent(bench)
    await bench.log.close()
    refresh = SegmentLog.refresh_index

    def then_keep(log: SegmentLog) -> frozenset[int]:
        settled = refresh(log)
        keep(bench)
        return settled

    monkeypatch.setattr(SegmentLog, "refresh_index", then_keep)
    bench.log = bench.reader()
    bench.own()
    assert knows_all(bench)
    monkeypatch.undo()
    bench.log.refresh_index()
    assert knows_all(bench)


async def test_a_start_learns_only_from_segments_without_a_run(bench: SegmentBench) -> None:
    await sent(bench)
    keep(bench)
    await bench.reopen()
    assert set(bench.log._seen._recent) == {int(bench.paths()[-1].stem)}
    assert knows_all(bench)


async def test_a_segment_of_rejections_between_merged_runs_moves_no_frame(
    bench: SegmentBench,
) -> None:
    """Segments without rows shared their number with the next one, whose messages were lost."""
    for n in range(COUNT):
        await bench.log.append(0, TallyBatch((Rejection(1, "too_large", 1),)))
        bench.clock.now += 3_600_001
        await send(bench, (1, f"{n} a"))
        bench.clock.now += 3_600_001
    keep(bench)
    for n in range(COUNT):
        assert [found.verdict for found in await bench.log.find(f"{n} a")] == [LIVE]

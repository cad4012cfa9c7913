"""Invariant 13: deleting every sidecar changes no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from headgate.keep.run import keep_once
from headgate.log.port import Position, Rejection, TallyBatch, Verdict
from headgate.log.statistics import log_statistics
from tests.contracts.event_logs import SegmentBench, all_met, opened, send

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

DERIVED = (".hdr", ".sub", ".ids", "manifest")
NAMES = [*"abcdefgh", "same", "stranger"]


@pytest_asyncio.fixture(params=["segments", "simulated"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SegmentBench]:
    async with opened(request.param, tmp_path) as bench:
        assert isinstance(bench, SegmentBench)
        yield bench


async def filled(bench: SegmentBench) -> None:
    for name in NAMES[:-2]:
        await send(bench, (1, name), (2, name), (1, "same"), (1, name))
        await bench.log.append(0, TallyBatch((Rejection(1, "too_large", 1),)))
        bench.clock.now += 1_000


def keep(bench: SegmentBench) -> None:
    keep_once(bench.folder, bench.clock, {}, disk=bench.disk)


async def answers(bench: SegmentBench) -> dict[str, Any]:
    """Everything that the log tells, read by a process that has just started."""
    reader = bench.reader()
    events, head = await all_met(reader), Position(reader.head())
    places = [Position(0), *(Position(event.position) for event in events)]
    told: dict[str, Any] = {
        "events": events,
        "found": [await reader.find(name) for name in NAMES],
        "counted": [
            await reader.count(source, 0, place, head) for source in (1, 2) for place in places
        ],
        "at": [await reader.at(bench.clock.now - 500 * n) for n in range(20)],
        "received": [
            await reader.received(0, bench.clock.now - 500 * n, bench.clock.now - 200 * n)
            for n in range(20)
        ],
        "last": [await reader.last(0, 1, n) for n in range(1, 20)],
        "statistics": log_statistics(bench.disk, bench.folder),
    }
    await reader.close()
    return told


async def judged(bench: SegmentBench) -> bytes:
    """What the appender says of another copy of everything; it is refused, so nothing changes."""
    keys = bench.log.keys()
    joined = b"".join(keys.of(source, name) for name in NAMES for source in (1, 2))
    seen = bench.log._seen
    verdicts = seen.judge(1 << 62, joined)
    seen.forget(1 << 62)
    return verdicts


async def test_answers_are_the_same_before_and_after_sealing(bench: SegmentBench) -> None:
    await filled(bench)
    told, verdicts = await answers(bench), await judged(bench)
    keep(bench)
    assert len(bench.paths(".hdr")) == len(bench.paths(".ids")) == len(bench.paths()) - 1 > 5
    assert await answers(bench) == told
    bench.log.refresh_index()
    assert not bench.log._seen._recent
    assert await judged(bench) == verdicts
    await bench.reopen()
    assert await judged(bench) == verdicts
    assert await answers(bench) == told


def derived(bench: SegmentBench) -> list[Path]:
    return [path for path in bench.paths("") if path.name.endswith(DERIVED)]


async def test_deleting_every_sidecar_changes_no_answer(bench: SegmentBench) -> None:
    await filled(bench)
    keep(bench)
    told, verdicts, files = await answers(bench), await judged(bench), derived(bench)
    for path in files:
        bench.disk.unlink(path)
    assert await answers(bench) == told
    await bench.reopen()
    assert await judged(bench) == verdicts
    keep(bench)
    assert derived(bench) == files
    assert await answers(bench) == told
    bench.log.refresh_index()
    assert await judged(bench) == verdicts


async def test_deleting_any_one_sidecar_changes_no_answer(bench: SegmentBench) -> None:
    await filled(bench)
    keep(bench)
    told, verdicts, files = await answers(bench), await judged(bench), derived(bench)
    for path in files:
        bench.disk.unlink(path)
        assert await answers(bench) == told, path
        await bench.reopen()
        assert await judged(bench) == verdicts, path
        keep(bench)
        assert derived(bench) == files
        assert await answers(bench) == told, path


async def test_damaging_any_one_sidecar_changes_no_answer(bench: SegmentBench) -> None:
    await filled(bench)
    keep(bench)
    told, verdicts, files = await answers(bench), await judged(bench), derived(bench)
    for path in files:
        bench.flip(path, 5)
        assert await answers(bench) == told, path
        await bench.reopen()
        assert await judged(bench) == verdicts, path
        bench.flip(path, 5)


async def test_the_judge_of_these_tests_can_tell_a_difference(bench: SegmentBench) -> None:
    await filled(bench)
    verdicts = await judged(bench)
    assert verdicts.count(Verdict.DUPLICATE) == 8 * 2 + 1
    assert verdicts[-2:] == bytes([Verdict.LIVE, Verdict.LIVE])
    keep(bench)
    for path in derived(bench):
        bench.disk.unlink(path)
    for path in bench.paths()[:2]:
        bench.disk.unlink(path)
    await bench.reopen()
    assert await judged(bench) != verdicts


async def test_after_a_trim_the_manifest_can_be_made_again_from_the_headers_that_are_left(
    bench: SegmentBench,
) -> None:
    await filled(bench)
    keep(bench)
    floor = {0: Position(int(bench.paths()[4].stem))}
    await bench.log.raise_floor(floor)
    await bench.log.trim(floor)
    assert len(bench.paths(".hdr")) > len(bench.paths())
    verdicts = await judged(bench)
    found = [await bench.log.find(name) for name in NAMES]
    bench.disk.unlink(bench.folder / "manifest")
    for path in bench.paths(".ids"):
        bench.disk.unlink(path)
    for _ in range(2):
        await bench.reopen()
        assert await judged(bench) == verdicts
        assert [await bench.log.find(name) for name in NAMES] == found
        keep(bench)


async def test_a_run_that_is_mapped_is_never_changed_in_place(bench: SegmentBench) -> None:
    await filled(bench)
    keep(bench)
    bench.log.refresh_index()
    verdicts = await judged(bench)
    for path in bench.paths(".ids"):
        bench.disk.unlink(path)
    keep(bench)
    for _ in range(12):
        await filled(bench)
        keep(bench)
    assert await judged(bench) == verdicts
    bench.log.refresh_index()
    assert await judged(bench) == verdicts

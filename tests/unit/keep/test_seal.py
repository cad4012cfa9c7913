from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate.log.errors import Fenced
from headgate.log.keys import subject_hash
from headgate.log.port import Rejection, TallyBatch
from headgate.log.segments.manifest import load_manifest
from headgate.log.segments.sidecars import (
    headers_path,
    read_headers,
    read_subjects,
    subjects_path,
)
from tests.contracts.event_logs import frames_of, met, send
from tests.unit.keep.kept import keep, simulated

if TYPE_CHECKING:
    from tests.contracts.event_logs import SegmentBench


async def filled(bench: SegmentBench, segments: int = 3) -> None:
    """So many full segments of four events, and one begun."""
    for n in range(segments):
        await send(bench, (1, f"{n}a"), (2, f"{n}b"))
        await send(bench, (1, f"{n}c"), (1, "same"))
    await send(bench, (1, "last"))


async def test_every_segment_with_a_successor_is_sealed_and_the_active_one_is_not() -> None:
    bench, disk = simulated()
    await filled(bench)
    report = keep(bench)
    paths = bench.paths()
    assert report.sealed == tuple(int(path.stem) for path in paths[:-1])
    manifest = load_manifest(disk, bench.folder)
    assert [entry.first for entry in manifest.segments] == list(report.sealed)
    assert [(entry.events, entry.duplicates, entry.frames) for entry in manifest.segments] == [
        (4, 0, 2),
        (3, 1, 2),
        (3, 1, 2),
    ]
    assert [entry.length for entry in manifest.segments] == [
        len(bench.content(path)) for path in paths[:-1]
    ]
    assert {entry.quarantined for entry in manifest.segments} == {0}


async def test_a_segment_is_sealed_once() -> None:
    bench, disk = simulated()
    await filled(bench)
    keep(bench)
    before = disk.operations
    assert keep(bench).sealed == ()
    assert disk.operations == before
    await filled(bench, 1)
    assert len(keep(bench).sealed) == 1


async def test_a_segment_whose_successor_is_not_published_is_left_alone() -> None:
    """Until its successor counts, a failed sync may still cut the segment short."""
    bench, disk = simulated()
    await send(bench, (1, "a"), (1, "b"), (1, "c"), (1, "d"))
    path = bench.paths()[0]
    successor = path.with_name(f"{bench.log.head():019d}.seg")
    disk.create(successor).write(bench.content(path))
    assert keep(bench).sealed == ()


async def test_the_header_sidecar_holds_all_headers_and_what_was_counted_before() -> None:
    bench, disk = simulated()
    await filled(bench)
    report = keep(bench)
    frames = await frames_of(bench.log)
    sidecar = read_headers(disk, headers_path(bench.folder, report.sealed[1]))
    assert sidecar.header.totals == {1: (3, 0), 2: (1, 0)}
    raws = [header.raw for _, header in sidecar.frames()]
    assert raws == [frame.header.raw for frame in frames[2:4]]  # type: ignore[attr-defined]
    found = [*sidecar.holding(frames[3].header.keys[:8])]  # type: ignore[attr-defined]
    assert [header.raw for _, header in found] == raws[1:]


async def test_the_subject_sidecar_names_everyone_the_segment_is_about() -> None:
    bench, disk = simulated()
    await filled(bench)
    report = keep(bench)
    secret = bench.content(bench.folder / "key")[:16]
    for first in report.sealed:
        assert read_subjects(disk, subjects_path(bench.folder, first)) == {
            subject_hash(secret, source, "ann") for source in (1, 2)
        }


async def test_rejections_are_summed_by_source_and_code() -> None:
    bench, disk = simulated()
    for _ in range(2):
        await bench.log.append(0, TallyBatch((Rejection(1, "too_large", 2, ("x",)),)))
        await bench.log.append(
            0, TallyBatch((Rejection(1, "bad_timestamp", 1), Rejection(5, "too_large", 7)))
        )
    await filled(bench)
    keep(bench)
    entry = load_manifest(disk, bench.folder).segments[0]
    assert entry.rejected == {1: {"too_large": 4, "bad_timestamp": 2}, 5: {"too_large": 14}}
    assert (entry.events, entry.frames) == (4, 6)


async def test_damaged_frames_and_stretches_are_counted_as_quarantined() -> None:
    bench, disk = simulated()
    await filled(bench)
    report = keep(bench)
    starts = [
        [offset for offset, _ in read_headers(disk, headers_path(bench.folder, first)).frames()]
        for first in report.sealed
    ]
    paths = bench.paths()
    bench.flip(paths[0], len(bench.content(paths[0])) - 3)
    bench.flip(paths[1], starts[1][0] + 5)
    bench.flip(paths[2], starts[2][1] + 5)
    for name in [*bench.paths(""), *paths]:
        if name.suffix != ".seg" and name.name not in {"head", "floor", "key"}:
            disk.unlink(name)
    keep(bench)
    entries = load_manifest(disk, bench.folder).segments
    assert [entry.quarantined for entry in entries] == [1, 1, 1]
    assert [entry.frames for entry in entries] == [2, 1, 1]


async def test_two_runs_at_the_same_time_are_refused() -> None:
    bench, disk = simulated()
    lock = disk.lock(bench.folder / "keep.lock")
    with pytest.raises(Fenced, match="another run of keep"):
        keep(bench)
    lock.release()
    keep(bench)


async def test_what_a_crash_left_behind_is_swept_away() -> None:
    bench, disk = simulated()
    await filled(bench)
    keep(bench)
    strangers = ["0000000000000000005.hdr", "9.ids", "7.sub", "7.ids.new", "manifest.new"]
    mine = ["notes.txt", "backup.seg", "0000000000000000009.seg.new", "key.new"]
    for name in [*strangers, *mine]:
        disk.create(bench.folder / name).write(b"left behind")
    keep(bench)
    names = disk.names(bench.folder)
    assert not set(strangers) & set(names)
    assert set(mine) <= set(names)


async def test_missing_sidecars_and_runs_are_made_again() -> None:
    bench, disk = simulated()
    await filled(bench)
    report = keep(bench)
    before = {path: bench.content(path) for path in bench.paths("") if "." in path.name}
    disk.unlink(headers_path(bench.folder, report.sealed[0]))
    disk.unlink(subjects_path(bench.folder, report.sealed[1]))
    disk.unlink(bench.folder / f"{report.sealed[2]:019d}.ids")
    disk.cut(bench.folder / f"{report.sealed[1]:019d}.ids", 30)
    assert keep(bench).sealed == ()
    assert {path: bench.content(path) for path in bench.paths("") if "." in path.name} == before


async def test_a_damaged_manifest_is_made_again_and_told_of() -> None:
    bench, disk = simulated()
    await filled(bench)
    keep(bench)
    before = load_manifest(disk, bench.folder)
    bench.flip(bench.folder / "manifest", 40)
    report = keep(bench)
    assert any("manifest" in warning for warning in report.warnings)
    assert load_manifest(disk, bench.folder) == before
    assert keep(bench).warnings == ()


async def test_an_empty_log_has_nothing_to_keep() -> None:
    bench, disk = simulated()
    report = keep(bench)
    assert (report.sealed, report.trimmed, report.runs, report.floor) == ((), (), 0, 0)
    assert "manifest" not in disk.names(bench.folder)
    await send(bench, (1, "a"))
    assert keep(bench).sealed == ()
    assert met(await frames_of(bench.log))[0].message_id == "a"

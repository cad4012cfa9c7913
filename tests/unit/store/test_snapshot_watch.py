from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

import headgate.store.snapshot.watch as watching
from headgate.store.snapshot import SnapshotReader, SnapshotWatch, SnapshotWriter
from tests.unit.store.snapshots import snapshot, source

if TYPE_CHECKING:
    from pathlib import Path


def publish(folder: Path, version: int) -> None:
    with SnapshotWriter(folder, least=1) as writer:
        writer.publish(snapshot(version, source(name=f"{version}")))


async def test_the_snapshot_that_is_there_comes_at_once(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    async with SnapshotWatch(SnapshotReader(tmp_path)) as snapshots:
        first = await asyncio.wait_for(anext(snapshots), 1)
    assert first.version == 1


async def test_each_change_is_told_within_a_fraction_of_the_polling_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_GLANCE", 60.0)
    publish(tmp_path, 1)
    async with SnapshotWatch(SnapshotReader(tmp_path)) as snapshots:
        await anext(snapshots)
        for version in range(2, 12):
            waiting = asyncio.ensure_future(anext(snapshots))
            await asyncio.sleep(0.01)
            publish(tmp_path, version)
            assert (await asyncio.wait_for(waiting, 5)).version == version


async def test_a_change_before_the_wait_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_GLANCE", 60.0)
    publish(tmp_path, 1)
    async with SnapshotWatch(SnapshotReader(tmp_path)) as snapshots:
        await anext(snapshots)
        publish(tmp_path, 2)
        publish(tmp_path, 3)
        assert (await asyncio.wait_for(anext(snapshots), 5)).version == 3


async def test_without_inotify_changes_are_found_by_looking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no inotify here")

    monkeypatch.setattr(watching, "Watch", refuse)
    publish(tmp_path, 1)
    async with SnapshotWatch(SnapshotReader(tmp_path)) as snapshots:
        await anext(snapshots)
        publish(tmp_path, 2)
        began = time.monotonic()
        assert (await asyncio.wait_for(anext(snapshots), 5)).version == 2
        waiting = asyncio.ensure_future(anext(snapshots))
        await asyncio.sleep(0.05)
        publish(tmp_path, 3)
        assert (await asyncio.wait_for(waiting, 5)).version == 3
    assert time.monotonic() - began < 2


async def test_a_folder_that_is_not_there_yet_is_found_when_it_appears(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    async with SnapshotWatch(SnapshotReader(folder)) as snapshots:
        waiting = asyncio.ensure_future(anext(snapshots))
        await asyncio.sleep(0.05)
        publish(folder, 1)
        assert (await asyncio.wait_for(waiting, 5)).version == 1


async def test_leaving_the_watch_leaves_nothing_on_the_loop(tmp_path: Path) -> None:
    async with SnapshotWatch(SnapshotReader(tmp_path)) as snapshots:
        watch = snapshots._watch
        assert watch is not None
        file = watch.fileno()
    assert not asyncio.get_running_loop().remove_reader(file)
    with pytest.raises(OSError, match="Bad file descriptor"):
        watch.drain()

"""One run of `keep` over a log: mend, retain, seal, merge, drop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from headgate.disk import SystemDisk
from headgate.keep.merging import drop_old, merge_runs
from headgate.keep.retention import Alarm, Policy, alarms, decide_floor
from headgate.keep.scrub import scrub
from headgate.keep.seal import mend, seal
from headgate.log.errors import Damaged, Fenced
from headgate.log.segments.manifest import NAME as MANIFEST
from headgate.log.segments.manifest import Manifest, load_manifest, read_manifest
from headgate.log.segments.reading import HEAD
from headgate.log.segments.runs import SUFFIX as IDS
from headgate.log.segments.sidecars import HEADERS, SUBJECTS, headers_path, subjects_path
from headgate.log.segments.trimming import drop_below, lift_floor

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from headgate.clock import Clock
    from headgate.disk import Disk

_NEW = ".new"


@dataclass(frozen=True)
class Kept:
    """What one run did; segments are named by their first positions.

    Duplicates are recognised in the segments from `window` on. `warnings` are sentences for an
    operator; `alarms` name the lanes that the floor is about to reach.
    """

    sealed: tuple[int, ...]
    trimmed: tuple[int, ...]
    runs: int
    floor: int
    window: int
    alarms: tuple[Alarm, ...]
    warnings: tuple[str, ...]


def keep_once(
    folder: Path,
    clock: Clock,
    acknowledged: Mapping[str, int],
    policy: Policy | None = None,
    *,
    standing: Mapping[str, int] | None = None,
    disk: Disk | None = None,
) -> Kept:
    """Do what is due for the log in `folder`; safe at any time and repeatable after any crash.

    `acknowledged` says for each lane below which position it needs nothing more: the floor rises
    without asking, but nothing is dropped above the lowest of them. `standing` says where each
    lane is, for the alarms; without it, what it has acknowledged. Raises `Fenced` when another run
    is under way, and `OSError`.
    """
    disk = disk or SystemDisk()
    try:
        lock = disk.lock(folder / "keep.lock")
    except BlockingIOError:
        raise Fenced(f"another run of keep works on {folder}: wait for it") from None
    try:
        places = acknowledged if standing is None else standing
        return _keep(disk, folder, clock.now_ms(), acknowledged, places, policy or Policy())
    finally:
        lock.release()


def _keep(
    disk: Disk,
    folder: Path,
    now: int,
    acknowledged: Mapping[str, int],
    standing: Mapping[str, int],
    policy: Policy,
) -> Kept:
    warnings = [*_damage(disk, folder)]
    manifest = mend(disk, folder, load_manifest(disk, folder))
    decided = decide_floor(manifest, now, policy)
    if decided.jump_ms:
        warnings.append(
            f"the clock has jumped by {decided.jump_ms // 1000} s against the newest segment:"
            " events are dropped by receivedAt until it has caught up"
        )
    floor = _raised(disk, folder, decided.position)
    trimmed = drop_below(disk, folder, min([floor, *acknowledged.values()]))
    before = load_manifest(disk, folder)
    manifest = merge_runs(disk, folder, seal(disk, folder, before, _head(disk, folder)))
    manifest, rotten = scrub(disk, folder, manifest, now)
    warnings += rotten
    manifest = drop_old(disk, folder, manifest, now, policy)
    _sweep(disk, folder, manifest)
    return Kept(
        tuple(sorted(manifest.firsts - before.firsts)),
        tuple(trimmed),
        len(manifest.runs),
        floor,
        manifest.window,
        tuple(alarms(manifest, standing, now, policy)),
        tuple(warnings),
    )


def _damage(disk: Disk, folder: Path) -> list[str]:
    try:
        read_manifest(disk, folder)
    except Damaged as damage:
        return [f"{damage}: it is made again; rejections of trimmed segments are forgotten"]
    return []


def _raised(disk: Disk, folder: Path, position: int) -> int:
    cells = disk.cells(folder / "floor", writable=True)
    try:
        lift_floor(disk, folder, cells, position)
        return cells.get(0)
    finally:
        cells.close()


def _head(disk: Disk, folder: Path) -> int:
    cells = disk.cells(folder / "head", writable=True)
    try:
        return cells.get(HEAD)
    finally:
        cells.close()


def _sweep(disk: Disk, folder: Path, manifest: Manifest) -> None:
    """Remove what a crash has left: files of `keep` that the manifest does not name."""
    named = {run.name for run in manifest.runs}
    for first in manifest.firsts:
        named |= {headers_path(folder, first).name, subjects_path(folder, first).name}
    for name in disk.names(folder):
        whole = name.removesuffix(_NEW)
        ours = whole.endswith((IDS, HEADERS, SUBJECTS)) or name == MANIFEST + _NEW
        if ours and name not in named:
            disk.unlink(folder / name)

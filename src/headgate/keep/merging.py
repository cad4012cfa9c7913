"""Few id runs instead of many, and none that outlives the window of duplicates."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec.structs import replace

from headgate.log.segments.manifest import Manifest, Rejected, Run, save_manifest
from headgate.log.segments.runs import SUFFIX as IDS
from headgate.log.segments.runs import IdRun, merged, write_run
from headgate.log.segments.segment import firsts
from headgate.log.segments.sidecars import headers_path, subjects_path
from headgate.log.segments.survey import add_rejected

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.disk import Disk
    from headgate.keep.retention import Policy
    from headgate.log.segments.manifest import Sealed

MOST_RUNS = 12


def merge_runs(disk: Disk, folder: Path, manifest: Manifest) -> Manifest:
    """While there are more than 12 runs, make one of the two neighbours with the fewest rows.

    A run with a damaged row or filter is left out, so that the next `mend` makes it anew. The old
    files go after the manifest has forgotten them; whoever has them mapped keeps what they hold.
    """
    while len(manifest.runs) > MOST_RUNS:
        pair = fewest_rows(manifest.runs)
        manifest = replace(manifest, runs=_merged(disk, folder, manifest.runs, pair))
        save_manifest(disk, folder, manifest)
        for run in pair:
            disk.unlink(folder / run.name)
    return manifest


def fewest_rows(runs: tuple[Run, ...]) -> tuple[Run, Run]:
    """The two adjacent runs that are cheapest to merge."""
    return min(pairwise(runs), key=lambda pair: pair[0].rows + pair[1].rows)


def _merged(
    disk: Disk, folder: Path, runs: tuple[Run, ...], pair: tuple[Run, Run]
) -> tuple[Run, ...]:
    at = runs.index(pair[0])
    opened = [(run, IdRun(disk, folder / run.name)) for run in pair]
    sound = [(run, ids) for run, ids in opened if ids.is_sound()]
    both = () if len(sound) < len(pair) else (_united(disk, folder, sound),)
    for _, ids in opened:
        ids.close()
    spared = both or tuple(run for run, _ in sound)
    return (*runs[:at], *spared, *runs[at + len(pair) :])


def _united(disk: Disk, folder: Path, opened: list[tuple[Run, IdRun]]) -> Run:
    segments = tuple(first for run, _ in opened for first in run.segments)
    rows, count, places = merged([ids for _, ids in opened])
    name = f"{segments[0]:019d}-{segments[-1]:019d}{IDS}"
    write_run(disk, folder / name, rows, count, places)
    return Run(name, segments, count, max(run.newest for run, _ in opened))


def drop_old(disk: Disk, folder: Path, manifest: Manifest, now: int, policy: Policy) -> Manifest:
    """Let runs leave the window, and with them what is left of segments without a body."""
    runs = _within(manifest, _sizes(disk, folder, manifest), now, policy)
    fallen = manifest.runs[: len(manifest.runs) - len(runs)]
    window = max([manifest.window, *(first + 1 for run in fallen for first in run.segments)])
    present = firsts(disk.names(folder))
    gone = [
        entry
        for entry in manifest.segments
        if entry.first < window and not entry.kept and entry.first not in present
    ]
    if not fallen and not gone:
        return manifest
    manifest = _without(replace(manifest, runs=runs, window=window), gone)
    save_manifest(disk, folder, manifest)
    for run in fallen:
        disk.unlink(folder / run.name)
    for entry in gone:
        disk.unlink(headers_path(folder, entry.first))
        disk.unlink(subjects_path(folder, entry.first))
    return manifest


def _within(manifest: Manifest, sizes: dict[str, int], now: int, policy: Policy) -> tuple[Run, ...]:
    """The newest runs that fit: a run falls by age once no segment of it is kept, by bytes always.

    As long as a segment is kept, its run is what finds a message in it.
    """
    kept = {entry.first for entry in manifest.segments if entry.kept}
    runs = list(manifest.runs)
    while runs:
        oldest = runs[0]
        aged = oldest.newest < now - policy.window_ms and kept.isdisjoint(oldest.segments)
        too_many = policy.window_bytes is not None and policy.window_bytes < sum(
            sizes[run.name] for run in runs
        )
        if not aged and not too_many:
            break
        runs.pop(0)
    return tuple(runs)


def _sizes(disk: Disk, folder: Path, manifest: Manifest) -> dict[str, int]:
    """Bytes of each run, with the header sidecars that are kept for its sake."""
    bodies = {entry.first for entry in manifest.segments if entry.kept}
    return {
        run.name: _size(disk, folder / run.name)
        + sum(_size(disk, headers_path(folder, at)) for at in run.segments if at not in bodies)
        for run in manifest.runs
    }


def _size(disk: Disk, path: Path) -> int:
    try:
        file = disk.open(path)
    except FileNotFoundError:
        return 0
    try:
        return file.size()
    finally:
        file.close()


def _without(manifest: Manifest, gone: list[Sealed]) -> Manifest:
    """What the entries counted is added to what is gone."""
    rejected: Rejected = {}
    for codes in (manifest.gone_rejected, *(entry.rejected for entry in gone)):
        add_rejected(rejected, codes)
    return replace(
        manifest,
        segments=tuple(entry for entry in manifest.segments if entry not in gone),
        gone_events=manifest.gone_events + sum(entry.events for entry in gone),
        gone_duplicates=manifest.gone_duplicates + sum(entry.duplicates for entry in gone),
        gone_quarantined=manifest.gone_quarantined + sum(entry.quarantined for entry in gone),
        gone_rejected=rejected,
    )

"""Reading sealed segments again: what has rotted since is found before somebody needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from msgspec.structs import replace

from headgate.log.errors import Damaged
from headgate.log.segments.chain import Chain
from headgate.log.segments.manifest import save_manifest
from headgate.log.segments.runs import sound_run
from headgate.log.segments.survey import survey

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from headgate.disk import Disk
    from headgate.log.segments.manifest import Manifest, Sealed

Thing = TypeVar("Thing")

TURN_MS: Final = 900_000
"""How long one turn lasts: a run reads the segments of the turn it falls into."""
TURNS: Final = 96
"""After so many, a day, every segment has been read."""


def scrub(disk: Disk, folder: Path, manifest: Manifest, now: int) -> tuple[Manifest, list[str]]:
    """Read the segments whose turn it is; damage is counted in the manifest, and told."""
    found, warnings, chain = dict[int, "Sealed"](), list[str](), Chain(disk, folder)
    try:
        for sealed in due([each for each in manifest.segments if each.kept], now):
            now_damaged = _damaged(chain, sealed.first)
            if now_damaged > sealed.quarantined:
                found[sealed.first] = replace(sealed, quarantined=now_damaged)
                warnings.append(
                    f"segment {sealed.first} has rotted: {now_damaged - sealed.quarantined} more"
                    " of its frames cannot be read; look at the disk, and restore a backup"
                )
    finally:
        chain.close()
    rotten = {run.name for run in due(manifest.runs, now) if not _is_sound(disk, folder / run.name)}
    warnings += [f"{name} has rotted: the next run makes it again" for name in sorted(rotten)]
    if not warnings:
        return manifest, []
    segments = tuple(found.get(each.first, each) for each in manifest.segments)
    runs = tuple(run for run in manifest.runs if run.name not in rotten)
    manifest = replace(manifest, segments=segments, runs=runs)
    save_manifest(disk, folder, manifest)
    return manifest, warnings


def due(things: Sequence[Thing], now: int) -> Sequence[Thing]:
    """Those of this turn; over `TURNS` turns that is each of them once."""
    return things[now // TURN_MS % TURNS :: TURNS]


def _is_sound(disk: Disk, path: Path) -> bool:
    try:
        sound_run(disk, path).close()
    except Damaged:
        return False
    except FileNotFoundError:
        return True  # which `mend` sees to
    return True


def _damaged(chain: Chain, first: int) -> int:
    try:
        return survey(chain.segment(first), chain.limit(first)).quarantined
    except Damaged:
        return 1  # its own header: nothing of it can be read
    except FileNotFoundError:
        return 0

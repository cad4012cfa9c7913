"""Moving the floor, and dropping the segments that every lane has left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from headgate.disk import DamagedCell
from headgate.log.segments.manifest import load_manifest, save_manifest
from headgate.log.segments.segment import firsts, path_of

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.disk import Cells, Disk


def lift_floor(disk: Disk, folder: Path, floor: Cells, position: int) -> None:
    """Announce what will be dropped; it never sinks.

    Lanes close their events below it for good and files are unlinked because of it: a floor that
    a power loss takes back would let a reader pass over what is gone in silence.
    """
    if position > floor.get(0):
        floor.put(0, position)
        floor.sync()
        disk.sync_folder(folder)


def mend_floor(disk: Disk, folder: Path, floor: Cells) -> None:
    """A floor of which a bit has flipped is where the first segment begins that is still kept.

    Below the one that was told nothing was kept that lanes had not left behind.
    """
    try:
        floor.get(0)
    except DamagedCell:
        manifest = load_manifest(disk, folder)
        gone = [segment.next for segment in manifest.segments if not segment.kept]
        floor.put(0, max(gone, default=0))
        floor.sync()


def drop_below(disk: Disk, folder: Path, floor: int) -> list[int]:
    """Unlink sealed segments that end at or below `floor`; their sidecars stay for the window.

    The manifest says so first: a crash in between leaves a file that the next call drops.
    """
    manifest = load_manifest(disk, folder)
    dropped = {segment.first for segment in manifest.segments if segment.next <= floor}
    if any(segment.kept and segment.first in dropped for segment in manifest.segments):
        segments = tuple(
            replace(segment, kept=segment.kept and segment.first not in dropped)
            for segment in manifest.segments
        )
        save_manifest(disk, folder, replace(manifest, segments=segments))
    present = [first for first in firsts(disk.names(folder)) if first in dropped]
    for first in present:
        disk.unlink(path_of(folder, first))
    if present:
        disk.sync_folder(folder)
    return present

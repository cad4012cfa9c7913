"""Dropping segments that every lane has left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from headgate.log.segments.chain import Chain
from headgate.log.segments.manifest import load_manifest, save_manifest
from headgate.log.segments.segment import path_of

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.disk import Disk


def drop_below(disk: Disk, folder: Path, floor: int) -> list[int]:
    """Unlink sealed segments that end at or below `floor`; their sidecars stay for the window.

    The manifest says so first: a crash in between leaves a file that the next call drops.
    """
    manifest = load_manifest(disk, folder)
    dropped = [segment.first for segment in manifest.segments if segment.next <= floor]
    save_manifest(
        disk,
        folder,
        replace(
            manifest,
            segments=tuple(
                replace(segment, kept=False) if segment.first in dropped else segment
                for segment in manifest.segments
            ),
        ),
    )
    chain = Chain(disk, folder)
    present = [first for first in dropped if first in chain.firsts]
    chain.close()
    for first in present:
        disk.unlink(path_of(folder, first))
    disk.sync_folder(folder)
    return present

"""The manifest: which segments are sealed, which id runs cover them, what was dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headgate.disk import read_whole, write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.disk import Disk

NAME = "manifest"
Rejected = dict[int, dict[str, int]]
"""Source number -> code -> count."""


class Sealed(msgspec.Struct, frozen=True):
    """A segment that will not grow; `kept` is False once its body was dropped."""

    first: int
    next: int
    length: int
    frames: int
    events: int
    duplicates: int
    quarantined: int
    appended_min: int
    appended_max: int
    received_min: int
    received_max: int
    rejected: Rejected = {}
    kept: bool = True


class Run(msgspec.Struct, frozen=True):
    """An id run and the segments it covers; `newest` is the latest appended_at in it."""

    name: str
    segments: tuple[int, ...]
    rows: int
    newest: int


class Manifest(msgspec.Struct, frozen=True):
    """Replaced whole by `keep` alone; `gone` counts what left with dropped sidecars."""

    segments: tuple[Sealed, ...] = ()
    runs: tuple[Run, ...] = ()
    gone_events: int = 0
    gone_duplicates: int = 0
    gone_rejected: Rejected = {}

    @property
    def covered(self) -> frozenset[int]:
        """First positions of the segments whose ids are in a run."""
        return frozenset(first for run in self.runs for first in run.segments)

    def sealed(self, first: int) -> Sealed | None:
        return next((segment for segment in self.segments if segment.first == first), None)


def load_manifest(disk: Disk, folder: Path) -> Manifest:
    """The manifest, or an empty one before the first seal."""
    if NAME not in disk.names(folder):
        return Manifest()
    return msgspec.json.decode(read_whole(disk, folder / NAME), type=Manifest)


def save_manifest(disk: Disk, folder: Path, manifest: Manifest) -> None:
    write_whole(disk, folder / NAME, msgspec.json.encode(manifest))

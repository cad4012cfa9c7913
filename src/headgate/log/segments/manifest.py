"""The manifest: which segments are sealed, which id runs cover them, what was dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from google_crc32c import value

from headgate.disk import read_whole, write_whole
from headgate.log.errors import Damaged

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.disk import Disk

NAME = "manifest"
_CRC = 8
"""Hexadecimal digits on the first line, over the JSON on the second."""

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
    """An id run and the segments it covers, ascending; `newest` is the latest appended_at in it."""

    name: str
    segments: tuple[int, ...]
    rows: int
    newest: int


class Manifest(msgspec.Struct, frozen=True):
    """Replaced whole by `keep` alone, segments and runs in the order of the log.

    `gone_*` count what left with dropped sidecars. Segments that begin below `window` have left
    the window in which duplicates are recognised: no run covers them, and none is made again.
    """

    segments: tuple[Sealed, ...] = ()
    runs: tuple[Run, ...] = ()
    window: int = 0
    gone_events: int = 0
    gone_duplicates: int = 0
    gone_quarantined: int = 0
    gone_rejected: Rejected = {}
    scrubbed: int = 0
    """The last turn in which `keep` has read sealed segments again."""

    @property
    def firsts(self) -> frozenset[int]:
        """First positions of the sealed segments."""
        return frozenset(segment.first for segment in self.segments)

    @property
    def covered(self) -> frozenset[int]:
        """First positions of the segments whose ids are in a run."""
        return frozenset(first for run in self.runs for first in run.segments)

    def sealed(self, first: int) -> Sealed | None:
        return next((segment for segment in self.segments if segment.first == first), None)


def read_manifest(disk: Disk, folder: Path) -> Manifest:
    """The manifest, or an empty one before the first seal; raises `Damaged`."""
    try:
        raw = read_whole(disk, folder / NAME)
    except FileNotFoundError:
        return Manifest()
    crc, content = raw[:_CRC], raw[_CRC + 1 :]
    try:
        if crc != _checksum(content):
            raise Damaged("the manifest does not match its checksum")
        return msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise Damaged(f"the manifest cannot be read: {error}") from None


def load_manifest(disk: Disk, folder: Path) -> Manifest:
    """As `read_manifest`, but a damaged one is as good as none: all it says can be found again."""
    try:
        return read_manifest(disk, folder)
    except Damaged:
        return Manifest()


def save_manifest(disk: Disk, folder: Path, manifest: Manifest) -> None:
    content = msgspec.json.encode(manifest)
    write_whole(disk, folder / NAME, _checksum(content) + b"\n" + content)


def _checksum(content: bytes) -> bytes:
    return b"%08x" % value(content)

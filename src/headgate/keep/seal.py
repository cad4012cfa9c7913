"""Sealing: writing down once what a segment that will not grow any more holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from headgate.log.errors import Damaged
from headgate.log.keys import subject_hash
from headgate.log.segments.chain import Chain
from headgate.log.segments.manifest import Manifest, Run, save_manifest
from headgate.log.segments.runs import SUFFIX as IDS
from headgate.log.segments.runs import IdRun, rows_of, write_run
from headgate.log.segments.secret import secret_of
from headgate.log.segments.sidecars import (
    headers_path,
    subjects_path,
    write_headers,
    write_subjects,
)
from headgate.log.segments.survey import Tally, survey

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from headgate.disk import Disk
    from headgate.log.segments.frame import SegmentFrame
    from headgate.log.segments.manifest import Sealed

_SIDECARS = 2


def seal(disk: Disk, folder: Path, manifest: Manifest, head: int) -> Manifest:
    """Seal what is not in the manifest yet: header sidecar, id run, subject sidecar, then entry.

    The manifest is saved after each segment and names only files that are complete, so a crash
    costs one segment's work. A segment counts as finished when something behind it is published:
    until then a failed sync may still cut it short.
    """
    chain = Chain(disk, folder)
    try:
        for first in _finished(chain, head):
            if first not in manifest.firsts:
                manifest = _with(manifest, _sealed(disk, folder, chain, first))
                manifest = _indexed(disk, folder, chain, manifest, first)
                save_manifest(disk, folder, manifest)
    finally:
        chain.close()
    return manifest


def mend(disk: Disk, folder: Path, manifest: Manifest) -> Manifest:
    """Make anew what is missing: sidecars from segments, entries and id runs from sidecars.

    So the manifest and every file beside a segment may be deleted at any time; only the rejections
    of segments that were trimmed are then forgotten.
    """
    before = manifest
    chain = Chain(disk, folder)
    try:
        for first in _lacking(disk, folder, chain, manifest):
            manifest = _with(manifest, _sealed(disk, folder, chain, first))
        for first in chain.sidecars:
            if first >= manifest.window and first not in {*manifest.firsts, *chain.firsts}:
                manifest = _adopted(chain, manifest, first)
        runs = tuple(run for run in manifest.runs if _opens(disk, folder / run.name))
        manifest = replace(manifest, runs=runs)
        for first in sorted(manifest.firsts - manifest.covered):
            if first >= manifest.window:
                manifest = _indexed(disk, folder, chain, manifest, first)
    finally:
        chain.close()
    if manifest != before:
        save_manifest(disk, folder, manifest)
    return manifest


def _finished(chain: Chain, head: int) -> list[int]:
    readable = []
    for first in chain.firsts:
        successor = chain.after(first)
        if successor is not None and successor < head and _is_readable(chain, first):
            readable.append(first)
    return readable


def _is_readable(chain: Chain, first: int) -> bool:
    try:
        chain.segment(first)
    except (Damaged, FileNotFoundError):
        return False
    return True


def _lacking(disk: Disk, folder: Path, chain: Chain, manifest: Manifest) -> list[int]:
    """Sealed segments that are kept and have lost a sidecar."""
    names = disk.names(folder)
    wanted = {
        entry.first: (headers_path(folder, entry.first), subjects_path(folder, entry.first))
        for entry in manifest.segments
        if entry.kept and entry.first in chain.firsts
    }
    return [
        first
        for first, paths in wanted.items()
        if sum(path.name in names for path in paths) < _SIDECARS and _is_readable(chain, first)
    ]


class _Reader:
    """Takes from each frame of a segment what its sidecars hold."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._known: set[tuple[int, str]] = set()
        self.headers: list[tuple[int, bytes]] = []
        self.subjects: set[bytes] = set()

    def __call__(self, offset: int, frame: SegmentFrame) -> None:
        self.headers.append((offset, frame.header.raw))
        for stored in frame.events():
            record = stored.record
            if record is not None:
                for identity in (record.user_id, record.anonymous_id):
                    if identity is not None:
                        self._subject(record.source, identity)

    def _subject(self, source: int, identity: str) -> None:
        if (source, identity) not in self._known:
            self._known.add((source, identity))
            self.subjects.add(subject_hash(self._secret, source, identity))


def _sealed(disk: Disk, folder: Path, chain: Chain, first: int) -> Sealed:
    segment, reader = chain.segment(first), _Reader(secret_of(disk, folder))
    entry = survey(segment, chain.limit(first), visit=reader)
    write_headers(disk, headers_path(folder, first), segment.header, reader.headers)
    write_subjects(disk, subjects_path(folder, first), reader.subjects)
    chain.refresh()
    return entry


def _adopted(chain: Chain, manifest: Manifest, first: int) -> Manifest:
    """An entry for a trimmed segment of which only the headers are left."""
    try:
        header, frames = chain.headers(first)
    except (Damaged, FileNotFoundError):
        return manifest
    tally, length = Tally(first, header.created_at), header.size
    for offset, frame in frames:
        tally.add(frame)
        length = offset + frame.size
    return _with(manifest, tally.sealed(length, kept=False))


def _with(manifest: Manifest, entry: Sealed) -> Manifest:
    others = [segment for segment in manifest.segments if segment.first != entry.first]
    return replace(
        manifest, segments=tuple(sorted([*others, entry], key=lambda segment: segment.first))
    )


def _indexed(disk: Disk, folder: Path, chain: Chain, manifest: Manifest, first: int) -> Manifest:
    """The manifest with an id run for one sealed segment, made from its headers."""
    entry = manifest.sealed(first)
    try:
        _, headers = chain.headers(first)
        rows = rows_of((number, header.keys) for number, (_, header) in enumerate(headers))
    except (Damaged, FileNotFoundError):
        return manifest
    name = f"{first:019d}{IDS}"
    write_run(disk, folder / name, rows, len(rows), ((first, 0),))
    run = Run(name, (first,), len(rows), entry.appended_max if entry is not None else 0)
    return replace(manifest, runs=_in_order([*manifest.runs, run]))


def _in_order(runs: Iterable[Run]) -> tuple[Run, ...]:
    return tuple(sorted(runs, key=lambda run: run.segments))


def _opens(disk: Disk, path: Path) -> bool:
    try:
        IdRun(disk, path).close()
    except (Damaged, FileNotFoundError):
        return False
    return True

"""Follows the snapshot files: reads what was appended, decodes what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.store.errors import SnapshotUnknown
from headgate.store.snapshot import journal
from headgate.store.snapshot.frames import unframe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headgate.store.snapshot.journal import Manifest, Replay
    from headgate.store.snapshot.model import Snapshot, Thing


class SnapshotReader:
    """One role's view of `snapshots/`. A thing that did not change stays the same object.

    So a role compiles only what is not `is` what it had. A half-written record is not seen
    until it is whole.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.version = 0
        """The version that `refresh` returned last; 0 before the first."""
        self._path: Path | None = None
        self._offset = 0
        self._replay = journal.Replay()
        self._things: dict[str, Thing] = {}
        """By id, those of the manifest that was settled last."""
        self._last = journal.snapshot_of(0, ())

    def refresh(self) -> Snapshot | None:
        """The newest snapshot, or None when it is the one returned last or there is none."""
        newest = next(reversed(journal.files(self.folder)), None)
        if newest is None:
            return None
        known = newest == self._path
        payloads, used = _read(newest, self._offset if known else 0)
        if not payloads:
            return None
        before = dict(self._replay.manifest)
        if not known:
            self._replay = journal.Replay()
        self._replay.take(map(journal.decode, payloads))
        self._path = newest
        self._offset = (self._offset if known else 0) + used
        return self._settle(before)

    def at(self, version: int) -> Snapshot:
        """An older snapshot, for as long as its file is kept. Raises SnapshotUnknown."""
        last = journal.path_of(self.folder, version)
        for path in reversed([path for path in journal.files(self.folder) if path <= last]):
            replay = journal.Replay()
            replay.take(map(journal.decode, _read(path, 0)[0]), until=version)
            if replay.version == version > 0:
                return journal.snapshot_of(version, self._all_of(replay))
        raise SnapshotUnknown(f"no snapshot of version {version} is kept in {self.folder}")

    def _settle(self, before: Manifest) -> Snapshot:
        after, met = self._replay.manifest, self._replay.met
        changed = {
            name: journal.decode_thing(met[digest])
            for name, digest in after.items()
            if before.get(name) != digest
        }
        gone = [name for name in before if name not in after]
        self.version = self._replay.version
        self._last = journal.patched(
            self._last, self.version, changed.values(), [self._things.pop(name) for name in gone]
        )
        self._things |= changed
        self._replay.forget_objects()
        return self._last

    def _all_of(self, replay: Replay) -> Iterator[Thing]:
        ours = self._replay.manifest
        for name, digest in replay.manifest.items():
            is_ours = ours.get(name) == digest
            yield self._things[name] if is_ours else journal.decode_thing(replay.met[digest])


def _read(path: Path, offset: int) -> tuple[list[bytes], int]:
    with path.open("rb") as stream:
        stream.seek(offset)
        return unframe(stream.read())

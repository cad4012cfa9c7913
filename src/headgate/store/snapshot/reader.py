"""Follows the snapshot files: reads what was appended, decodes what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.store.errors import SnapshotUnknown
from headgate.store.snapshot import journal
from headgate.store.snapshot.frames import unframe

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.store.snapshot.journal import Replay
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
        self._decoded: dict[bytes, Thing] = {}

    def refresh(self) -> Snapshot | None:
        """The newest snapshot, or None when it is the one returned last or there is none."""
        newest = next(reversed(journal.files(self.folder)), None)
        if newest is None:
            return None
        known = newest == self._path
        replay = self._replay if known else journal.Replay()
        payloads, used = _read(newest, self._offset if known else 0)
        if not payloads:
            return None
        replay.take(map(journal.decode, payloads))
        self._path, self._replay = newest, replay
        self._offset = (self._offset if known else 0) + used
        return self._settle()

    def at(self, version: int) -> Snapshot:
        """An older snapshot, for as long as its file is kept. Raises SnapshotUnknown."""
        last = journal.path_of(self.folder, version)
        for path in reversed([path for path in journal.files(self.folder) if path <= last]):
            replay = journal.Replay()
            replay.take(map(journal.decode, _read(path, 0)[0]), until=version)
            if replay.version == version > 0:
                return journal.snapshot_of(version, self._things(replay).values())
        raise SnapshotUnknown(f"no snapshot of version {version} is kept in {self.folder}")

    def _settle(self) -> Snapshot:
        self._decoded = self._things(self._replay)
        self._replay.met.clear()
        self.version = self._replay.version
        return journal.snapshot_of(self.version, self._decoded.values())

    def _things(self, replay: Replay) -> dict[bytes, Thing]:
        return {digest: self._thing(digest, replay) for digest in replay.manifest.values()}

    def _thing(self, digest: bytes, replay: Replay) -> Thing:
        return self._decoded.get(digest) or journal.decode_thing(replay.met[digest])


def _read(path: Path, offset: int) -> tuple[list[bytes], int]:
    with path.open("rb") as stream:
        stream.seek(offset)
        return unframe(stream.read())

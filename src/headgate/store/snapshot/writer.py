"""Publishes snapshots: appends what changed, and starts a new file when that is shorter."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from headgate.store.locking import exclusive, sync_folder
from headgate.store.snapshot import journal
from headgate.store.snapshot.frames import frame, unframe

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.store.snapshot.journal import Base, Delta
    from headgate.store.snapshot.model import Snapshot

_LEAST = 64 * 1024


class SnapshotWriter:
    """The right to publish into a folder, held for as long as the `with` block runs.

    On entry it reads what is there: `version` is 0 when nothing is. A new base file is
    begun when the deltas of the newest file outgrow its base, and `least` bytes.
    """

    def __init__(self, folder: Path, *, least: int = _LEAST) -> None:
        self._folder, self._least = folder, least
        self._held = ExitStack()

    def __enter__(self) -> Self:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._held.enter_context(exclusive(self._folder / "writer.lock"))
        self._replay = journal.Replay()
        self._path, self._base, self._end = self._scan()
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    @property
    def version(self) -> int:
        return self._replay.version

    def holds(self, snapshot: Snapshot) -> bool:
        """Whether what is published has the same content, whatever its version."""
        return self.version > 0 and journal.base_of(snapshot).manifest == self._replay.manifest

    def publish(self, snapshot: Snapshot) -> bool:
        """Make `snapshot` durable and visible; False when that version or a newer one is."""
        if snapshot.version <= self.version:
            return False
        base = journal.base_of(snapshot)
        delta = journal.delta_of(self._replay.manifest, base)
        if self._path is None or self._end - self._base > max(self._base, self._least):
            self._begin(base)
        else:
            self._append(self._path, delta)
        self._replay.take([base])
        return True

    def _scan(self) -> tuple[Path | None, int, int]:
        """The newest file, the end of its base, the end of what is whole in it."""
        newest = next(reversed(journal.files(self._folder)), None)
        payloads, end = unframe(newest.read_bytes()) if newest else ([], 0)
        self._replay.take(map(journal.decode, payloads))
        base = len(frame(payloads[0])) if payloads else 0
        return (newest if payloads else None), base, end

    def _append(self, path: Path, delta: Delta) -> None:
        """Drop a torn tail, if one is there, then write one record and sync it."""
        framed = frame(journal.encode(delta))
        with path.open("r+b", buffering=0) as stream:
            stream.truncate(self._end)
            stream.seek(self._end)
            _write(stream.fileno(), framed)
        self._end += len(framed)

    def _begin(self, base: Base) -> None:
        framed = frame(journal.encode(base))
        final = journal.path_of(self._folder, base.version)
        fresh = final.with_suffix(".new")
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            _write(file, framed)
        finally:
            os.close(file)
        fresh.replace(final)
        sync_folder(self._folder)
        self._path, self._base, self._end = final, len(framed), len(framed)


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
    os.fsync(file)

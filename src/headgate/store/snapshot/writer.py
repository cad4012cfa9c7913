"""Publishes snapshots: appends what changed, and starts a new file when that is shorter."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from headgate.store.locking import exclusive, sync_folder
from headgate.store.snapshot import journal
from headgate.store.snapshot.frames import frame, unframe

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.store.snapshot.journal import Base, Delta
    from headgate.store.snapshot.model import Changes, Snapshot

_LEAST = 64 * 1024


class SnapshotWriter:
    """The right to publish into a folder, held for as long as a `with` block runs.

    On entry it reads what is there, and on later ones what others appended since: `version` is 0
    when nothing is. A new base file is begun when the deltas of the newest file outgrow its base,
    and `least` bytes.
    """

    def __init__(self, folder: Path, *, least: int = _LEAST) -> None:
        self._folder, self._least = folder, least
        self._turn, self._held = threading.Lock(), ExitStack()
        self._replay = journal.Replay()
        self._path: Path | None = None
        self._file = 0
        """Which file has that name: another may have taken it."""
        self._base = self._end = 0
        """The end of the base of that file, and the end of what is whole in it."""

    def __enter__(self) -> Self:
        self._turn.acquire()
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._held.enter_context(exclusive(self._folder / "writer.lock"))
            self._catch_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()
        self._turn.release()

    @property
    def version(self) -> int:
        return self._replay.version

    @property
    def wants_base(self) -> bool:
        """Whether the next thing to publish is the whole configuration, in a file of its own."""
        return self._appendable is None

    @property
    def _appendable(self) -> Path | None:
        is_outgrown = self._end - self._base > max(self._base, self._least)
        return None if is_outgrown else self._path

    def holds(self, snapshot: Snapshot) -> bool:
        """Whether what is published has the same content, whatever its version."""
        return self.version > 0 and journal.base_of(snapshot).manifest == self._replay.manifest

    def publish(self, snapshot: Snapshot) -> bool:
        """Make `snapshot` durable and visible; False when that version or a newer one is."""
        if snapshot.version <= self.version:
            return False
        base = journal.base_of(snapshot)
        if (path := self._appendable) is None:
            self._begin(base)
        else:
            self._append(path, journal.delta_of(self._replay.manifest, base))
        return True

    def publish_changes(self, changes: Changes) -> bool:
        """The same, for what led from the version that is published to that of the changes.

        False also when the whole configuration is wanted.
        """
        path = self._appendable
        if path is None or changes.version <= self.version:
            return False
        self._append(path, journal.delta_from(self._replay.manifest, changes))
        return True

    def _catch_up(self) -> None:
        newest = next(reversed(journal.files(self._folder)), None)
        if newest is None or newest != self._path or newest.stat().st_ino != self._file:
            self._replay, self._path, self._end = journal.Replay(), None, 0
        if newest is None:
            return
        with newest.open("rb") as stream:
            stream.seek(self._end)
            payloads, used = unframe(stream.read())
            self._file = os.fstat(stream.fileno()).st_ino
        if self._path is None and payloads:
            self._path, self._base = newest, len(frame(payloads[0]))
        self._end += used
        self._take(*map(journal.decode, payloads))

    def _take(self, *records: Base | Delta) -> None:
        self._replay.take(records)
        self._replay.forget_objects()

    def _append(self, path: Path, delta: Delta) -> None:
        """Drop a torn tail, if one is there, then write one record and sync it."""
        framed = frame(journal.encode(delta))
        with path.open("r+b", buffering=0) as stream:
            stream.truncate(self._end)
            stream.seek(self._end)
            _write(stream.fileno(), framed)
        self._end += len(framed)
        self._take(delta)

    def _begin(self, base: Base) -> None:
        framed = frame(journal.encode(base))
        final = journal.path_of(self._folder, base.version)
        fresh = final.with_suffix(".new")
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            _write(file, framed)
            self._file = os.fstat(file).st_ino
        finally:
            os.close(file)
        fresh.replace(final)
        sync_folder(self._folder)
        self._path, self._base, self._end = final, len(framed), len(framed)
        self._take(base)


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
    os.fsync(file)

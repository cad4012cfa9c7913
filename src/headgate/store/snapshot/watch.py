"""Brings each new snapshot to a role as soon as it is published."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from headgate.telemetry import log
from headgate.watch import MODIFY, MOVED_TO, Watch

if TYPE_CHECKING:
    from headgate.store.snapshot.model import Snapshot
    from headgate.store.snapshot.reader import SnapshotReader

_POLL = 0.25
"""Seconds between looks where inotify is not available."""

_GLANCE = 1.0
"""Seconds between looks beside inotify, for file systems that accept a watch and tell nothing."""


class SnapshotWatch:
    """`async with SnapshotWatch(reader) as snapshots: async for snapshot in snapshots: ...`.

    The first comes at once when the reader has not returned it yet; of several published in
    quick succession only the last comes.
    """

    def __init__(self, reader: SnapshotReader) -> None:
        self._reader = reader
        self._told = asyncio.Event()
        self._watch: Watch | None = None

    async def __aenter__(self) -> Self:
        try:
            self._watch = Watch(self._reader.folder, MODIFY | MOVED_TO)
        except OSError:
            return self
        asyncio.get_running_loop().add_reader(self._watch.fileno(), self._tell)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._watch is not None:
            asyncio.get_running_loop().remove_reader(self._watch.fileno())
            self._watch.close()
            self._watch = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Snapshot:
        while (snapshot := self._look()) is None:
            await self._changed()
        return snapshot

    def _look(self) -> Snapshot | None:
        """What is in force stays in force while no file can be opened, or read."""
        try:
            return self._reader.refresh()
        except OSError as error:
            log.warning("snapshot.unread", error=str(error))
            return None

    async def _changed(self) -> None:
        try:
            async with asyncio.timeout(_GLANCE if self._watch else _POLL):
                await self._told.wait()
        except TimeoutError:
            return
        self._told.clear()

    def _tell(self) -> None:
        if self._watch is not None:
            self._watch.drain()
        self._told.set()

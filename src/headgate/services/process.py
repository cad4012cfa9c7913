"""The life of one role's process: its lock, its word to others, its orderly end."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

from headgate.presence import Presence, RoleLock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

SAY_SECONDS = 5.0
_NO_PARENT = -1


class Life:
    """One process of a role, from its lock to its end.

    It ends at SIGTERM or SIGINT, or when the parent's end of the pipe closes: a child never
    outlives its supervisor.
    """

    def __init__(
        self, run: Path, role: str, index: int, counters: Callable[[], Mapping[str, float]]
    ) -> None:
        self._lock = RoleLock(run, role, index)
        self._counters = counters
        self._snapshot = 0
        self._ready = False
        self.over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, parent: int = _NO_PARENT) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.over.set)
        if parent != _NO_PARENT:
            os.set_blocking(parent, False)
            loop.add_reader(parent, self._parent_gone, parent)
        self._task = asyncio.create_task(self._keep_saying())

    def _parent_gone(self, parent: int) -> None:
        asyncio.get_running_loop().remove_reader(parent)
        self.over.set()

    def ready(self) -> None:
        self._ready = True
        self._say()

    def in_force(self, version: int) -> None:
        """From now on this process works with that snapshot."""
        self._snapshot = version
        self._say()

    def _say(self) -> None:
        self._lock.say(
            Presence(
                role=self._lock.role,
                index=self._lock.index,
                pid=os.getpid(),
                ready=self._ready,
                snapshot=self._snapshot,
                counters=dict(self._counters()),
            )
        )

    async def _keep_saying(self) -> None:
        said: Mapping[str, float] = {}
        while True:
            await asyncio.sleep(SAY_SECONDS)
            if said != (said := dict(self._counters())):
                self._say()

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._lock.release()

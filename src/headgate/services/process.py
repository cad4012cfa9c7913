"""The life of one role's process: its lock, its word to others, its orderly end."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import signal
from typing import TYPE_CHECKING

from headgate.presence import Presence, RoleLock
from headgate.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

SAY_SECONDS = 5.0
GARBAGE_THRESHOLD = 50_000
"""Events and requests make no cycles: collecting often finds nothing and costs much."""
SAY_AGAIN_SECONDS = 1.0
_NO_PARENT = -1
_OWN_FILES = 128
"""Files of the log, the ledger, and whatever else a process opens for itself."""


def files_for_sockets() -> int:
    """How many sockets there may be: as many files as allowed, but for those of its own."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return max(1, hard - _OWN_FILES)


class Life:
    """One process of a role, from its lock to its end.

    It ends at SIGTERM or SIGINT, or when the parent's end of the pipe closes: a child never
    outlives its supervisor.
    """

    def __init__(
        self,
        run: Path,
        role: str,
        index: int,
        counters: Callable[[], Mapping[str, float]],
        *,
        of: int = 0,
    ) -> None:
        self._lock = RoleLock(run, role, index, of)
        self._counters = counters
        self._snapshot = 0
        self._ready = False
        self._is_unsaid = False
        """The last word did not get through: a full disk must not end a role that can go on."""
        self.over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        gc.disable()  # until it is ready: what a start makes is kept, and looked at for nothing

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
        """Say so, and leave what the start has made out of every later garbage collection."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(GARBAGE_THRESHOLD)
        gc.enable()
        self._ready = True
        self._say()

    def in_force(self, version: int) -> None:
        """From now on this process works with that snapshot."""
        self._snapshot = version
        self._say()

    def _say(self) -> None:
        presence = Presence(
            role=self._lock.role,
            index=self._lock.index,
            pid=os.getpid(),
            ready=self._ready,
            snapshot=self._snapshot,
            counters=dict(self._counters()),
        )
        try:
            self._lock.say(presence)
        except OSError as error:
            if not self._is_unsaid:
                log.warning("presence.unsaid", role=self._lock.role, error=str(error))
            self._is_unsaid = True
        else:
            self._is_unsaid = False

    async def _keep_saying(self) -> None:
        said: Mapping[str, float] = {}
        while True:
            await asyncio.sleep(SAY_AGAIN_SECONDS if self._is_unsaid else SAY_SECONDS)
            if self._is_unsaid or said != dict(self._counters()):
                said = dict(self._counters())
                self._say()

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._lock.release()


async def until_over(life: Life, *vital: asyncio.Future[None]) -> None:
    """Wait for the end; when something vital breaks, end with its error and be started anew."""

    async def over() -> None:
        await life.over.wait()

    waiting = asyncio.create_task(over())
    done, _ = await asyncio.wait({waiting, *vital}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    for ended in done:
        ended.result()

"""Waiting for the durable end to move, without asking again and again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from headgate.log.errors import Unavailable
from headgate.watch import MODIFY, Watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

POLL = 0.02
"""Seconds between two looks where the kernel cannot tell."""


class HeadSignal:
    """`Signal` on the `head` file, for any number of waiters in one event loop.

    Where inotify is not to be had (its instances are counted for each user), it polls.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._watch: Watch | None = None
        self._refused = False
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: set[asyncio.Future[None]] = set()

    async def beyond(self, head: int, current: Callable[[], int]) -> None:
        """Return once `current()` differs from `head`; raises `Unavailable` after `close`.

        The watch is armed before `current()` is asked, so that no change falls between.
        """
        while not self._closed:
            told = self._tell()
            try:
                if current() != head:
                    return
                await asyncio.wait([told], timeout=None if self._watch else POLL)
            finally:
                self._waiting.discard(told)
        raise Unavailable("this log was closed while somebody followed it")

    def _tell(self) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._disarm()
            self._arm(loop)
        told: asyncio.Future[None] = loop.create_future()
        self._waiting.add(told)
        return told

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._watch is None and not self._refused:
            try:
                self._watch = Watch(self._path, MODIFY)
            except OSError:
                self._refused = True
        if self._watch is not None:
            loop.add_reader(self._watch, self._wake)
            self._loop = loop

    def _wake(self) -> None:
        if self._watch is not None:
            self._watch.drain()
        if not self._waiting:
            self._disarm()  # nobody follows: an appender's writes then cost this process nothing
        for told in self._waiting:
            if not told.done():
                told.set_result(None)

    def _disarm(self) -> None:
        loop, self._loop = self._loop, None
        if self._watch is not None and loop is not None and not loop.is_closed():
            loop.remove_reader(self._watch)

    def close(self) -> None:
        self._closed = True
        self._wake()
        self._disarm()
        if self._watch is not None:
            self._watch.close()
            self._watch = None

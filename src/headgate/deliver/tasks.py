"""The tasks of an engine: none may fail without anybody knowing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class Tasks:
    """Work that goes on beside each other; `broken` fails when the engine cannot go on.

    The ledger then tells a successor where to begin.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.vital: set[asyncio.Task[None]] = set()
        self.attempts: set[asyncio.Task[None]] = set()
        self.broken: asyncio.Future[None] = self._loop.create_future()

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Work without which the engine is no use: when it breaks, the process must start anew."""
        task = self._loop.create_task(work)
        self.vital.add(task)
        task.add_done_callback(self._ended)

    def attempt(self, work: Coroutine[object, object, None]) -> None:
        """Work that an orderly stop waits for."""
        task = self._loop.create_task(work)
        self.attempts.add(task)
        task.add_done_callback(self._ended)

    def soon(self, work: Callable[[], object], seconds: float = 0.0) -> asyncio.TimerHandle:
        return self._loop.call_later(seconds, self.guard, work)

    def guard(self, work: Callable[[], object]) -> None:
        """Do what the loop calls for; it would swallow an error, and nobody would know."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it is, a successor must take over
            if not self.broken.done():
                self.broken.set_exception(error)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.vital.discard(task)
        self.attempts.discard(task)
        if not task.cancelled():
            self.guard(task.result)

    async def finish(self, seconds: float) -> None:
        """Wait for attempts under way, and end the rest."""
        if self.attempts:
            await asyncio.wait(self.attempts, timeout=seconds)
        self.cancel()
        await asyncio.gather(*self.vital, *self.attempts, return_exceptions=True)

    def cancel(self) -> None:
        for task in [*self.vital, *self.attempts]:
            task.cancel()

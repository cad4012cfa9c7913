"""The tasks of an engine: none may fail without anybody knowing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Hashable

    from headgate.clock import Clock

K = TypeVar("K", bound="Hashable")


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


class Timers:
    """For each key one timer: the earliest that was asked for.

    Work that comes too early asks again, so the earliest is enough. One whose time has passed is
    kept as well: it rings in the next round of the loop.
    """

    def __init__(self, tasks: Tasks, clock: Clock) -> None:
        self._tasks, self._clock = tasks, clock
        self._timers: dict[Hashable, tuple[float, asyncio.TimerHandle]] = {}

    def ask(self, key: K, at: float, work: Callable[[K], object]) -> None:
        """Do the work for a key at a moment of the clock's monotonic time, or earlier."""
        timer = self._timers.get(key)
        if timer is not None:
            if timer[0] <= at:
                return
            timer[1].cancel()
        seconds = max(0.0, at - self._clock.monotonic())
        self._timers[key] = (at, self._tasks.soon(lambda: self._ring(key, work), seconds))

    def _ring(self, key: K, work: Callable[[K], object]) -> None:
        del self._timers[key]
        work(key)

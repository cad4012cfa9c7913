"""The thread that writes and syncs: the loop goes on while the disk works."""

from __future__ import annotations

import asyncio
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class WriterThread:
    """One thread with the cheapest hand-over there is: a group may be only a few events."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[
            tuple[Callable[[], None], asyncio.AbstractEventLoop, asyncio.Future[None]] | None
        ] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    async def __call__(self, work: Callable[[], None]) -> None:
        """Run `work` in the thread; raises what it raises."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._queue.put((work, loop, done))
        await done

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            work, loop, done = item
            error: Exception | None = None
            try:
                work()
            except Exception as failed:  # noqa: BLE001 - it is raised where it is waited for
                error = failed
            try:
                loop.call_soon_threadsafe(_settle, done, error)
            except RuntimeError:  # the loop has ended, nobody waits any more
                return

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()


def _settle(done: asyncio.Future[None], error: Exception | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)

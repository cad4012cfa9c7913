"""One thing after the other in a thread, so that nobody waits longer than they want to."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Line:
    """Work is done in the order in which it was given; a process does not wait for it to end."""

    def __init__(self, name: str) -> None:
        self._given: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def do(self, work: Callable[[], T]) -> Future[T]:
        done: Future[T] = Future()
        self._given.put((done, work))
        return done

    def _run(self) -> None:
        while (given := self._given.get()) is not None:
            done, work = given
            try:
                done.set_result(work())
            except BaseException as error:  # noqa: BLE001 - whoever waits is told
                done.set_exception(error)

    def close(self, seconds: float) -> None:
        """Wait for what was given, but not for ever."""
        self._given.put(None)
        self._thread.join(seconds)

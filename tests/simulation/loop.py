"""An event loop whose time is virtual: where nothing is ready, it jumps to the next timer."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")


class Stalled(AssertionError):
    """Nothing is ready and no timer is set: it would wait for ever."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Days pass in as long as their events take; nothing in it may touch a real descriptor.

    `each_step` is called between two rounds of the loop. What a callback raises ends the run,
    unless it is one of `expected`.
    """

    def __init__(
        self,
        start: float = 0.0,
        *,
        each_step: Callable[[], None] = lambda: None,
        expected: tuple[type[BaseException], ...] = (),
    ) -> None:
        super().__init__()
        self._move_to(start)
        self._each_step, self._expected = each_step, expected
        self._selector = self
        self._is_ending = False
        self._broken: BaseException | None = None
        self.set_exception_handler(self._failed)

    def time(self) -> float:
        return self._now

    def select(self, timeout: float | None) -> list[object]:
        """Stand in for a selector: what the base class waits for never comes, but time passes."""
        if self._broken is not None:
            raise self._broken
        self._each_step()
        if timeout is None:
            raise Stalled("nothing is ready and no timer is set")
        self._move_to(self._now + timeout)
        return []

    def _move_to(self, now: float) -> None:
        """No timer rings before its time: asked again at the same moment, it would for ever."""
        self._now, self._clock_resolution = now, math.ulp(now)

    def _process_events(self, event_list: list[object]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """No other thread ever wakes it."""

    def _failed(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception") or AssertionError(context["message"])
        if not isinstance(error, self._expected) and self._broken is None:
            self._broken = error

    def live(self, main: Coroutine[Any, Any, T]) -> T:
        """Run `main` to its end; then cancel whatever is left, and close."""
        task = self.create_task(main)
        task.add_done_callback(self._main_ended)
        try:
            self.run_forever()
            return task.result()
        finally:
            self._is_ending = True
            self._each_step = lambda: None
            self.set_exception_handler(lambda _, __: None)
            self._broken = None
            self.run_until_complete(_end(asyncio.all_tasks(self)))
            self.run_until_complete(self.shutdown_asyncgens())
            self.close()

    def _main_ended(self, _: object) -> None:
        if not self._is_ending:
            self.stop()


async def _end(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

"""A brake on TLS handshakes: they cost a hundred times a request, and come in herds."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

T = TypeVar("T")

_TICK = 0.002


class Handshakes(Generic[T]):
    """Starts at most `most` transfers that may have to shake hands, and the others in turn.

    A transfer counts until it is known to be connected, and for at most `patience` seconds: one
    that takes longer waits for the network and costs nothing, so that destinations which hang
    hold nobody up.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        start: Callable[[T], None],
        *,
        most: int = 64,
        patience: float = 0.25,
    ) -> None:
        self._loop = loop
        self._start = start
        self._most = most
        self._patience = patience
        self._began: dict[T, float] = {}
        self._waiting: deque[T] = deque()
        self._turn: asyncio.Handle | None = None

    def begin(self, transfer: T) -> None:
        """Start a transfer now, or as soon as there is room."""
        if self._waiting or self._is_full():
            self._waiting.append(transfer)
            self._plan(self._room_in())
        else:
            self._go(transfer)

    def over(self, transfer: T) -> None:
        """Note that a transfer is connected, or is no more; nothing is started in this call."""
        self._began.pop(transfer, None)
        if self._waiting:
            self._plan(0)

    def gave_up(self, transfer: T) -> bool:
        """Forget a transfer; return whether it was still waiting for its start."""
        self.over(transfer)
        if transfer not in self._waiting:
            return False
        self._waiting.remove(transfer)
        return True

    def close(self) -> None:
        """Start nothing any more."""
        if self._turn is not None:
            self._turn.cancel()
        self._waiting.clear()

    def _go(self, transfer: T) -> None:
        self._began[transfer] = self._loop.time()
        self._start(transfer)

    def _is_full(self) -> bool:
        latest = self._loop.time() - self._patience
        while self._began and next(iter(self._began.values())) <= latest:
            del self._began[next(iter(self._began))]
        return len(self._began) >= self._most

    def _room_in(self) -> float:
        """Seconds until the oldest transfer counts no more, and a bit for a coarse clock."""
        oldest = next(iter(self._began.values()), self._loop.time())
        return max(oldest + self._patience - self._loop.time(), 0.0) + _TICK

    def _plan(self, seconds: float) -> None:
        if self._turn is not None:
            if seconds:
                return
            self._turn.cancel()
        self._turn = self._loop.call_later(seconds, self._release)

    def _release(self) -> None:
        self._turn = None
        while self._waiting and not self._is_full():
            self._go(self._waiting.popleft())
        if self._waiting:
            self._plan(self._room_in())

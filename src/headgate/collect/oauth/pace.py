"""How fast each of many may come: a token bucket for each name, kept as one number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST = 10_000
"""Names that are remembered; those that have not come for a while are the same as new ones."""


class Pace:
    """`rate` a second for each name, and `burst` at once."""

    def __init__(self, rate: float, burst: int, monotonic: Callable[[], float]) -> None:
        self._step, self._slack = 1 / rate, (burst - 1) / rate
        self._monotonic = monotonic
        self._free: dict[str, float] = {}
        """When each name will have used up nothing of its burst."""

    def take(self, name: str) -> float:
        """0 and one is taken, or the seconds until one is there."""
        now = self._monotonic()
        free = max(now, self._free.get(name, now))
        wait = free - now - self._slack
        if wait > 0:
            return wait
        if len(self._free) >= _MOST:
            self._free = {each: when for each, when in self._free.items() if when > now}
        self._free[name] = free + self._step
        return 0.0

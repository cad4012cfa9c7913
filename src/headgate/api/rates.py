"""How often a token may call: a window of a minute, told in the headers of every answer."""

from __future__ import annotations

import threading
from typing import NamedTuple

WINDOW_MS = 60_000


class Turn(NamedTuple):
    """What is left of a minute: `resets_at` in seconds since 1970."""

    limit: int
    used: int
    resets_at: int
    wait_ms: int

    @property
    def is_over(self) -> bool:
        return self.used > self.limit

    def headers(self) -> dict[str, str]:
        left = max(0, self.limit - self.used)
        told = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Consumed": str(self.used),
            "X-RateLimit-Reset": str(self.resets_at),
        }
        if self.is_over:
            told["Retry-After"] = str(max(1, -(-self.wait_ms // 1000)))
        return told


class Rates:
    """Counts the calls of each caller; those of an earlier minute are forgotten."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._window, self._used = 0, dict[str, int]()
        self._turn = threading.Lock()

    def take(self, caller: str, now_ms: int) -> Turn:
        window = now_ms // WINDOW_MS
        end = (window + 1) * WINDOW_MS
        with self._turn:
            if window != self._window:
                self._window, self._used = window, {}
            used = self._used[caller] = self._used.get(caller, 0) + 1
        return Turn(self._limit, used, end // 1000, end - now_ms)

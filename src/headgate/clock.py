"""Time as the engine sees it, so that a simulation can own it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol


class Clock(Protocol):
    """Wall time for what is stored, monotonic time for what is waited for."""

    def now_ms(self) -> int:
        """Milliseconds since 1970, UTC; may jump."""
        ...

    def monotonic(self) -> float:
        """Seconds; never goes back."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    monotonic = staticmethod(time.monotonic)  # asked ten times for each delivery


def iso(ms: int) -> str:
    """`2026-11-22T07:20:32.663Z`: the form of every time that leaves Headgate.

    Built from whole seconds and the rest, because a float of seconds would round.
    """
    seconds, rest = divmod(ms, 1000)
    return f"{_second(seconds)}.{rest:03d}Z"


@lru_cache(maxsize=1024)
def _second(seconds: int) -> str:
    """Formatting a second costs twenty times looking it up, and neighbours share it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19]

"""A clock that stands still while a gate is shut."""

from __future__ import annotations


class OpenClock:
    """Seconds during which the gate was open; begins with the first reading."""

    __slots__ = ("_before", "_is_open", "_last", "_since")

    def __init__(self) -> None:
        self._before = 0.0
        self._since: float | None = None
        self._last = float("-inf")
        self._is_open = True

    def read(self, now: float) -> float:
        if not self._is_open:
            return self._before
        if self._since is None:
            self._since = now
        self._last = max(self._last, now)
        return self._before + self._last - self._since

    def shut(self, now: float | None) -> None:
        """Stand still from `now`, or from the last reading when it is not known."""
        if self._is_open and self._since is not None:
            end = self._last if now is None else max(now, self._since)
            self._before += end - self._since
        self._is_open, self._since = False, None

    def open(self, now: float | None) -> None:
        """Go on from `now`, or from the next reading when it is not known."""
        if not self._is_open:
            self._is_open, self._since = True, now
            self._last = float("-inf") if now is None else now

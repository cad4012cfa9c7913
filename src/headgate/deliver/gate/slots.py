"""Slots: as many requests at once as a destination answers without getting slower."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headgate.policy import DeliveryPolicy

LESS, MORE = 0.91, 1.01
"""Steps of the estimate: it rests where one answer in ten is quicker."""


class Slots:
    """Additive increase, multiplicative decrease, between 1 and `most`.

    `limit` grows by one after as many successes as there are slots, if they took on average at
    most `slots_slowdown` times the best 10th percentile, and if they were used. Overload shrinks
    it, once for all requests that were under way together, and has the best measured anew: a
    destination may have become slower for good. After `restart` it doubles for each round until
    it is where it was.
    """

    __slots__ = (
        "_best",
        "_goal",
        "_level",
        "_percentile",
        "_policy",
        "_shrunk_at",
        "_sum",
        "_used",
        "_window",
        "limit",
        "most",
    )

    def __init__(self, policy: DeliveryPolicy, most: int) -> None:
        self._policy, self.most = policy, most
        self._level = float(min(policy.slots_start, most))
        self.limit = int(self._level)
        self._goal = 0.0
        self._window, self._sum, self._used = 0, 0.0, 0
        self._percentile, self._best = 0.0, 0.0
        self._shrunk_at = float("-inf")

    def bound(self, most: int) -> None:
        """From now on at most so many."""
        self.most = most
        self._set(self._level)

    def succeeded(self, seconds: float, in_flight: int) -> None:
        """An answer came after `seconds`, when `in_flight` were under way, itself included."""
        percentile = self._percentile
        self._percentile = percentile * (LESS if seconds < percentile else MORE) or seconds
        if self.limit < self._goal:
            self._set(self._level + 1)
            return
        self._window += 1
        self._sum += seconds
        self._used = max(self._used, in_flight)
        if self._window >= self.limit:
            self._judge()

    def overloaded(self, seconds: float, now: float) -> None:
        """The destination had too much, `seconds` after that request began."""
        self._begin_window()
        self._goal = 0.0
        if now - seconds >= self._shrunk_at:
            self._shrunk_at = now
            self._best = self._percentile = 0.0
            self._set(self._level * self._policy.slots_factor)

    def restart(self) -> None:
        """Begin with one, and come back to what it was in few rounds."""
        self._goal = max(self._goal, self._level)
        self._begin_window()
        self._set(1)

    def _begin_window(self) -> None:
        self._window, self._sum, self._used = 0, 0.0, 0

    def _judge(self) -> None:
        """A window is full: grow if it was quick and at least half of the slots were in use."""
        policy, mean, used = self._policy, self._sum / self._window, self._used
        self._begin_window()
        self._best = min(self._best or self._percentile, self._percentile)
        quick = max(self._best * policy.slots_slowdown, policy.slots_quick_seconds)
        if mean <= quick and used * 2 >= self.limit:
            self._set(self._level + 1)

    def _set(self, level: float) -> None:
        self._level = max(1.0, min(level, float(self.most)))
        self.limit = int(self._level)

"""The breaker: stops a connection that fails, and asks now and then whether it is well again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.deliver.gate.recent import Recent

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.policy import DeliveryPolicy

JITTER = 0.25
"""An open time is up to this share longer, so that many connections do not probe at once."""


class Breaker:
    """Closed, open until a moment, or half-open: one probe at a time (reliability section 5).

    It opens at a share of failures, or at failures or time-outs in a row; `successes` probes that
    succeed close it. Results of requests that began before it opened change nothing.
    """

    __slots__ = (
        "_failures",
        "_open_seconds",
        "_policy",
        "_random",
        "_recent",
        "_successes",
        "_timeouts",
        "is_closed",
        "is_probing",
        "until",
    )

    def __init__(self, policy: DeliveryPolicy, random: Callable[[], float]) -> None:
        self._policy, self._random = policy, random
        self._recent = Recent(policy.breaker_window_seconds, min(30, policy.breaker_window_seconds))
        self.close()

    def close(self) -> None:
        """Begin anew, as if nothing had failed."""
        self.is_closed, self.is_probing = True, False
        self.until = 0.0
        self._failures = self._timeouts = self._successes = 0
        self._open_seconds = self._policy.breaker_open_seconds
        self._recent.clear()

    def succeeded(self, now: float, *, is_probe: bool) -> bool:
        """True when this success closes it."""
        if self.is_closed:
            self._failures = self._timeouts = 0
            self._recent.count(now)
        elif is_probe:
            self.is_probing = False
            self._successes += 1
            if self._successes >= self._policy.breaker_successes:
                self.close()
                return True
        return False

    def failed(self, now: float, *, is_timeout: bool, is_probe: bool) -> bool:
        """True when this failure opens it."""
        if self.is_closed:
            self._failures += 1
            self._timeouts = self._timeouts + 1 if is_timeout else 0
            self._recent.count(now, 1)
            if self._is_too_much():
                self._open(now)
                return True
        elif is_probe:
            most = self._policy.breaker_open_most_seconds
            self._open_seconds = min(self._open_seconds * 2, most)
            self._open(now)
        return False

    def said_nothing(self, *, is_probe: bool) -> None:
        """The result blames the event, or nobody: the next event may probe at once."""
        if is_probe:
            self.is_probing = False

    def slowed(self, now: float, *, is_probe: bool) -> None:
        """A probe was told to wait: that is neither a failure nor a success."""
        if is_probe and not self.is_closed:
            self._open(now)

    def _is_too_much(self) -> bool:
        policy, recent = self._policy, self._recent
        return (
            self._failures >= policy.breaker_in_a_row
            or self._timeouts >= policy.breaker_timeouts_in_a_row
            or (
                recent.all >= policy.breaker_least
                and recent.some >= policy.breaker_share * recent.all
            )
        )

    def _open(self, now: float) -> None:
        self.is_closed, self.is_probing = False, False
        self._successes = 0
        self.until = now + self._open_seconds * (1 + JITTER * self._random())

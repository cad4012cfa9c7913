"""The rate of a connection: what its destination declares, and what it was seen to bear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.deliver.gate.recent import Recent

if TYPE_CHECKING:
    from headgate.policy import DeliveryPolicy

SLACK = 0.02
"""Seconds by which a late start may be made up for; a token bucket of one token and this."""
PATIENCE = 4
"""Near the limit a rate waits this many times longer before it grows: each try costs 429s."""
LEAST, MOST = 0.01, 10_000.0
"""Requests a second: a learned rate is never less, and forgotten when it is more."""


class Rate:
    """One token bucket of two limits, and the hold that a `Retry-After` asks for.

    A 429 teaches the rate (reliability section 5): `rate_share` of what got through. A rate that
    has been learned and meets few 429s is near the limit, and only steps back by half a step of
    growth. A 429 to a request from before the last step teaches nothing.
    """

    __slots__ = (
        "_declared",
        "_every",
        "_grows_at",
        "_learned",
        "_learned_at",
        "_next",
        "_policy",
        "_recent",
        "held_until",
    )

    def __init__(self, policy: DeliveryPolicy) -> None:
        self._policy = policy
        self._declared: float | None = None
        self._learned: float | None = None
        self._learned_at = float("-inf")
        self._grows_at = float("inf")
        self._every = 0.0
        self._next = float("-inf")
        self._recent = Recent(policy.rate_seconds, policy.rate_seconds)
        self.held_until = float("-inf")

    @property
    def rate(self) -> float | None:
        """Requests a second; None without a limit."""
        return 1 / self._every if self._every else None

    def declare(self, rate: float | None) -> None:
        """From now on at most so many requests a second, as its destination's maker says."""
        self._declared = rate
        self._set()

    def opens_at(self) -> float:
        """When the next request may start."""
        return max(self.held_until, self._next) if self._every else self.held_until

    def take(self, now: float) -> None:
        if now >= self._grows_at:
            self._grow(now)
        if self._every:
            self._next = max(self._next, now - SLACK) + self._every

    def passed(self, now: float) -> None:
        """A request got through."""
        self._recent.count(now)

    def hold(self, after: float, now: float) -> None:
        """The destination asked for a pause of `after` seconds."""
        until = now + min(after, self._policy.retry_after_most_seconds)
        self.held_until = max(self.held_until, until)

    def slowed(self, seconds: float, now: float) -> None:
        """A request that began `seconds` ago was answered 429."""
        self._recent.count(now, 1)
        if now - seconds >= self._learned_at:
            self._learn(now)

    def _learn(self, now: float) -> None:
        policy, recent = self._policy, self._recent
        is_near = self._learned is not None and recent.some <= policy.rate_near * recent.all
        if is_near and self._learned is not None:
            rate = self._learned * (1 - policy.rate_growth / 2)
        else:
            rate = recent.pace() * policy.rate_share or (self._learned or 1.0) / 2
            rate = min(rate, self._learned or rate)
        self._learned_at = now
        self._grows_at = now + policy.rate_growth_seconds * (PATIENCE if is_near else 1)
        self._use(max(rate, LEAST))

    def _grow(self, now: float) -> None:
        """As many steps as time has passed for."""
        policy = self._policy
        steps = 1 + int((now - self._grows_at) / policy.rate_growth_seconds)
        self._grows_at += steps * policy.rate_growth_seconds
        self._use((self._learned or LEAST) * (1 + policy.rate_growth) ** min(steps, 1000))

    def _use(self, learned: float) -> None:
        self._learned = learned if learned < MOST else None
        if self._learned is None:
            self._grows_at = float("inf")
        self._set()

    def _set(self) -> None:
        rates = [rate for rate in (self._learned, self._declared) if rate]
        self._every = 1 / min(rates) if rates else 0.0

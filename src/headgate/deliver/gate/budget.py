"""The retry budget: while new events wait, retries are a small part of a connection's requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.deliver.gate.recent import Recent

if TYPE_CHECKING:
    from headgate.policy import DeliveryPolicy

SECONDS = 10


class Budget:
    """Retries up to a share of the last ten seconds' requests, and always a few a second."""

    __slots__ = ("_least", "_recent", "_share")

    def __init__(self, policy: DeliveryPolicy) -> None:
        self._share, self._least = policy.retry_share, policy.retry_least * SECONDS
        self._recent = Recent(SECONDS, SECONDS)

    def allows(self, now: float) -> bool:
        """Whether one more retry may start although new events wait."""
        recent = self._recent
        recent.forget(now)
        return recent.some + 1 <= max(self._least, self._share * (recent.all + 1))

    def take(self, now: float, *, is_retry: bool) -> None:
        self._recent.count(now, is_retry)

"""When a connection is paused instead of hammered: signs that only a person can mend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from headgate.deliver.gate.recent import Recent
from headgate.deliver.retry_policy import Blame

if TYPE_CHECKING:
    from headgate.policy import DeliveryPolicy

AT_ONCE: Final = {
    Blame.GONE: "gone",
    Blame.PAYMENT: "payment_required",
    Blame.PROXY: "proxy_refused",
}
NO_SUCCESS: Final = "no_success"
REJECTING: Final = "rejecting"
_HOUR, _DAY = 3600.0, 86_400.0


class Sign:
    """A run of results of one kind: `count` since `since`; -1.0 when there is none."""

    __slots__ = ("count", "since")

    def __init__(self) -> None:
        self.count, self.since = 0, -1.0

    def seen(self, now: float) -> float:
        """One more; how long the run has lasted, in seconds."""
        if not self.count:
            self.since = now
        self.count += 1
        return now - self.since


class Health:
    """Counts what went wrong since the last success (reliability section 5, pause)."""

    __slots__ = ("_ended", "_policy", "_runs", "_trouble")

    def __init__(self, policy: DeliveryPolicy) -> None:
        self._policy = policy
        self._ended = Recent(policy.rejecting_seconds, 10)
        self.clear()

    def clear(self) -> None:
        """Somebody mended it: nothing of before counts."""
        self._runs: dict[str, Sign] = {}
        self._trouble = Sign()
        self._ended.clear()

    def succeeded(self) -> None:
        if self._trouble.count or self._runs:
            self._trouble = Sign()
            self._runs.clear()

    def troubled(self, blame: Blame, now: float) -> str:
        """Anything but a success; the reason to pause, or nothing."""
        if blame in AT_ONCE:
            return AT_ONCE[blame]
        reason = _RUNS.get(blame)
        if blame not in _KEEPS_RUNS:
            self._end_other_runs(reason)
        if reason is not None:
            run = self._runs.setdefault(reason, Sign())
            lasted = run.seen(now)
            if self._is_enough(reason, run.count, lasted):
                return reason
        if blame in _BLAMES_EVENT:
            return ""
        return NO_SUCCESS if self._trouble.seen(now) >= self._policy.silent_days * _DAY else ""

    def dead_lettered(self, now: float) -> str:
        """An event became a dead letter; the reason to pause, or nothing."""
        policy, ended = self._policy, self._ended
        ended.count(now, 1)
        is_judged = ended.all >= policy.rejecting_least
        return REJECTING if is_judged and ended.some >= policy.rejecting_share * ended.all else ""

    def closed(self, now: float) -> None:
        """An event came to a better end."""
        self._ended.count(now)

    def _end_other_runs(self, reason: str | None) -> None:
        for other in [name for name in self._runs if name != reason and name not in _LASTING]:
            del self._runs[other]

    def _is_enough(self, reason: str, count: int, lasted: float) -> bool:
        policy = self._policy
        if reason == "auth_failed":
            return count >= policy.refused_in_a_row or lasted >= policy.refused_seconds
        if reason == "blocked_address":
            return count >= policy.blocked_in_a_row or lasted >= policy.blocked_seconds
        if reason == "redirected":
            return count >= policy.moved_in_a_row
        if reason == "not_found":
            return count >= policy.missing_least and lasted >= policy.missing_seconds
        return lasted >= policy.unreachable_hours * _HOUR


_RUNS: Final = {
    Blame.REFUSED: "auth_failed",
    Blame.FORBIDDEN: "auth_failed",
    Blame.BLOCKED: "blocked_address",
    Blame.MOVED: "redirected",
    Blame.MISSING: "not_found",
    Blame.UNREACHABLE_NAME: "unreachable",
}
_LASTING: Final = frozenset({"auth_failed"})
"""Only a success ends this run: other answers do not show that credentials are accepted."""
_KEEPS_RUNS: Final = frozenset({Blame.TIMEOUT, Blame.SLOW_DOWN, Blame.UNASKED})
"""What says nothing about any of these runs."""
_BLAMES_EVENT: Final = frozenset({Blame.NEUTRAL, Blame.UNASKED, Blame.MISSING, Blame.MOVED})
"""What is no trouble of the destination."""

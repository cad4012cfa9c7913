"""The gate of a connection: whether one more request may start, and what each result changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from headgate.deliver.gate.breaker import Breaker
from headgate.deliver.gate.budget import Budget
from headgate.deliver.gate.health import Health
from headgate.deliver.gate.open_clock import OpenClock
from headgate.deliver.gate.rate import Rate
from headgate.deliver.gate.slots import Slots
from headgate.deliver.retry_policy import Blame

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.kit import Limits
    from headgate.policy import DeliveryPolicy

FAILURES: Final = frozenset(
    {Blame.FAILURE, Blame.TIMEOUT, Blame.OVERLOADED, Blame.UNREACHABLE_NAME}
)
"""What opens the breaker."""
BUDGET_SECONDS: Final = 1.0
ANSWERS: Final = frozenset({Blame.NEUTRAL, Blame.MISSING, Blame.MOVED})
"""What got through, although it came to nothing."""
OVERLOADS: Final = frozenset({Blame.SLOW_DOWN, Blame.TIMEOUT, Blame.OVERLOADED})
"""What shrinks the slots."""


class Gate:
    """Slots, breaker, rate and retry budget shared by all lanes of one connection.

    Pure: `now` is monotonic seconds, `random` gives [0, 1). A slot is taken with a request and
    given back only when its result is committed, so that a crash repeats at most as many
    deliveries as there are slots. Every call is O(1).
    """

    __slots__ = (
        "_budget",
        "_clock",
        "_most",
        "_rate",
        "breaker",
        "health",
        "in_flight",
        "paused",
        "slots",
        "succeeded_at",
    )

    def __init__(
        self,
        policy: DeliveryPolicy,
        random: Callable[[], float],
        *,
        limits: Limits | None = None,
    ) -> None:
        self.in_flight = 0
        self.paused = ""
        self.succeeded_at = float("-inf")
        self.breaker = Breaker(policy, random)
        self.slots = Slots(policy, policy.slots)
        self.health = Health(policy)
        self._most = policy.slots
        self._rate = Rate(policy)
        self._budget = Budget(policy)
        self._clock = OpenClock()
        self.declare(limits)

    def declare(self, limits: Limits | None) -> None:
        """Keep to what the destination declares from now on; None lifts what it declared."""
        slots, rate = limits if limits is not None else (None, None)
        self.slots.bound(min(self._most, slots or self._most))
        self._rate.declare(rate)

    @property
    def is_open(self) -> bool:
        """Neither paused nor stopped by the breaker."""
        return not self.paused and self.breaker.is_closed

    @property
    def rate(self) -> float | None:
        """Requests a second that may start now; None without a limit."""
        return self._rate.rate

    def open_clock(self, now: float) -> float:
        """Seconds during which the gate was open, since this was first asked."""
        return self._clock.read(now)

    # starting

    def admits(self, now: float, *, is_retry: bool, fresh_waits: bool) -> bool:
        """Whether one more request may start now."""
        if self.in_flight >= self.slots.limit or self.paused:
            return False
        if now < self._rate.opens_at():
            return False
        breaker = self.breaker
        if not breaker.is_closed:
            return not breaker.is_probing and now >= breaker.until
        return not (is_retry and fresh_waits) or self._budget.allows(now)

    def take(self, now: float, *, is_retry: bool) -> bool:
        """A request starts; True when it is the breaker's probe.

        A probe that is given up before anything was sent must be told as `ended(NEUTRAL, …,
        is_probe=True)`, else nothing else may probe until all slots have been given back.
        """
        self.in_flight += 1
        self._rate.take(now)
        self._budget.take(now, is_retry=is_retry)
        if self.breaker.is_closed:
            return False
        self.breaker.is_probing = True
        return True

    def wakes_at(self, now: float) -> float | None:
        """When to ask again after `admits` said no, always later than `now`.

        None when only a result, a slot given back or `resume` can change it. When a new event
        would be admitted now, it was the retry budget that said no, and that counts by the second.
        """
        if self.paused or self.in_flight >= self.slots.limit:
            return None
        breaker, at = self.breaker, self._rate.opens_at()
        if not breaker.is_closed:
            if breaker.is_probing:
                return None
            at = max(at, breaker.until)
        return at if at > now else now + BUDGET_SECONDS

    # ending

    def ended(
        self,
        blame: Blame,
        seconds: float,
        now: float,
        *,
        after: float | None = None,
        is_probe: bool = False,
    ) -> str:
        """A request's result is known; the reason if it pauses the gate, else nothing.

        `seconds` is how long it took, `after` what a `Retry-After` asked for.
        """
        if blame is Blame.SUCCESS:
            self.succeeded_at = now
            self.health.succeeded()
            self._rate.passed(now)
            self.slots.succeeded(seconds, self.in_flight)
            if self.breaker.succeeded(now, is_probe=is_probe):
                self._closed(now)
            return ""
        self._slow_down(blame, seconds, now, after)
        self._tell_breaker(blame, now, is_probe=is_probe)
        return self._pause_if(self.health.troubled(blame, now), now)

    def give_back(self) -> None:
        """The result is committed: the slot is free."""
        self.in_flight -= 1
        if not self.in_flight:
            self.breaker.is_probing = False

    def note_dead_letter(self, now: float) -> str:
        """An event ended as a dead letter; the reason if that pauses the gate, else nothing."""
        return self._pause_if(self.health.dead_lettered(now), now)

    def note_closed(self, now: float) -> str:
        """An event ended in any other way."""
        self.health.closed(now)
        return ""

    def _slow_down(self, blame: Blame, seconds: float, now: float, after: float | None) -> None:
        if blame in OVERLOADS:
            self.slots.overloaded(seconds, now)
        if blame is Blame.SLOW_DOWN:
            self._rate.slowed(seconds, now)
        elif blame in ANSWERS:
            self._rate.passed(now)
        if after:
            self._rate.hold(after, now)

    def _tell_breaker(self, blame: Blame, now: float, *, is_probe: bool) -> None:
        breaker = self.breaker
        if blame in FAILURES:
            if breaker.failed(now, is_timeout=blame is Blame.TIMEOUT, is_probe=is_probe):
                self._clock.shut(now)
        elif blame is Blame.SLOW_DOWN:
            breaker.slowed(now, is_probe=is_probe)
        else:
            breaker.said_nothing(is_probe=is_probe)

    def _closed(self, now: float) -> None:
        """The breaker closed: the destination is eased in again."""
        self.slots.restart()
        if not self.paused:
            self._clock.open(now)

    # pausing

    def pause(self, reason: str, now: float | None = None) -> None:
        """Start nothing until `resume`; what is under way goes on."""
        self.paused = reason
        self._clock.shut(now)

    def resume(self, now: float | None = None) -> None:
        """Somebody mended it: begin anew, and carefully."""
        self.paused = ""
        self.health.clear()
        self.breaker.close()
        self.slots.restart()
        self._clock.open(now)

    def _pause_if(self, reason: str, now: float) -> str:
        if not reason or self.paused:
            return ""
        self.pause(reason, now)
        return reason

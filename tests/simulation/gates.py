"""What a receiver can tell of a gate: that it is shut, nothing comes, or the breaker's probe."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.simulation.history import Broken

if TYPE_CHECKING:
    from headgate.deliver.gate import Gate
    from tests.simulation.receiver import Answer, Arrival


@dataclass
class Watch:
    """Of one gate, in one life (invariant 9 of data-path section 8).

    Requests that were let through before it shut may arrive afterwards: `stragglers`.
    """

    is_closed: bool = True
    stragglers: int = 0
    held_until: float = 0.0
    probes: set[int] = field(default_factory=set)

    def look(self, gate: Gate, flying: int) -> None:
        """Whether the breaker has opened or closed since; `flying` have come and are not over."""
        if gate.breaker.is_closed is self.is_closed:
            return
        self.is_closed = gate.breaker.is_closed
        self.probes.clear()
        self.stragglers = gate.in_flight - flying

    def arrived(self, gate: Gate, number: int, flying: int, now: float) -> None:
        self.look(gate, flying)
        if gate.paused:
            raise Broken(f"request {number} came while the connection was paused: {gate.paused}")
        if self.is_closed and now >= self.held_until:
            return
        if self.stragglers > 0:
            self.stragglers -= 1
            return
        if now < self.held_until:
            raise Broken(f"request {number} came {self.held_until - now:.3f} s before Retry-After")
        if now < gate.breaker.until:
            raise Broken(
                f"request {number} came {gate.breaker.until - now:.3f} s before a probe may"
            )
        self.probes.add(number)
        if len(self.probes) > 1:
            raise Broken(f"{len(self.probes)} probes are under way at once")

    def answered(
        self, gate: Gate, arrival: Arrival, answer: Answer, flying: int, now: float
    ) -> None:
        """Just before the engine learns of it."""
        self.look(gate, flying)
        self.probes.discard(arrival.number)
        if answer.retry_after and answer.status in {429, 503}:
            if now >= self.held_until and self.is_closed:
                self.stragglers = gate.in_flight - flying
            self.held_until = max(self.held_until, now + answer.retry_after)

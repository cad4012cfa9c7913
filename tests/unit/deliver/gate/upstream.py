"""A destination that behaves as a test says, and a caller of its gate, under a virtual clock."""

from __future__ import annotations

import heapq
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from headgate.deliver.gate import Gate
from headgate.deliver.retry_policy import Blame
from headgate.policy import DeliveryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.kit import Limits

LAG = 0.002
"""Seconds by which a timer of the caller is late."""


class Answer(NamedTuple):
    blame: Blame
    seconds: float = 0.01
    after: float | None = None


class Sent(NamedTuple):
    """One request: when it began and ended, and whether it was a probe."""

    at: float
    ended: float
    blame: Blame
    is_probe: bool


class Upstream:
    """Asks for as many requests as the gate admits, for as long as it is told.

    `answer(now)` says how a request that begins now will end.
    """

    def __init__(
        self,
        answer: Callable[[float], Answer],
        *,
        limits: Limits | None = None,
        policy: DeliveryPolicy | None = None,
        random: Callable[[], float] = lambda: 0.5,
    ) -> None:
        self.gate = Gate(policy or DeliveryPolicy(), random, limits=limits)
        self.answer = answer
        self.now = 1000.0
        self.sent: list[Sent] = []
        self.most = 0
        self.pauses: list[tuple[float, str]] = []
        self._under_way: list[tuple[float, int, float, Answer, bool]] = []
        self._order = count()

    def run(self, seconds: float) -> None:
        """Send whatever may be sent, until the clock has gone on by `seconds`."""
        until = self.now + seconds
        while self.now < until:
            while self.gate.admits(self.now, is_retry=False, fresh_waits=True):
                self._send()
            wakes = self.gate.wakes_at(self.now)
            moments = [until, *(end[0] for end in self._under_way[:1])]
            if wakes is not None:
                assert wakes > self.now, "it admits nothing, and says that it would"
                moments.append(wakes + LAG)
            self.now = min(moments)
            self._end_due()

    def since(self, at: float) -> list[Sent]:
        return [each for each in self.sent if each.at >= at]

    def _send(self) -> None:
        is_probe = self.gate.take(self.now, is_retry=False)
        answer = self.answer(self.now)
        end = self.now + answer.seconds
        heapq.heappush(self._under_way, (end, next(self._order), self.now, answer, is_probe))
        self.most = max(self.most, self.gate.in_flight)

    def _end_due(self) -> None:
        while self._under_way and self._under_way[0][0] <= self.now:
            end, _, began, answer, is_probe = heapq.heappop(self._under_way)
            self.sent.append(Sent(began, end, answer.blame, is_probe))
            reason = self.gate.ended(
                answer.blame, answer.seconds, self.now, after=answer.after, is_probe=is_probe
            )
            if reason:
                self.pauses.append((self.now, reason))
            self.gate.give_back()


def share(sent: list[Sent], blame: Blame) -> float:
    return sum(each.blame is blame for each in sent) / len(sent)

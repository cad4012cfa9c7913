"""Ticks: results become changes, changes one commit, and only then are slots free again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, Protocol

from headgate.deliver.retry_policy import Outcome, what_next
from headgate.deliver.series import Series
from headgate.ledger.port import Attempt, LedgerUnavailable, Tick
from headgate.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.clock import Clock
    from headgate.deliver.lane import Delivery, Lane
    from headgate.deliver.retries import Retries
    from headgate.ledger.port import Ledger

TICK_SECONDS = 0.005
AGAIN_SECONDS = 1.0
STAND_STILL_SECONDS = 0.001


class Committed(Protocol):
    """Told after each commit whose slots became free."""

    def __call__(self, lanes: list[Lane], *, was_stuck: bool) -> None: ...


class Result(NamedTuple):
    """One attempt that ended: times in milliseconds, samples masked, None where not kept."""

    delivery: Delivery
    outcome: Outcome
    started: int
    ms: int
    snapshot: int
    request: bytes | None = None
    response: bytes | None = None


class Ticks:
    """The only place where the ledger is written.

    While a commit fails, its changes and slots are kept, nothing new is applied, and it is tried
    again each second; `committed` is called with the lanes whose slots became free.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        random: Callable[[], float],
        retries: Retries,
        committed: Committed,
        guard: Callable[[Callable[[], object]], None],
    ) -> None:
        self._ledger, self._clock, self._random = ledger, clock, random
        self._retries, self._committed, self._guard = retries, committed, guard
        self._series = Series()
        self._results: list[Result] = []
        self._dirty: set[Lane] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_due = False
        self._stuck: tuple[Tick, list[Lane]] | None = None
        self.now = Tick()
        self.counters = {"attempts": 0, "delivered": 0, "ticks": 0, "failed_ticks": 0}

    @property
    def is_stuck(self) -> bool:
        """The ledger takes no commits: nothing new may be claimed."""
        return self._stuck is not None

    def result(self, result: Result) -> None:
        self._results.append(result)
        gate = result.delivery.lane.gate
        if gate.is_free or len(self._results) * 2 < gate.slots:
            self._soon(TICK_SECONDS)
        elif not self._is_due:
            self._at_once()

    def dirty(self, lane: Lane) -> None:
        """The lane has changed: its place goes into the next commit."""
        self._dirty.add(lane)
        self._soon(TICK_SECONDS)

    def _soon(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._fire)

    def _at_once(self) -> None:
        """No slot is free and half of them wait for this commit: waiting longer gains nothing."""
        if self._stuck is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(0, self._fire)
        self._is_due = True

    def _fire(self) -> None:
        self._timer, self._is_due = None, False
        self._guard(self.commit)

    def commit(self) -> bool:
        """Commit what there is; False when it must wait."""
        if not self._ledger.may_commit():
            self._soon(STAND_STILL_SECONDS)
            return False
        if self._stuck is not None and not self._try(*self._stuck):
            return False
        results, self._results = self._results, []
        if not results and not self._dirty and self.now.is_empty():
            return True
        for result in results:
            self._apply(result)
        tick, self.now = self.now, Tick()
        tick.places.extend(lane.place() for lane in self._dirty)
        self._dirty.clear()
        return self._try(tick, [result.delivery.lane for result in results])

    def _try(self, tick: Tick, lanes: list[Lane]) -> bool:
        """Whatever goes wrong, no later tick may be committed before this one."""
        was_stuck, self._stuck = self.is_stuck, (tick, lanes)
        try:
            self._ledger.commit(tick)
        except LedgerUnavailable as error:
            if not was_stuck:
                log.error("ledger.unavailable", error=str(error))
            self.counters["failed_ticks"] += 1
            self._soon(AGAIN_SECONDS)
            return False
        self._stuck = None
        self.counters["ticks"] += 1
        for lane in lanes:
            lane.gate.give_back()
        self._committed(lanes, was_stuck=was_stuck)
        return True

    def _apply(self, result: Result) -> None:
        delivery, outcome = result.delivery, result.outcome
        lane, now = delivery.lane, self._clock.now_ms()
        first_at = delivery.first_at or result.started
        step = what_next(outcome, delivery.tries, first_at, now, self._random)
        self._record(result)
        delivery.first_at = first_at
        step = lane.settle(delivery, step, now, self.now)
        self._dirty.add(lane)
        if step.step == "parked":
            self._retries.add(self.now.parked[-1])
            return
        self._series.count(
            self.now,
            lane=lane.id,
            cls=step.step,
            reason=step.reason,
            record=delivery.event.record,
            name=str(delivery.event.completed.get("event", "")),
            now=now,
        )

    def _record(self, result: Result) -> None:
        delivery, outcome = result.delivery, result.outcome
        self.counters["attempts"] += 1
        self.counters["delivered"] += outcome.ended.value == "delivered"
        self.now.attempts.append(
            Attempt(
                0,
                delivery.position,
                delivery.lane.id,
                delivery.subscription,
                delivery.tries,
                result.started,
                result.ms,
                outcome.status,
                outcome.ended.value,
                outcome.reason,
                result.snapshot,
                "",
                result.request,
                result.response,
            )
        )

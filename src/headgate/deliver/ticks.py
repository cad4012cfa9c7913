"""Ticks: results become changes, changes one commit, and only then are slots free again."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from headgate.deliver.claiming import WAITS
from headgate.deliver.owed import revival_of
from headgate.deliver.retry_policy import Case, Ended, Next, Outcome, what_next
from headgate.ledger.port import Attempt, LedgerUnavailable, OnItsWay, Tick
from headgate.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headgate.deliver.lane import Lane
    from headgate.deliver.owed import Delivery, Owed
    from headgate.deliver.parts import Parts
    from headgate.deliver.sending import Answered
    from headgate.ledger.port import Ledger

TICK_SECONDS = 0.005
AWAITED_SECONDS = 0.001
"""A tick that somebody waits for, although there are slots: an earlier event of its user."""
AGAIN_SECONDS = 1.0
SOONER_SECONDS = 0.002
"""What a timer must gain by being set anew."""
STAND_STILL_SECONDS = 0.001
PATIENCE = 100
"""How often the loop stands still for those few who cannot go on without a commit."""


class Committed(Protocol):
    """Told after each commit which requests are over, so that their slots are free."""

    def __call__(self, answered: Sequence[Answered], *, was_stuck: bool) -> None: ...


class Result(NamedTuple):
    """One attempt that ended: times in milliseconds, samples masked, None where not kept.

    `was_sent` is false for an item of a batch that did not fit and so never left.
    """

    delivery: Delivery
    outcome: Outcome
    started: int
    ms: int
    snapshot: int
    batch_id: str = ""
    was_sent: bool = True
    request: bytes | None = None
    response: bytes | None = None


class Ticks:
    """The only place where the ledger is written.

    While a commit fails, its changes and slots are kept, nothing new is applied, and it is tried
    again each second; `committed` is called with the lanes whose slots became free. One that is on
    its way to a ledger far away is waited for in the same manner, but others go on meanwhile, as
    long as it takes no longer than that second.
    """

    def __init__(
        self, parts: Parts, ledger: Ledger, random: Callable[[], float], committed: Committed
    ) -> None:
        self._ledger, self._random, self._committed = ledger, random, committed
        self._clock, self._policy, self._tasks = parts.clock, parts.policy, parts.tasks
        self._lanes, self._retries = parts.lanes, parts.retries
        self._series, self._headroom, self._subjects = parts.series, parts.headroom, parts.subjects
        self._answered: list[Answered] = []
        self._dirty: set[Lane] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = 0.0
        self._is_due = False
        self._stuck: tuple[Tick, list[Answered]] | None = None
        self._under_way: float | None = None
        """Since when the stuck tick is on its way; None where it failed."""
        self.now = Tick()
        self.wrote = asyncio.Event()
        """Set with every commit, for whoever makes it survive power loss."""
        self.counters = {
            "attempts": 0,
            "delivered": 0,
            "dead_lettered": 0,
            "parked": 0,
            "paused": 0,
            "passed": 0,
            "ticks": 0,
            "failed_ticks": 0,
        }

    @property
    def is_stuck(self) -> bool:
        """The ledger takes no commits: nothing new may be claimed."""
        return self._stuck is not None and not self._is_soon_there

    @property
    def _is_soon_there(self) -> bool:
        since = self._under_way
        return since is not None and asyncio.get_running_loop().time() - since < AGAIN_SECONDS

    def result(self, answered: Answered) -> None:
        """A request is over: what became of its deliveries is settled with the next commit."""
        self._answered.append(answered)
        gate = answered.lane.gate
        if answered.lane.order.is_awaited and gate.in_flight < gate.slots.limit:
            self._soon(AWAITED_SECONDS)
        elif gate.in_flight < gate.slots.limit or len(self._answered) * 2 < gate.slots.limit:
            self._soon(TICK_SECONDS)
        elif not self._is_due:
            self._at_once()

    def paused(self, gate: int, reason: str) -> None:
        """A gate stopped by itself: its lanes say so, also to a successor."""
        self.counters["paused"] += 1
        for lane in self._lanes.by_gate[gate]:
            lane.row = lane.row._replace(state="paused", reason=reason)
            self.now.lanes.append(lane.row)
            self.dirty(lane)
            log.warning("connection.paused", connection=lane.row.connection, reason=reason)

    def dirty(self, lane: Lane) -> None:
        """The lane has changed: its place goes into the next commit."""
        self._dirty.add(lane)
        self._soon(TICK_SECONDS)

    def _soon(self, seconds: float) -> None:
        rings_at = asyncio.get_running_loop().time() + seconds
        is_sooner = self._stuck is None and rings_at < self._rings_at - SOONER_SECONDS
        if self._timer is None or is_sooner:
            self.stop()
            self._rings_at = rings_at
            self._timer = self._tasks.soon(self._fire, seconds)

    def _at_once(self) -> None:
        """No slot is free and half of them wait for this commit: waiting longer gains nothing."""
        if self._stuck is not None:
            return
        self.stop()
        self._soon(0)
        self._is_due = True

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self._headroom.was_late(asyncio.get_running_loop().time() - self._rings_at)
        self._timer, self._is_due = None, False
        self.commit()

    def commit(self) -> bool:
        """Commit what there is; False when it must wait."""
        if not self._ledger.may_commit():
            self._soon(STAND_STILL_SECONDS)
            return False
        if self._stuck is not None and not self._try(*self._stuck):
            return False
        answered, self._answered = self._answered, []
        if not answered and not self._dirty and self.now.is_empty():
            return True
        for each in answered:
            self._apply(each)
        tick, self.now = self.now, Tick()
        tick.places.extend(lane.place() for lane in self._dirty)
        self._dirty.clear()
        return self._try(tick, answered)

    def commit_now(self) -> bool:
        """The same for those few who need to know: one that is on its way is waited for."""
        for _ in range(PATIENCE):
            if self.commit():
                return True
            if not self._is_soon_there:
                break
            time.sleep(STAND_STILL_SECONDS)
        return False

    def _try(self, tick: Tick, answered: list[Answered]) -> bool:
        """Whatever goes wrong, no later tick may be committed before this one."""
        was_stuck, self._stuck = self.is_stuck, (tick, answered)
        try:
            self._ledger.commit(tick)
        except OnItsWay as error:
            if self._under_way is None:
                self._under_way = asyncio.get_running_loop().time()
            self._not_yet(error, STAND_STILL_SECONDS, was_stuck=was_stuck)
            return False
        except LedgerUnavailable as error:
            self._under_way = None
            self.counters["failed_ticks"] += 1
            self._not_yet(error, AGAIN_SECONDS, was_stuck=was_stuck)
            return False
        self._stuck = self._under_way = None
        self.wrote.set()
        self.counters["ticks"] += 1
        self._committed(answered, was_stuck=was_stuck)
        return True

    def _not_yet(self, error: LedgerUnavailable, seconds: float, *, was_stuck: bool) -> None:
        if self.is_stuck and not was_stuck:
            log.error("ledger.unavailable", error=str(error))
        self._soon(seconds)

    def _apply(self, answered: Answered) -> None:
        now, lane = self._clock.now_ms(), answered.lane
        for result in answered.results:
            self._record(result)
            if not answered.is_split:
                self._settle(result, now, is_probe=answered.is_probe)
        self._dirty.add(lane)

    def _settle(self, result: Result, now: int, *, is_probe: bool) -> None:
        delivery = result.delivery
        lane = delivery.lane
        step = self._next(result, now, is_probe=is_probe)
        delivery.first_at = step.first_at or delivery.first_at or result.started
        owed = lane.owed(delivery.position)
        step = lane.settle(delivery, step, now, self.now)
        if step.step == "parked":
            self.counters["parked"] += 1
            self._rest(lane, owed)
            return
        self._note(lane, step)
        self._series.delivery(self.now, delivery, step, now)

    def _rest(self, lane: Lane, owed: Owed) -> None:
        """A parked delivery waits for its time, or for an earlier one of its user that failed."""
        row = self.now.parked[-1]
        if lane.order.steps_back(owed) or owed.rests:
            self.now.parked[-1] = row._replace(reason=WAITS)
            owed.rests[row.subscription] = revival_of(row)
        else:
            self._retries.add(row)
            lane.order.fails(owed, lane.gate.open_clock(self._clock.monotonic()))

    def _note(self, lane: Lane, step: Next) -> None:
        """Half of everything dead-lettered pauses a connection (reliability section 5)."""
        now = self._clock.monotonic()
        if step.step != "dead_lettered":
            lane.gate.note_closed(now)
            return
        self.counters["dead_lettered"] += 1
        if reason := lane.gate.note_dead_letter(now):
            self.paused(lane.row.gate, reason)

    def _next(self, result: Result, now: int, *, is_probe: bool) -> Next:
        delivery, gate, outcome = result.delivery, result.delivery.lane.gate, result.outcome
        if outcome.ended is Ended.DELIVERED:  # as `what_next` has it, for nearly all there are
            return Next("delivered", "", delivery.tries + 1, 0, outcome.status, delivery.first_at)
        first_at = delivery.first_at or result.started
        since_first = (now - first_at) / 1000
        case = Case(
            delivery.tries,
            first_at,
            delivery.due_at,
            is_probe,
            self._clock.monotonic() - gate.succeeded_at < since_first,
        )
        return what_next(result.outcome, case, now, self._random, self._policy)

    def _record(self, result: Result) -> None:
        delivery, outcome = result.delivery, result.outcome
        self.counters["attempts"] += 1
        self.counters["delivered"] += outcome.ended is Ended.DELIVERED
        self.now.attempts.append(
            Attempt(
                0,
                delivery.position,
                delivery.lane.id,
                delivery.subscription,
                delivery.attempts,
                result.started,
                result.ms,
                outcome.status,
                outcome.ended.value,
                outcome.reason,
                result.snapshot,
                result.batch_id,
                result.request,
                result.response,
                self._subjects(delivery.event.record) if result.request is not None else b"",
            )
        )
        delivery.attempts += 1

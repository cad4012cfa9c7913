"""What an engine does again and again, whether anything happens or not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from headgate.deliver.expiry import acknowledge
from headgate.ledger.port import LedgerUnavailable
from headgate.telemetry import log as logger

if TYPE_CHECKING:
    from headgate.ages import Ages
    from headgate.deliver.lane import Lane
    from headgate.deliver.parts import Parts
    from headgate.deliver.service import Service
    from headgate.deliver.ticks import Ticks
    from headgate.ledger.port import Ledger, Share

IDLE_SECONDS = 10.0
FLOOR_SECONDS = 5.0
HOLD_SECONDS = 0.25
NOTICE_SECONDS = 60.0
BETWEEN_STEPS = 0.05
ALARM_MS = 3_600_000
"""How far back dead letters are counted for their alarm."""
NOTICES = (0, 3600, 86_400, 259_200, 432_000)
"""Seconds after which a pause is told again: 1 h, 24 h, 72 h, 5 d (reliability section 5)."""
LAG_SHARES = (0.5, 0.8, 0.95)
"""Shares of the log's retention at which a lane that falls behind is reported."""
_POSITION_SECONDS = 30


class Rounds:
    """The rounds of one engine."""

    def __init__(
        self, parts: Parts, ticks: Ticks, ledger: Ledger, service: Service, ages: Ages
    ) -> None:
        self._parts, self._ticks, self._ledger = parts, ticks, ledger
        self._service, self._ages = service, ages
        self._paused: dict[int, tuple[float, int]] = {}
        self._lagging: dict[int, int] = {}
        self._alarmed: dict[int, bool] = {}

    def start(self) -> None:
        for each in (self._note_idle, self._follow_floor, self._end_holds, self._look, self._sweep):
            self._parts.tasks.spawn(each())

    @property
    def _lanes(self) -> list[Lane]:
        return list(self._parts.lanes.by_number.values())

    async def _note_idle(self) -> None:
        """Idle lanes follow the head in the ledger, too, but seldom."""
        while True:
            await asyncio.sleep(IDLE_SECONDS)
            for lane in self._lanes:
                if lane.is_caught_up and not lane.unfinished and lane.is_live:
                    lane.pass_to(self._parts.feed.end)
                if lane.is_dirty:
                    self._ticks.dirty(lane)
                if not lane.is_live:  # whatever it waited for, it asks again
                    self._service.pump(lane)

    async def _follow_floor(self) -> None:
        """Acknowledge a raised floor for each lane, so that `keep` may trim."""
        parts = self._parts
        while True:
            await asyncio.sleep(FLOOR_SECONDS)
            floor = (await parts.log.floors())[0]
            for lane in self._lanes:
                if lane.floor_ack < floor:
                    await acknowledge(lane, floor, parts.log, self._ledger, parts.feed, self._ticks)
                    self._service.pump(lane)

    async def _end_holds(self) -> None:
        """Nobody waits for an earlier event of its user longer than was said."""
        while True:
            await asyncio.sleep(HOLD_SECONDS)
            now = self._parts.clock.monotonic()
            for lane in self._lanes:
                if not lane.order.holds or not lane.gate.is_open:
                    continue
                if lane.let_all(lane.order.expire(lane.gate.open_clock(now))):
                    self._service.pump(lane)

    async def _look(self) -> None:
        """Report what somebody should know of, and not too often."""
        while True:
            await asyncio.sleep(NOTICE_SECONDS)
            now = self._parts.clock.monotonic()
            try:
                shares = self._ledger.shares(self._parts.clock.now_ms() - ALARM_MS)
            except LedgerUnavailable as error:
                logger.warning("ledger.not_asked", error=str(error))
                continue
            for lane in self._lanes:
                if lane.is_live:
                    self._notice_pause(lane, now)
                    self._notice_lag(lane)
                    self._notice_letters(lane, shares.get(lane.id))

    def _notice_pause(self, lane: Lane, now: float) -> None:
        if not lane.gate.paused:
            self._paused.pop(lane.id, None)
            return
        since, told = self._paused.setdefault(lane.id, (now, 1))
        if told < len(NOTICES) and now - since >= NOTICES[told]:
            self._paused[lane.id] = (since, told + 1)
            logger.warning(
                "connection.still_paused",
                connection=lane.row.connection,
                reason=lane.gate.paused,
                hours=int((now - since) / 3600),
            )

    def _notice_lag(self, lane: Lane) -> None:
        """How much of the log's retention a lane has used up (data-path section 1)."""
        if lane.frontier >= self._parts.feed.begin and not lane.unfinished:
            self._lagging.pop(lane.id, None)
            return
        age = self._parts.clock.now_ms() / 1000 - (lane.place_cursor >> _POSITION_SECONDS)
        share = age / (self._ages.retention_days * 86_400)
        level = sum(share >= each for each in LAG_SHARES)
        if level > self._lagging.get(lane.id, 0):
            logger.warning(
                "lane.near_retention",
                connection=lane.row.connection,
                used=f"{LAG_SHARES[level - 1]:.0%}",
                state=lane.row.state,
            )
        self._lagging[lane.id] = level

    def _notice_letters(self, lane: Lane, share: Share | None) -> None:
        """More dead letters than are usual, told once until there are fewer."""
        most = self._parts.policy.dead_letter_alarm
        is_high = share is not None and share.dead_lettered > most * share.ended
        if share is not None and is_high and not self._alarmed.get(lane.id):
            logger.warning(
                "connection.dead_letters",
                connection=lane.row.connection,
                dead_lettered=share.dead_lettered,
                of=share.ended,
            )
        self._alarmed[lane.id] = is_high

    async def _sweep(self) -> None:
        """What is too old goes, a little at a time, while no tick waits."""
        wait = NOTICE_SECONDS
        while True:
            await asyncio.sleep(wait)
            try:
                wait = BETWEEN_STEPS if self._step() else NOTICE_SECONDS
            except LedgerUnavailable as error:
                logger.warning("ledger.not_swept", error=str(error))
                wait = NOTICE_SECONDS

    def _step(self) -> bool:
        """One step of the sweep; whether there is more to do."""
        parts = self._parts
        if self._ticks.is_stuck or not self._ticks.commit_now():
            return False
        return self._ledger.sweep(parts.clock.now_ms(), self._ages, parts.commands_known())

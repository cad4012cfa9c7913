"""Following snapshots: lanes begin, switch to what is configured now, and end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.deliver.claiming import DELETED
from headgate.deliver.lane import Lane
from headgate.deliver.taking_over import stand_in_line
from headgate.deliver.unsent import take_all
from headgate.ledger.port import LaneRow, PlaceRow, Switch
from headgate.log.errors import Trimmed
from headgate.log.port import Position
from headgate.route import CODE_VERSION
from headgate.telemetry import log as logger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.deliver.parts import Parts
    from headgate.deliver.prepared import Prepared
    from headgate.deliver.ticks import Ticks
    from headgate.deliver.wanted import Wanted

BY_OPERATOR = "by_operator"


class Configuring:
    """Changes lanes as snapshots say; the caller has them served afterwards."""

    def __init__(self, parts: Parts, ticks: Ticks) -> None:
        self._parts = parts
        self._lanes, self._ticks = parts.lanes, ticks
        self._last: dict[int, Prepared] = {}
        """How each connection was when it was on: what has changed meanwhile may have mended it."""
        self._wanted: dict[int, Wanted] = {}

    async def follow(self, wanted: Iterable[Wanted]) -> list[int]:
        """New connections get a lane, changed ones switch, and those that are gone end.

        Returns the gates of those: of thousands of connections a snapshot changes one or two.
        """
        before, self._wanted = self._wanted, {want.connection: want for want in wanted}
        touched = []
        for number, want in self._wanted.items():
            has_lane = self._lanes.live(number) is not None
            if has_lane and number in before and before[number].is_as(want):
                continue
            if not has_lane:
                await self._begin(want)
            self._switch_gate(want)
            touched.append(number)
        for lane in list(self._lanes.by_number.values()):
            if lane.row.gate not in self._wanted:
                self.end(lane, DELETED, self._parts.feed.end)
                self._lanes.prepared.pop(lane.row.gate, None)
                self._last.pop(lane.row.gate, None)
                touched.append(lane.row.gate)
        return touched

    async def _begin(self, want: Wanted) -> None:
        """The lane of a connection that never had one; it begins where it was first enabled."""
        number, start = want.connection, Position(want.start)
        row = LaneRow(number, number, want.workspace, number, want.source)
        try:
            await self.begin(row, want.source_id, start, None)
        except Trimmed as error:
            logger.error("lane.start_trimmed", connection=number, error=str(error))

    async def begin(
        self,
        row: LaneRow,
        source_id: str,
        start: Position,
        stop: int | None,
    ) -> Lane:
        """A new lane; raises `Trimmed` where the log no longer has its start."""
        base = (await self._parts.log.count(row.source, 0, Position(0), start)).events
        place = PlaceRow(row.lane, 0, start, base, stop, start, b"")
        self._ticks.now.lanes.append(row)
        lane = Lane(row, place, self._lanes.gate(row.gate), source_id, self._parts.policy)
        self.add(lane)
        self._ticks.dirty(lane)  # the row of a lane never stands without its place
        return lane

    def add(self, lane: Lane) -> None:
        """Make a lane one of this process, whether it is new or taken over."""
        lane.series, lane.in_hand = self._parts.series, self._parts.in_hand
        lane.subjects, lane.order.counters = self._parts.subjects, self._ticks.counters
        lane.quarantined = frozenset(
            position for number, position in self._parts.quarantined if number == lane.id
        )
        self._lanes.add(lane)

    def _switch_gate(self, want: Wanted) -> None:
        lanes = self._lanes.by_gate[want.connection]
        before, after = self._last.get(want.connection), want.prepared
        is_changed = after is not None and (before is None or before.connection != after.connection)
        is_switched = is_changed or (
            before is not None and after is not None and before.rules is not after.rules
        )
        if after is None:
            self._lanes.prepared.pop(want.connection, None)
        else:
            self._lanes.gate(want.connection).declare(after.connected.destination.limits)
            self._lanes.prepared[want.connection] = self._last[want.connection] = after
            if before is not None and is_changed:
                self._mended(want.connection)
        for lane in lanes:
            self.switch(lane, want.source_id, after, want.reason, is_changed=is_switched)

    def _mended(self, gate: int) -> None:
        """Somebody changed the connection: what paused it may be cured."""
        paused = self._lanes.gates[gate].paused
        if paused and paused != BY_OPERATOR:
            self._lanes.gates[gate].resume(self._parts.clock.monotonic())

    def switch(
        self, lane: Lane, source_id: str, after: Prepared | None, reason: str, *, is_changed: bool
    ) -> None:
        """Let a lane work with what is prepared for its connection now."""
        lane.source_id = source_id
        lane.router = after.router if after is not None else None
        if after is not None:
            lane.subscriptions = tuple(after.subscriptions)
            lane.may_batch = any(each.may_batch for each in after.subscriptions.values())
            clock = lane.gate.open_clock(self._parts.clock.monotonic())
            lane.let_all(lane.order.change(after.connection.ordering, clock))
            if lane.is_taken_over:
                stand_in_line(lane, clock)
        self.say(lane, reason)
        if after is not None and is_changed:
            switch = Switch(lane.id, 0, lane.frontier, after.snapshot, CODE_VERSION)
            self._ticks.now.switches.append(switch)
        self._ticks.dirty(lane)

    def say(self, lane: Lane, held: str = "") -> None:
        """Have the ledger say whether the lane runs, and if not, why."""
        paused = lane.stopped or lane.gate.paused
        state = "paused" if paused else "running"
        if lane.router is None and paused != BY_OPERATOR:
            state, paused = "held", held
        if (lane.row.state, lane.row.reason) != (state, paused):
            lane.row = lane.row._replace(state=state, reason=paused)
            self._ticks.now.lanes.append(lane.row)
            self._ticks.dirty(lane)

    def end(self, lane: Lane, reason: str, at: int, *, goes_on: bool = False) -> None:
        """Close what the lane owes below a position as discarded; then it is over, or goes on."""
        if lane.ends_at is not None and (goes_on or not lane.goes_on):
            return
        at = at if lane.stop is None else min(at, lane.stop)
        lane.ends_at, lane.ends_as, lane.goes_on = at, reason, goes_on
        if not goes_on:
            lane.router = None
        if lane.is_taken_over:
            stand_in_line(lane, 0.0)
        lane.let_rest(lane.stop or at)
        lane.due.extend(take_all(lane))
        lane.due.extend(self._parts.retries.take(lane.id))

"""Service: which lane may send next, what it sends, and when it is asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.deliver.batches import size_of
from headgate.deliver.tasks import Timers
from headgate.log.errors import Trimmed

if TYPE_CHECKING:
    from headgate.deliver.events import Events
    from headgate.deliver.lane import Lane
    from headgate.deliver.parts import Parts
    from headgate.deliver.sending import Sending
    from headgate.deliver.ticks import Ticks

AT_ONCE = 500
"""Events that are looked at before others have their turn."""
HEADROOM_SECONDS = 0.05
"""How soon a replay asks again that live events leave no room."""
GATHERING = 16
"""Events of retries that are read at the same time for the batches of a lane."""
TURN = 64 * 1024
REQUEST = 1024
"""What a request costs beside its bytes, in bytes; a turn at the sockets is worth `TURN`."""


class Service:
    """Fills the slots of lanes.

    While there are sockets for all, each lane is served as soon as it has something to send; when
    there are none, workspaces take turns, and in each its lanes, by what they cost.
    """

    def __init__(self, parts: Parts, ticks: Ticks) -> None:
        self._lanes, self._feed, self._ticks = parts.lanes, parts.feed, ticks
        self._tasks, self._clock = parts.tasks, parts.clock
        self._policy, self._headroom = parts.policy, parts.headroom
        self.sending: Sending
        self.is_stopping = False
        self._timers = Timers(parts.tasks, parts.clock)
        self._lines: dict[str, dict[Lane, None]] = {}
        self._deficits: dict[int, int] = {}
        self._served: Lane | None = None

    # asking

    def pump(self, lane: Lane) -> None:
        """Serve a lane; a long run of events that nobody wants yields in between."""
        if self._ticks.is_stuck or self.is_stopping or lane.id not in self._lanes.by_number:
            return
        looked = self._fill(lane)
        if lane.is_live:
            self._headroom.looked(lane)
        if lane.is_dirty:
            self._ticks.dirty(lane)
        self._let_ripen(lane)
        if looked >= AT_ONCE:
            self._tasks.soon(lambda: self.pump(lane))
        if not lane.is_live and lane.is_at_stop and not lane.has_read:
            lane.has_read = True
            self._tasks.soon(lambda: self.pump_gate(lane.row.gate))  # the next replay may read
        if lane.is_over():
            self._ended(lane)

    def pump_gate(self, gate: int) -> None:
        for lane in list(self._lanes.by_gate.get(gate, ())):
            self.pump(lane)

    def pump_all(self) -> None:
        for lane in list(self._lanes.by_number.values()):
            self.pump(lane)

    def _ended(self, lane: Lane) -> None:
        """Nothing is left to close: the lane skips what it skipped, or is no more."""
        for done in lane.skipped:
            done()
        lane.skipped.clear()
        if lane.ends_at is not None and lane.goes_on:
            lane.ends_at = None
            self.pump(lane)
            return
        reason = lane.ends_as if lane.ends_at is not None else "done"
        lane.row = lane.row._replace(state="ended", reason=reason)
        self._ticks.now.lanes.append(lane.row)
        self._ticks.dirty(lane)
        self._lanes.remove(lane)
        self._tasks.soon(lambda: self.pump_gate(lane.row.gate))  # the next replay may read
        self._deficits.pop(lane.id, None)
        if lane.is_live:
            self._headroom.forget(lane)

    # serving

    def _fill(self, lane: Lane) -> int:
        """Start what may be started; the number of events that were looked at for it."""
        looked = 0
        while looked < AT_ONCE:
            if lane.ends_at is not None:
                ended = self._end_some(lane)
                if not ended:
                    break
                looked += ended
                continue
            if lane.is_held:
                break
            if not self._send_some(lane):
                if not self._may_look(lane) and not self._makes_room(lane):
                    break
                if lane.ready:
                    continue
                if not self._entered(lane):
                    if not self._revives(lane, self._clock.monotonic(), has_fresh=False):
                        break
                    continue
                looked += self._claim(lane, AT_ONCE - looked)
                continue
            looked += 1
        return looked

    def _claim(self, lane: Lane, most: int) -> int:
        looked = lane.claim(most, self._ticks.now)
        if lane.latecomers:
            self.sending.gathering.catch_up(lane)
        return looked

    def _end_some(self, lane: Lane) -> int:
        """Drop what a lane that ends owes, then claim what is ahead, which is discarded."""
        if lane.due:
            self.sending.drop(lane, lane.due.popleft())
            return 1
        is_ahead = lane.ends_at is not None and lane.frontier < lane.ends_at
        if is_ahead and not lane.is_expiring and self._entered(lane):
            return max(1, lane.claim(AT_ONCE, self._ticks.now))
        return 0

    def _may_look(self, lane: Lane) -> bool:
        """Whether more events are to be claimed: none waits, and one could go out at once.

        Batches are filled while others are under way, so that nothing waits for a slot empty.
        """
        if lane.ready or lane.batches.is_ready or not lane.may_claim or self._is_second(lane):
            return False
        return self._may_fill(lane, self._clock.monotonic())

    def _may_fill(self, lane: Lane, now: float) -> bool:
        """Whether a batch may be filled: one could go out at once, or will when others are over."""
        if lane.gate.admits(now, is_retry=False, fresh_waits=True):
            return True
        self._wake(lane.row.gate, now)
        return lane.may_batch and lane.gate.is_open

    def _is_second(self, lane: Lane) -> bool:
        """Replays of a connection read one after the other: each must know what was delivered."""
        if lane.is_live:
            return False
        return any(
            not (each.is_live or each.is_at_stop or each.stopped) and each.id < lane.id
            for each in self._lanes.by_gate[lane.row.gate]
        )

    def _send_some(self, lane: Lane) -> bool:
        """Send or gather one thing that is ready; False when there is none, or it must wait."""
        now = self._clock.monotonic()
        if lane.batches.waiting:
            lane.batches.ripen(now, self._policy.batch_seconds)
        has_fresh = bool(lane.ready) or lane.batches.is_ready
        if self._revives(lane, now, has_fresh=has_fresh):
            return True
        if lane.batches.is_ready:
            if is_admitted := self._admits_fresh(lane, now):
                self.sending.batch(lane)
            return is_admitted
        if not lane.ready:
            return False
        first = lane.ready[0]
        if not first.goes_alone and self.sending.gathering.gathers(lane, first.subscription):
            self._gather(lane)
            return True
        if is_admitted := self._admits_fresh(lane, now):
            self.sending.single(lane.ready.popleft())
        return is_admitted

    def _revives(self, lane: Lane, now: float, *, has_fresh: bool) -> bool:
        """A retry goes out, if it is its turn and the gate admits it."""
        if not lane.due or not self._is_turn_of_due(lane, has_fresh=has_fresh):
            return False
        if self.sending.gathering.gathers(lane, lane.due[0].subscription):
            return self._regathers(lane, now)
        if not self._admits(lane, now, is_retry=True, fresh_waits=has_fresh):
            return False
        self.sending.revive(lane, lane.due.popleft())
        return True

    def _regathers(self, lane: Lane, now: float) -> bool:
        """Retries go into batches as new events do; these take the slots."""
        if lane.batches.is_ready or lane.gathering >= GATHERING or not self._may_fill(lane, now):
            return False
        self.sending.regather(lane, lane.due.popleft())
        return True

    def _admits_fresh(self, lane: Lane, now: float) -> bool:
        return self._admits(lane, now, is_retry=False, fresh_waits=True)

    def _is_turn_of_due(self, lane: Lane, *, has_fresh: bool) -> bool:
        """Retries have every fourth turn while new events wait; as probes, every other one."""
        if not has_fresh and not (lane.may_claim and self._has_more(lane)):
            return True
        each = self._policy.fresh_for_each_retry if lane.gate.is_open else 1
        return lane.turns >= each

    def _has_more(self, lane: Lane) -> bool:
        return lane.is_inside or not lane.is_caught_up

    def _gather(self, lane: Lane) -> None:
        delivery = lane.ready.popleft()
        if not self.sending.gathering.gathered(delivery):
            lane.ready.appendleft(delivery)
            delivery.goes_alone = True

    def _let_ripen(self, lane: Lane) -> None:
        """A timer sees to it that no batch waits too long for others to come.

        Also for a group that has ripened since it was looked at: nothing else would ask for it.
        """
        if (oldest := lane.batches.oldest) is not None and not lane.is_held:
            self._timers.ask(lane, oldest + self._policy.batch_seconds, self.pump)

    def _makes_room(self, lane: Lane) -> bool:
        """Those who wait for others take up all the room: the oldest pass, or leave memory.

        Not while the destination is in trouble as a whole: then nobody else could be sent either.
        """
        if not lane.is_full or not lane.gate.is_open or lane.ready or lane.batches.is_ready:
            return False
        if lane.order.ordering != "strict":
            return lane.let_all(lane.order.pass_oldest())
        waiters = [each for each in lane.order.waiters() if each.position in lane.unfinished]
        for owed in waiters[: max(1, len(waiters) // 2)]:
            lane.shelve(owed, self._clock.now_ms(), self._ticks.now)
        return bool(waiters)

    # admission

    def _admits(self, lane: Lane, now: float, *, is_retry: bool, fresh_waits: bool) -> bool:
        gate = lane.gate
        if not gate.admits(now, is_retry=is_retry, fresh_waits=fresh_waits):
            self._wake(lane.row.gate, now)
            return False
        if self._stands_in_line(lane):
            return False
        if not lane.is_live and not self._replay_admits(lane, now):
            return False
        self._charge(lane)
        self._headroom.sent(lane)
        return True

    def _replay_admits(self, lane: Lane, now: float) -> bool:
        if not self._headroom.allows(lane):
            self._timers.ask(lane, now + HEADROOM_SECONDS, self.pump)
            return False
        wait = lane.replay.pace(now) if lane.replay is not None else 0.0
        if wait > 0:
            self._timers.ask(lane, now + wait, self.pump)
        return wait <= 0

    def _wake(self, gate: int, now: float) -> None:
        """Ask again when time alone may have changed the gate's mind."""
        if (at := self._lanes.gates[gate].wakes_at(now)) is not None:
            self._timers.ask(gate, at, self.pump_gate)

    # fairness

    def _stands_in_line(self, lane: Lane) -> bool:
        """Whether others must be served before, as there are no sockets for all."""
        if lane is self._served and self._deficits[lane.id] > 0 and not self._is_full:
            return False
        if lane is not self._served and not self._is_full and not self._lines:
            return False
        self._lines.setdefault(lane.row.workspace, {})[lane] = None
        return True

    @property
    def _is_full(self) -> bool:
        return self.sending.in_flight >= self._policy.delivery_sockets

    def freed(self) -> None:
        """Sockets are free again: workspaces take turns, in each its lanes by what they cost."""
        if self._served is not None or self._ticks.is_stuck or self.is_stopping:
            return
        for _ in range(sum(map(len, self._lines.values()))):
            if self._is_full:
                return
            workspace = next(iter(self._lines))
            line = self._lines.pop(workspace)
            lane = next(iter(line))
            del line[lane]
            if line:
                self._lines[workspace] = line
            self._serve(lane)

    def _serve(self, lane: Lane) -> None:
        """One turn; a lane that wants more stands in line again."""
        self._deficits[lane.id] = min(TURN, self._deficits.get(lane.id, 0) + TURN)
        self._served = lane
        try:
            self.pump(lane)
        finally:
            self._served = None

    def _charge(self, lane: Lane) -> None:
        if lane is self._served:
            size = size_of(lane.ready[0]) if lane.ready else 0
            self._deficits[lane.id] -= REQUEST + size

    # frames

    def _entered(self, lane: Lane) -> bool:
        """Whether the lane stands in a frame: else it takes the next one, if there is one."""
        if not lane.is_inside:
            frame = self._next(lane)
            if frame is None:
                return False
            lane.enter(frame)
        return True

    def _next(self, lane: Lane) -> Events | None:
        if lane.backlog:
            return lane.backlog.popleft()
        if lane.is_caught_up and lane.is_live:
            # Nothing of its source came since, or it would have been woken.
            lane.pass_to(self._feed.begin)
        if lane.frontier < self._feed.begin:
            if not lane.is_catching_up:
                lane.is_catching_up = True
                self._tasks.spawn(self._catch_up(lane))
            return None
        frame = self._feed.after(lane.frontier)
        lane.is_caught_up = frame is None
        return frame

    async def _catch_up(self, lane: Lane) -> None:
        begin = self._feed.begin
        try:
            frames = await self._feed.behind(lane.frontier)
        except Trimmed:
            # Retention has begun: the lane closes what lies below the floor within seconds.
            lane.is_catching_up = False
            return
        lane.backlog.extend(frames)
        if not frames:
            lane.pass_to(begin)
        lane.is_catching_up = False
        self.pump(lane)

"""Sending: a slot is taken, an attempt is made, and its results go into a tick."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from headgate.deliver.batches import Batch, halved
from headgate.deliver.claiming import QUARANTINED
from headgate.deliver.expiry import restored
from headgate.deliver.gathering import Gathering
from headgate.deliver.outcomes import BROKEN
from headgate.deliver.owed import Delivery, Revival
from headgate.deliver.retry_policy import Blame, Ended, Next, blame
from headgate.deliver.ticks import AGAIN_SECONDS
from headgate.deliver.unsent import take_all
from headgate.ledger.port import LedgerUnavailable
from headgate.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headgate.deliver.events import Event
    from headgate.deliver.lane import Lane
    from headgate.deliver.parts import Parts
    from headgate.deliver.prepared import Prepared
    from headgate.deliver.retry_policy import Outcome
    from headgate.deliver.ticks import Result, Ticks
    from headgate.ledger.port import Ledger

T = TypeVar("T")
SPLIT = frozenset({400, 413, 422})
"""Statuses by which a destination may mean one event of a batch (reliability section 5)."""
_WEIGHTS = (Ended.DISCARD, Ended.DISCONNECT, Ended.RETRY, Ended.DELIVERED)


class Attempting(Protocol):
    """Performs one attempt; raises nothing but cancellation."""

    async def __call__(self, delivery: Delivery, prepared: Prepared) -> Result: ...

    async def batch(
        self, deliveries: Sequence[Delivery], prepared: Prepared
    ) -> Sequence[Result]: ...


class Answered(NamedTuple):
    """What one request came to: a result for each delivery that went with it."""

    lane: Lane
    results: Sequence[Result]
    is_probe: bool = False
    is_split: bool = False
    """Nobody knows which delivery was at fault: all go out again, in two halves."""
    batch: Batch | None = None


class Sending:
    """Sends singles and batches of any lane; `go_on` is called when a lane may do more.

    `freed` is called when a socket is free that others may stand in line for.
    """

    def __init__(
        self,
        parts: Parts,
        ticks: Ticks,
        ledger: Ledger,
        attempting: Attempting,
        go_on: Callable[[Lane], None],
        freed: Callable[[], None],
    ) -> None:
        self._lanes, self._feed, self._ticks = parts.lanes, parts.feed, ticks
        self._tasks, self._clock = parts.tasks, parts.clock
        self._ledger, self._attempting = ledger, attempting
        self._go_on, self._freed = go_on, freed
        self.gathering = Gathering(parts, self._delivery)
        self.in_flight = 0

    # singles

    def single(self, delivery: Delivery) -> None:
        is_probe = self._take(delivery.lane, is_retry=delivery.is_parked)
        self._tasks.attempt(self._attempt(delivery, is_probe=is_probe))

    async def _attempt(self, delivery: Delivery, *, is_probe: bool) -> None:
        lane = delivery.lane
        prepared = self._lanes.prepared.get(lane.row.gate)
        if lane.is_held:  # since it was started
            lane.ready.appendleft(delivery)
            self._give_back(lane, is_probe=is_probe)
        elif prepared is None or delivery.subscription not in prepared.subscriptions:
            self.drop(lane, delivery.as_revival())
            self._give_back(lane, is_probe=is_probe)
        else:
            begun = self._clock.monotonic()
            result = await self._attempting(delivery, prepared)
            self._answered(lane, [result], self._clock.monotonic() - begun, is_probe=is_probe)

    def revive(self, lane: Lane, revival: Revival) -> None:
        """Send what a row of the ledger asks for; its event is read from the log."""
        is_probe = self._take(lane, is_retry=True)
        self._tasks.attempt(self._attempt_again(lane, revival, is_probe=is_probe))

    async def _attempt_again(self, lane: Lane, revival: Revival, *, is_probe: bool) -> None:
        delivery = await self._delivery(lane, revival)
        if delivery is None:
            self._give_back(lane, is_probe=is_probe)
        else:
            await self._attempt(delivery, is_probe=is_probe)

    def regather(self, lane: Lane, revival: Revival) -> None:
        """Put what a row of the ledger asks for into a batch: that alone takes no slot."""
        lane.gathering += 1
        self._tasks.attempt(self._gather_again(lane, revival))

    async def _gather_again(self, lane: Lane, revival: Revival) -> None:
        try:
            delivery = await self._delivery(lane, revival)
        finally:
            lane.gathering -= 1
        if delivery is None:
            pass
        elif lane.ends_at is not None:
            lane.due.append(revival)
        elif fitting := self.gathering.fits_of(delivery):
            lane.batches.add(delivery, fitting, self._clock.monotonic())
            await self.gathering.more_join(delivery, fitting)
        else:
            delivery.goes_alone = True
            lane.ready.appendleft(delivery)
        self._go_on(lane)

    async def _delivery(self, lane: Lane, revival: Revival) -> Delivery | None:
        owed = lane.owed(revival.position)
        stored = owed.event or await self._event(lane, revival.position)
        if stored is None:
            self.drop(lane, revival, "no_record")
            return None
        if revival.position in lane.quarantined:
            self._quarantine(lane, stored, revival)
            return None
        try:
            seen = owed.event or self._in_hand(lane, stored.position, lambda: lane.seen(stored))
        except ValueError:
            self.drop(lane, revival, "undecodable")
            return None
        return Delivery.revived(lane, seen, revival)

    def _quarantine(self, lane: Lane, event: Event, revival: Revival) -> None:
        """Processes died of it: it is given up untouched."""
        step = Next("dead_lettered", QUARANTINED, revival.tries)
        delivery = Delivery.revived(lane, event, revival)
        lane.settle(delivery, step, self._clock.now_ms(), self._ticks.now)
        self._ticks.dirty(lane)

    def _in_hand(self, lane: Lane, position: int, work: Callable[[], T]) -> T:
        lane.in_hand.hold(lane.id, position)
        try:
            return work()
        finally:
            lane.in_hand.clear()

    async def _event(self, lane: Lane, position: int) -> Event | None:
        """From the log, or from the copy that retention made before the log dropped it."""
        kept = await self._kept(lane, position)
        if kept is not None:
            return restored(position, kept, lane.source_id)
        return await self._feed.event(position, lane.source, lane.source_id)

    async def _kept(self, lane: Lane, position: int) -> bytes | None:
        """A ledger that does not answer is asked again, as its ticks are tried again."""
        while True:
            try:
                return self._ledger.record(lane.id, 0, position)
            except LedgerUnavailable as error:
                log.warning("ledger.not_asked", error=str(error))
                await asyncio.sleep(AGAIN_SECONDS)

    # batches

    def batch(self, lane: Lane) -> None:
        """Send the next batch of a lane."""
        batch = lane.batches.take()
        if lane.replay is not None:
            lane.replay.sent(len(batch))
        retries = sum(each.is_parked for each in batch)
        is_probe = self._take(lane, is_retry=retries == len(batch))
        lane.turns = 0 if retries else lane.turns
        self._tasks.attempt(self._attempt_batch(lane, batch, is_probe=is_probe))

    async def _attempt_batch(self, lane: Lane, batch: Batch, *, is_probe: bool) -> None:
        prepared = self._lanes.prepared.get(lane.row.gate)
        if lane.is_held:
            lane.batches.put_first(batch)
            self._give_back(lane, is_probe=is_probe)
            return
        going = self._going(lane, batch)
        if not going or prepared is None:
            self._then(lane, batch)
            self._give_back(lane, is_probe=is_probe)
            return
        begun = self._clock.monotonic()
        results = await self._attempting.batch(going, prepared)
        going.then = batch.then
        self._answered(
            lane, results, self._clock.monotonic() - begun, is_probe=is_probe, batch=going
        )

    def _going(self, lane: Lane, batch: Batch) -> Batch:
        """What may still be sent: its subscription is there, and nobody of its user is before."""
        prepared = self._lanes.prepared.get(lane.row.gate)
        subscriptions = prepared.subscriptions if prepared is not None else {}
        together = frozenset(each.position for each in batch)
        keys = {lane.owed(each.position).key for each in batch}
        free = {key for key in keys if lane.order.is_free(key, together)}
        going = Batch()
        for each in batch:
            owed = lane.owed(each.position)
            if each.subscription not in subscriptions:
                self.drop(lane, each.as_revival())
            elif owed.key not in free and lane.order.steps_back(owed, together):
                owed.rests[each.subscription] = each.as_revival()
            else:
                going.append(each)
        return going

    def _then(self, lane: Lane, batch: Batch | None) -> None:
        """What was to go out after a batch goes out now."""
        if batch is None or batch.then is None:
            return
        lane.batches.put_first(batch.then)
        if lane.ends_at is not None:
            lane.due.extend(take_all(lane))

    # results

    def _answered(
        self,
        lane: Lane,
        results: Sequence[Result],
        seconds: float,
        *,
        is_probe: bool,
        batch: Batch | None = None,
    ) -> None:
        outcome, gate = of_request(results), lane.gate
        was_open = gate.is_open
        reason = gate.ended(
            blame(outcome),
            seconds,
            self._clock.monotonic(),
            after=outcome.after,
            is_probe=is_probe,
        )
        if reason:
            self._ticks.paused(lane.row.gate, reason)
        is_split = batch is not None and lane.ends_at is None and is_splittable(results)
        if batch is not None and is_split:
            whole, batch = batch, Batch(batch)
            batch.then = halved(whole)
        self._ticks.result(Answered(lane, results, is_probe, is_split, batch))
        if gate.is_open and not was_open:
            self._tasks.soon(lambda: self._go_on(lane))

    def drop(self, lane: Lane, dropped: Revival, reason: str = "") -> None:
        """A delivery that can no longer be attempted ends without one."""
        why = reason or (lane.ends_as if lane.ends_at is not None else "subscription_removed")
        lane.end(
            lane.owed(dropped.position),
            dropped.subscription,
            Next("discarded", why, dropped.tries),
            self._ticks.now,
            is_parked=dropped.is_parked,
        )
        self._ticks.dirty(lane)

    def _take(self, lane: Lane, *, is_retry: bool) -> bool:
        lane.turns = 0 if is_retry else lane.turns + 1
        self.in_flight += 1
        return lane.gate.take(self._clock.monotonic(), is_retry=is_retry)

    def _give_back(self, lane: Lane, *, is_probe: bool) -> None:
        """A slot is free again without a commit, as nothing was sent."""
        if is_probe:
            lane.gate.ended(Blame.UNASKED, 0.0, self._clock.monotonic(), is_probe=True)
        self._free(lane)
        self._go_on(lane)
        self._freed()

    def committed(self, answered: Answered) -> None:
        """What a request came to is kept: its slot is free, and what waited for it goes on."""
        self._free(answered.lane)
        self._then(answered.lane, answered.batch)

    def _free(self, lane: Lane) -> None:
        self.in_flight -= 1
        lane.gate.give_back()


def is_splittable(results: Sequence[Result]) -> bool:
    """One refusal stands for all that went out: which of them is at fault is not known."""
    outcomes = {each.outcome for each in results if each.was_sent}
    if len(outcomes) != 1 or sum(each.was_sent for each in results) == 1:
        return False
    (outcome,) = outcomes
    is_broken = outcome.status is None and outcome.reason.startswith(BROKEN)
    return outcome.ended is Ended.DISCARD and (outcome.status in SPLIT or is_broken)


def of_request(results: Sequence[Result]) -> Outcome:
    """What a request says of its destination.

    That it is to be slower outweighs everything, that it took anything outweighs what it refused.
    """
    if len(results) == 1:
        return results[0].outcome
    sent = [each.outcome for each in results if each.was_sent] or [results[0].outcome]
    return max(sent, key=_weight)


def _weight(outcome: Outcome) -> int:
    is_slowed = outcome.status == 429  # noqa: PLR2004 - the status itself
    return len(_WEIGHTS) if is_slowed else _WEIGHTS.index(outcome.ended)

"""Which deliveries travel together, and who of a user goes along with those in front."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.deliver.batches import Fits, audience_of, fits
from headgate.deliver.owed import Delivery

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from headgate.deliver.batches import Group
    from headgate.deliver.lane import Lane
    from headgate.deliver.owed import Owed, Revival
    from headgate.deliver.parts import Parts


class Gathering:
    """Puts deliveries into the groups of their lanes.

    `read` gives the delivery that a row of the ledger asks for, None for one that is over.
    """

    def __init__(
        self, parts: Parts, read: Callable[[Lane, Revival], Awaitable[Delivery | None]]
    ) -> None:
        self._lanes, self._clock, self._read = parts.lanes, parts.clock, read

    def gathers(self, lane: Lane, subscription: str) -> bool:
        """Whether deliveries to it may travel in batches: the mapping has the last word."""
        prepared = self._lanes.prepared.get(lane.row.gate)
        found = prepared.subscriptions.get(subscription) if prepared else None
        return found is not None and found.may_batch

    def gathered(self, delivery: Delivery) -> bool:
        """Put a delivery to others that it travels with, if it travels in batches.

        Those of its user who wait for nobody else go along, as the order in a batch is kept.
        """
        fitting = self.fits_of(delivery)
        if fitting is None:
            return False
        lane, now = delivery.lane, self._clock.monotonic()
        lane.batches.add(delivery, fitting, now)
        self._followers_join(delivery, fitting, now)
        return True

    def _followers_join(self, delivery: Delivery, fitting: Fits, now: float) -> None:
        lane = delivery.lane
        owed = lane.owed(delivery.position)
        while (follower := lane.order.follower(owed)) is not None and follower.event is not None:
            if follower.left != owed.left or len(owed.left) > 1:
                return
            after = Delivery(lane, follower.event, delivery.subscription)
            if not self._joins(follower, after, fitting, now):
                return

    async def more_join(self, delivery: Delivery, fitting: Fits) -> None:
        """The same for those whose events must be read again first."""
        lane = delivery.lane
        owed = lane.owed(delivery.position)
        while (follower := lane.order.follower(owed)) is not None and lane.ends_at is None:
            revivals = follower.revivals()
            if follower.left != owed.left or len(revivals) != 1:
                return
            after = await self._read(lane, revivals[0])
            if after is None or lane.order.follower(owed) is not follower:
                return
            if not self._joins(follower, after, fitting, self._clock.monotonic()):
                return

    def catch_up(self, lane: Lane) -> None:
        """Who was claimed after those of its user who have not left yet goes along with them."""
        now = self._clock.monotonic()
        for owed in lane.latecomers:
            if owed.event is None or len(owed.left) > 1 or not lane.order.goes_next(owed):
                continue
            after = Delivery(lane, owed.event, owed.left[0])
            fitting = self.fits_of(after)
            group = None if fitting is None else lane.batches.group(fitting)
            if group is not None and lane.order.is_free(owed.key, group.positions):
                self._goes_along(owed, after, group, now)
        lane.latecomers.clear()

    def _joins(self, follower: Owed, after: Delivery, fitting: Fits, now: float) -> bool:
        """Put the next of a user to its batch; False when it does not fit in there."""
        group = after.lane.batches.group(fitting)
        if group is None or self.fits_of(after) != fitting:
            return False
        return self._goes_along(follower, after, group, now)

    def _goes_along(self, follower: Owed, after: Delivery, group: Group, now: float) -> bool:
        lane, fitting = after.lane, group.fits
        if not group.takes(after):
            return False
        lane.order.joins(follower)
        follower.rests.clear()
        lane.batches.add(after, fitting, now)
        return True

    def fits_of(self, delivery: Delivery) -> Fits | None:
        prepared = self._lanes.prepared.get(delivery.lane.row.gate)
        subscription = prepared.subscriptions.get(delivery.subscription) if prepared else None
        if prepared is None or subscription is None or not subscription.may_batch:
            return None
        batch = subscription.action.batched
        if batch is None:
            return None
        event, lane = delivery.event.completed, delivery.lane
        lane.in_hand.hold(lane.id, delivery.position)
        try:
            delivery.values = subscription.mapper(event)
        except Exception:  # noqa: BLE001 - the attempt says what is wrong with it
            return None
        finally:
            lane.in_hand.clear()
        audience = audience_of(event) if prepared.connected.destination.audiences else None
        return fits(batch, delivery.subscription, delivery.values, audience)

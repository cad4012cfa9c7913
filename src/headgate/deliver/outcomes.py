"""What an action gives or raises, as outcomes: of one delivery, or of each of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from headgate.deliver.retry_policy import Ended, Outcome
from headgate.kit import Discard, Disconnect, Response, Retry
from headgate.kit.connected import Item
from headgate.kit.delivery import Delivery as Told
from headgate.kit.delivery import delivery as about
from headgate.mapping import MappingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headgate.deliver.owed import Delivery
    from headgate.deliver.prepared import Prepared, PreparedSubscription
    from headgate.kit import Http
    from headgate.kit.results import ItemResult

BROKEN: Final = "destination_error"
_UNASKED: Final = Told()


class Performed(NamedTuple):
    """What became of a batch: (outcome, whether it was sent) for each; `broken` is code's fault."""

    outcomes: Sequence[tuple[Outcome, bool]]
    broken: Exception | None = None


def outcome_of(error: Exception) -> tuple[Outcome, Exception | None]:
    """What was raised, and once more what nobody should have raised."""
    if isinstance(error, Retry):
        return Outcome(Ended.RETRY, said(error), error.status, error.after, error.kind), None
    if isinstance(error, Discard):
        reason = said(error) if error.status is not None else f"discarded: {said(error)}"
        return Outcome(Ended.DISCARD, reason, error.status), None
    if isinstance(error, Disconnect):
        return Outcome(Ended.DISCONNECT, said(error), error.status), None
    if isinstance(error, MappingError):
        return Outcome(Ended.DISCARD, f"mapping_error: {said(error)}"), None
    return Outcome(Ended.DISCARD, f"{BROKEN}: {type(error).__name__}"), error


def said(error: Exception) -> str:
    """What an error says, if its author lets it."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an author's `__str__` may break, too
        return type(error).__name__


def told_of(
    delivery: Delivery, subscription: PreparedSubscription, *, in_batch: bool = False
) -> Told:
    """What the action may know of a delivery beside its payload, if it asks for it."""
    if not subscription.action.asks(in_batch=in_batch):
        return _UNASKED
    return about(
        delivery.event.completed,
        subscription.mapping,
        subscription=subscription.id,
        has_sync_modes=subscription.action.sync_modes is not None,
    )


async def perform_batch(
    deliveries: Sequence[Delivery], prepared: Prepared, http: Http
) -> Performed:
    """Perform for all at once; what does not fit was not sent, and ends alone."""
    subscription = prepared.subscriptions[deliveries[0].subscription]
    items = [
        Item(_values(each, subscription), told_of(each, subscription, in_batch=True))
        for each in deliveries
    ]
    try:
        given = await prepared.connected.perform_batch(http, subscription.action, items)
    except Exception as error:  # noqa: BLE001 - a destination's fault must not stop the lane
        outcome, broken = outcome_of(error)
        return Performed([(outcome, True)] * len(deliveries), broken)
    return Performed([_of_item(each) for each in given])


def _values(delivery: Delivery, subscription: PreparedSubscription) -> object:
    if delivery.values is None:
        delivery.values = subscription.mapper(delivery.event.completed)
    return delivery.values


def _of_item(result: ItemResult) -> tuple[Outcome, bool]:
    if isinstance(result, Response):
        return Outcome(Ended.DELIVERED, "", result.status), True
    outcome, _ = outcome_of(result)
    was_sent = result.status is not None or not isinstance(result, Discard)
    return outcome, was_sent

"""What a lane owes: events it has claimed and not closed, and their deliveries on their way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.ledger.port import WORST

if TYPE_CHECKING:
    from headgate.deliver.events import Event
    from headgate.deliver.lane import Lane
    from headgate.ledger.port import ParkedRow


class Owed:
    """An event that a lane has claimed and not closed; `key` is its order key, empty for none.

    `rests` has the deliveries whose parked rows say that they wait for an earlier event.
    """

    __slots__ = ("done", "event", "key", "left", "parked", "position", "reason", "rests", "worst")

    def __init__(
        self, position: int, event: Event | None, left: tuple[str, ...], key: str = ""
    ) -> None:
        self.position = position
        self.event = event
        self.key = key
        self.left = list(left)
        self.done: list[str] = []
        self.parked: set[str] = set()
        self.rests: dict[str, Revival] = {}
        self.worst, self.reason = "delivered", ""

    def revivals(self) -> list[Revival]:
        """What waits of it, as it is sent when its turn comes; what is parked has its own time."""
        return [
            self.rests.get(each) or Revival(self.position, each, 0, 0, is_parked=False)
            for each in self.left
            if each in self.rests or (each not in self.parked and self.event is not None)
        ]

    def end(self, subscription: str, cls: str, reason: str) -> None:
        """One delivery ended; the event will close as the worst of them."""
        self.left.remove(subscription)
        self.parked.discard(subscription)
        self.done.append(subscription)
        if WORST[cls] > WORST[self.worst]:
            self.worst, self.reason = cls, reason


class Revival(NamedTuple):
    """A delivery that a row of the ledger asks for: its event must be read again."""

    position: int
    subscription: str
    tries: int
    first_at: int
    is_parked: bool
    due_at: int = 0


def revival_of(row: ParkedRow) -> Revival:
    """What a parked row asks for."""
    return Revival(
        row.position, row.subscription, row.tries, row.first_at, is_parked=True, due_at=row.due_at
    )


class Delivery:
    """One event owed to one subscription, on its way.

    `values` is what the mapping gave, once somebody needed it before the attempt; `attempts` is
    how many are on record, as far as is known.
    """

    __slots__ = (
        "attempts",
        "due_at",
        "event",
        "first_at",
        "goes_alone",
        "is_parked",
        "lane",
        "position",
        "subscription",
        "tries",
        "values",
    )

    def __init__(self, lane: Lane, event: Event, subscription: str) -> None:
        self.lane = lane
        self.event = event
        self.position = event.position
        self.subscription = subscription
        self.tries = self.attempts = 0
        self.first_at = 0
        self.due_at = 0
        self.is_parked = self.goes_alone = False
        self.values: Any = None

    @classmethod
    def revived(cls, lane: Lane, event: Event, revival: Revival) -> Delivery:
        delivery = cls(lane, event, revival.subscription)
        delivery.tries, delivery.first_at = revival.tries, revival.first_at
        delivery.due_at, delivery.is_parked = revival.due_at, revival.is_parked
        delivery.attempts = max(revival.tries, int(revival.is_parked))
        return delivery

    def as_revival(self) -> Revival:
        return Revival(
            self.position,
            self.subscription,
            self.tries,
            self.first_at,
            self.is_parked,
            self.due_at,
        )

"""Events that stand in line in an order."""

from __future__ import annotations

from headgate.deliver.order import Order
from headgate.deliver.owed import Owed

HOLD = 30.0


def owed(position: int, key: str = "ann") -> Owed:
    return Owed(position, None, ("all",), key)


def entered(order: Order, count: int, key: str = "ann") -> list[Owed]:
    """So many events of a user, of which the first stands in front and the others wait."""
    events = [owed(position, key) for position in range(count)]
    assert [order.enter(each) for each in events] == [True] + [False] * (count - 1)
    return events

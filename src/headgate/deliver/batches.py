"""Batches: deliveries that travel together, by the limits of their action and subscription."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.mapping.javascript import stringify

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.deliver.owed import Delivery
    from headgate.kit.destination.action import Batch as Batched

ENABLED, SIZE, BYTES, KEYS = "enable_batching", "batch_size", "batch_bytes", "batch_keys"
_ON = (True, "true")
_MOST = 1 << 31


class Fits(NamedTuple):
    """Which deliveries come together, and how many of them: what a mapping gave decides."""

    key: tuple[Any, ...]
    events: int
    bytes: int


def fits(batch: Batched[Any, Any], subscription: str, values: Any, audience: Any) -> Fits | None:
    """How a delivery travels; None where its subscription sends one by one.

    Batches are grouped by subscription and the values of its batch keys (domain section 6); for
    destinations with audiences also by the audience that the event is about.
    """
    if not isinstance(values, dict) or values.get(ENABLED) not in _ON:
        return None
    names = values.get(KEYS)
    keys = [name for name in names if isinstance(name, str)] if isinstance(names, list) else None
    key = [values.get(name) for name in (batch.keys if keys is None else keys)]
    return Fits(
        (subscription, _apart(key, audience)),
        min(_number(values.get(SIZE), batch.size), batch.up_to),
        min(_number(values.get(BYTES), batch.up_to_bytes), batch.up_to_bytes),
    )


def _apart(key: list[Any], audience: Any) -> Any:
    """What tells batches apart; texts do as they are, anything else as its JSON."""
    if audience is None and all(each is None or type(each) is str for each in key):
        return tuple(key)
    return stringify([key, audience])


def _number(given: object, otherwise: int) -> int:
    """A whole number of at least 1; what is no such number is as good as nothing."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not 1 <= given <= _MOST:
        return otherwise
    return int(given)


class Group:
    """Deliveries that wait for others to travel with; `since` is in seconds of the loop."""

    __slots__ = ("bytes", "deliveries", "fits", "positions", "since")

    def __init__(self, fits: Fits, since: float) -> None:
        self.fits, self.since = fits, since
        self.deliveries: list[Delivery] = []
        self.positions: set[int] = set()
        self.bytes = 0

    def takes(self, delivery: Delivery) -> bool:
        return self.has_room(size_of(delivery))

    def has_room(self, size: int) -> bool:
        return not self.deliveries or (
            len(self.deliveries) < self.fits.events and self.bytes + size <= self.fits.bytes
        )


class Batch(list["Delivery"]):
    """Deliveries of one request; `then` is what goes out after it has ended, and not before."""

    then: Batch | None = None


class Batches:
    """Of one lane: groups that fill up, and batches that wait for a slot."""

    def __init__(self) -> None:
        self._groups: dict[tuple[Any, ...], Group] = {}
        self._ready: deque[Batch] = deque()
        self.waiting = 0
        """Deliveries in groups and in batches that were not sent."""

    def add(self, delivery: Delivery, fits: Fits, now: float) -> Group:
        """Put a delivery to its like; a group that is full becomes a batch."""
        size = size_of(delivery)
        group = self._groups.get(fits.key)
        if group is not None and not group.has_room(size):
            self._complete(fits.key)
            group = None
        if group is None:
            group = self._groups[fits.key] = Group(fits, now)
        group.deliveries.append(delivery)
        group.positions.add(delivery.position)
        group.bytes += size
        self.waiting += 1
        if len(group.deliveries) >= fits.events or group.bytes >= fits.bytes:
            self._complete(fits.key)
        return group

    def group(self, fits: Fits) -> Group | None:
        return self._groups.get(fits.key)

    def _complete(self, key: tuple[Any, ...]) -> None:
        self._ready.append(Batch(self._groups.pop(key).deliveries))

    def ripen(self, now: float, age: float) -> None:
        """Groups that waited for `age` seconds wait no longer."""
        while (oldest := self.oldest) is not None and now >= oldest + age:
            self._complete(next(iter(self._groups)))

    @property
    def oldest(self) -> float | None:
        """Since when the oldest group waits; groups stand in the order in which they began."""
        group = next(iter(self._groups.values()), None)
        return None if group is None else group.since

    @property
    def is_ready(self) -> bool:
        return bool(self._ready)

    def take(self) -> Batch:
        """The next batch that is to be sent."""
        batch = self._ready.popleft()
        self.waiting -= len(batch)
        return batch

    def put_first(self, batch: Batch) -> None:
        """A batch goes before all others: half of one that was refused, or one not sent."""
        self._ready.appendleft(batch)
        self.waiting += len(batch)

    def empty(self) -> list[Delivery]:
        """Everything that waits, in no batch any more."""
        batches = [
            *(each for batch in self._ready for each in chain_of(batch)),
            *(group.deliveries for group in self._groups.values()),
        ]
        self._ready.clear()
        self._groups.clear()
        self.waiting = 0
        return [delivery for batch in batches for delivery in batch]


def halved(batch: Batch) -> Batch:
    """A batch in two, in order, one after the other: to find out which delivery was at fault."""
    middle = (len(batch) + 1) // 2
    first, second = Batch(batch[:middle]), Batch(batch[middle:])
    first.then, second.then = second, batch.then
    return first


def chain_of(batch: Batch) -> list[Batch]:
    """A batch and all that goes out after it."""
    chain = [batch]
    while (then := chain[-1].then) is not None:
        chain.append(then)
    return chain


def size_of(delivery: Delivery) -> int:
    """Bytes of the event as it came: what a mapping makes of it is about as much."""
    record = delivery.event.record
    return len(record.original)


def audience_of(event: Mapping[str, Any]) -> Any:
    """What tells audiences apart in the events about them (kit-behaviour 10.1)."""
    context = event.get("context")
    personas = context.get("personas") if isinstance(context, dict) else None
    if not isinstance(personas, dict):
        return None
    return [
        personas.get(name)
        for name in ("computation_key", "audience_settings", "external_audience_id")
    ]

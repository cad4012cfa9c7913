"""Counts a minute for the delivery overview, kept small whatever names events have."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

from headgate.ledger.port import (
    LATENCIES_MS,
    LONGEST_NAME,
    MOST_NAMES,
    OTHER,
    SeriesKey,
    Tick,
)

if TYPE_CHECKING:
    from headgate.clock import Clock
    from headgate.deliver.events import Event
    from headgate.deliver.owed import Delivery
    from headgate.deliver.retry_policy import Next

_BUCKETS = len(LATENCIES_MS) + 1


class Series:
    """Adds to a tick's series; beyond 200 event names a minute and lane the rest share one row.

    Deliveries are counted as they end, with the age of their event; events that no subscription
    gets are counted once, as filtered, suppressed or discarded.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._minute = 0
        self._names: dict[int, set[str]] = {}

    def delivery(self, tick: Tick, delivery: Delivery, step: Next, now: int) -> None:
        """A delivery has ended at `now`, milliseconds since 1970."""
        record = delivery.event.record
        name = delivery.event.completed.get("event", "")
        counts = self._counts(
            tick, now, delivery.lane.id, step.step, step.reason, record.type, name
        )
        counts[bisect_left(LATENCIES_MS, now - record.received_at)] += 1

    def event(self, tick: Tick, lane: int, cls: str, reason: str, event: Event | None) -> None:
        """An event has ended without a delivery; `event` is None where it has no body."""
        type_ = event.record.type if event is not None else ""
        name = event.name if event is not None else ""
        self._counts(tick, self._clock.now_ms(), lane, cls, reason, type_, name)[0] += 1

    def _counts(
        self, tick: Tick, now: int, lane: int, cls: str, reason: str, event_type: str, name: Any
    ) -> list[int]:
        minute = now // 60_000
        if minute != self._minute:
            self._minute, self._names = minute, {}
        key = SeriesKey(lane, minute, cls, reason, event_type, self._capped(lane, name))
        counts = tick.series.get(key)
        if counts is None:
            counts = tick.series[key] = [0] * _BUCKETS
        return counts

    def _capped(self, lane: int, name: Any) -> str:
        short = str(name)[:LONGEST_NAME]
        names = self._names.setdefault(lane, set())
        if short not in names:
            if len(names) >= MOST_NAMES:
                return OTHER
            names.add(short)
        return short

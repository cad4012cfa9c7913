"""Counts a minute for the delivery overview, kept small whatever names events have."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from headgate.ledger.port import LATENCIES_MS, SeriesKey, Tick

if TYPE_CHECKING:
    from headgate.log.port import Record

MOST_NAMES = 200
LONGEST_NAME = 100
OTHER = "(other)"


class Series:
    """Adds to a tick's series; beyond 200 event names a minute and lane the rest share one row."""

    def __init__(self) -> None:
        self._minute = 0
        self._names: dict[int, set[str]] = {}

    def count(
        self, tick: Tick, *, lane: int, cls: str, reason: str, record: Record, name: str, now: int
    ) -> None:
        """`now` in milliseconds since 1970: the event's age falls into a latency bucket."""
        minute = now // 60_000
        if minute != self._minute:
            self._minute, self._names = minute, {}
        key = SeriesKey(lane, minute, cls, reason, record.type, self._capped(lane, name))
        counts = tick.series.get(key)
        if counts is None:
            counts = tick.series[key] = [0] * (len(LATENCIES_MS) + 1)
        counts[bisect_left(LATENCIES_MS, now - record.received_at)] += 1

    def _capped(self, lane: int, name: str) -> str:
        names = self._names.setdefault(lane, set())
        name = name[:LONGEST_NAME]
        if name not in names:
            if len(names) >= MOST_NAMES:
                return OTHER
            names.add(name)
        return name

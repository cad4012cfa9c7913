"""Parked deliveries by the time they are due."""

from __future__ import annotations

import asyncio
import heapq
from typing import TYPE_CHECKING

from headgate.deliver.owed import revival_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from headgate.clock import Clock
    from headgate.deliver.owed import Revival
    from headgate.ledger.port import ParkedRow

LONGEST_SLEEP = 60.0
"""Seconds after which the clock is asked again, as it may have jumped."""


class Retries:
    """A heap of what waits; times in milliseconds since 1970."""

    def __init__(self, rows: Iterable[ParkedRow] = ()) -> None:
        self._heap = [_entry(row) for row in rows]
        heapq.heapify(self._heap)

    def add(self, row: ParkedRow) -> None:
        heapq.heappush(self._heap, _entry(row))

    @property
    def next_due(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def due(self, now: int) -> Iterator[tuple[int, Revival]]:
        """(lane, what to revive) of everything that is due, each given once."""
        while self._heap and self._heap[0][0] <= now:
            _, lane, revival = heapq.heappop(self._heap)
            yield lane, revival

    def take(self, lane: int) -> list[Revival]:
        """Everything that waits in one lane, given now whenever it is due."""
        taken = [entry for entry in self._heap if entry[1] == lane]
        self._heap = [entry for entry in self._heap if entry[1] != lane]
        heapq.heapify(self._heap)
        return [revival for _, _, revival in sorted(taken)]


class Alarm:
    """One timer for the next delivery that is due; `ring` is called then."""

    def __init__(self, retries: Retries, clock: Clock, ring: Callable[[], None]) -> None:
        self._retries, self._clock, self._ring = retries, clock, ring
        self._timer: asyncio.TimerHandle | None = None

    def set(self) -> None:
        """Call it whenever something else may be the next."""
        self.stop()
        due = self._retries.next_due
        if due is not None:
            seconds = max(0.0, (due - self._clock.now_ms()) / 1000)
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(min(seconds, LONGEST_SLEEP), self._ring)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _entry(row: ParkedRow) -> tuple[int, int, Revival]:
    """(due, lane, what to revive), in the order in which entries are given."""
    return row.due_at, row.lane, revival_of(row)

"""Parked deliveries by the time they are due."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from headgate.deliver.lane import Revival

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from headgate.ledger.port import ParkedRow


class Retries:
    """A heap of what waits; times in milliseconds since 1970."""

    def __init__(self, rows: Iterable[ParkedRow] = ()) -> None:
        self._heap: list[tuple[int, int, int, str, int, int]] = [_entry(row) for row in rows]
        heapq.heapify(self._heap)

    def add(self, row: ParkedRow) -> None:
        heapq.heappush(self._heap, _entry(row))

    @property
    def next_due(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def due(self, now: int) -> Iterator[tuple[int, Revival]]:
        """(lane, what to revive) of everything that is due, each given once."""
        while self._heap and self._heap[0][0] <= now:
            _, lane, position, subscription, tries, first_at = heapq.heappop(self._heap)
            yield lane, Revival(position, subscription, tries, first_at, is_parked=True)


def _entry(row: ParkedRow) -> tuple[int, int, int, str, int, int]:
    return row.due_at, row.lane, row.position, row.subscription, row.tries, row.first_at

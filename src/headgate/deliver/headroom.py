"""Headroom: replays get what live events leave, and a small share when they leave nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headgate.deliver.lane import Lane

_MOST = 64.0
LATE_SECONDS = 0.005
"""A loop that is as late as this with its ticks has no time to spare."""
_SMOOTH = 0.1


class Headroom:
    """Live events that wait keep all but `share` of the requests to themselves.

    They wait for the slots of their own connection, or for the time of this process when it is
    late with everything; `credit` is what replays may send meanwhile.
    """

    def __init__(self, share: float) -> None:
        self._each = share / (1 - share) if share < 1 else _MOST
        self._credit: dict[int, float] = {}
        self._behind: set[int] = set()
        self._late = 0.0

    def looked(self, lane: Lane) -> None:
        """A live lane was served as far as it went: whether it has more to send than it may."""
        if lane.ready or lane.batches.is_ready or not lane.is_caught_up:
            self._behind.add(lane.row.gate)
        else:
            self._behind.discard(lane.row.gate)

    def was_late(self, seconds: float) -> None:
        """A timer rang so much later than it should."""
        self._late += (seconds - self._late) * _SMOOTH

    def allows(self, lane: Lane) -> bool:
        """Whether a replay may send one more request."""
        gate = lane.row.gate
        if gate in self._behind and self._credit.get(gate, 0.0) < 1:
            return False
        return not (self._is_late and self._behind) or self._credit.get(0, 0.0) >= 1

    def sent(self, lane: Lane) -> None:
        """A request goes out: those of live lanes earn credit, those of replays use it."""
        for of in (lane.row.gate, 0):
            credit = self._credit.get(of, 0.0)
            if lane.is_live:
                self._credit[of] = min(_MOST, credit + self._each)
            elif credit:
                self._credit[of] = max(0.0, credit - 1)

    def forget(self, lane: Lane) -> None:
        """A live lane has ended, or waits for somebody to mend it."""
        self._behind.discard(lane.row.gate)

    @property
    def _is_late(self) -> bool:
        return self._late > LATE_SECONDS

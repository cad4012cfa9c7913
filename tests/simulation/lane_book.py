"""What of a lane's events is not closed, and how its rows are read."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from headgate.ledger.port import WORST

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headgate.ledger.port import Tick


@dataclass
class LaneBook:
    """Of one lane: what is not closed, of the events below `seen`."""

    waiting: set[int] = field(default_factory=set)
    opened: set[int] = field(default_factory=set)
    ahead: list[int] = field(default_factory=list)
    """Of those waiting, the ones that are not open, in order."""
    seen: int = 0


def tick_lanes(tick: Tick) -> set[int]:
    """The lanes whose accounts a tick changes."""
    lanes = {row.lane for row in tick.lanes} | {row.lane for row in tick.places}
    lanes |= {row.lane for row in tick.opened} | {lane for lane, _, _ in tick.closed}
    return lanes | {lane for lane, _, _ in tick.tallies}


def worst(ends: dict[str, str]) -> str:
    if not ends:
        return "filtered"
    return max(ends.values(), key=lambda cls: WORST.get(cls, 0))


def is_ahead(cursor: int, done: Sequence[tuple[int, int]]) -> Callable[[int], bool]:
    lows = [low for low, _ in done]

    def ahead(position: int) -> bool:
        at = bisect_right(lows, position) - 1
        return position >= cursor and not (at >= 0 and position < done[at][1])

    return ahead

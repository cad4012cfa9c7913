"""The events of one user on their way to one connection, in the order in which they came."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Line:
    """`places` are the positions of the user's events, and grow; what is finished stays so."""

    def __init__(self, places: Sequence[int]) -> None:
        self._places = places
        self._first = 0
        self.passed: set[int] = set()
        """Those that were sent although somebody was ahead."""

    def ahead(self, position: int, is_finished: Callable[[int], bool]) -> list[int]:
        """Those before `position` that are not finished."""
        upto = bisect_left(self._places, position)
        while self._first < upto and is_finished(self._places[self._first]):
            self._first += 1
        return [at for at in self._places[self._first : upto] if not is_finished(at)]

"""What happened of late, counted by the slice of time: bounded, and O(1) for each call."""

from __future__ import annotations


class Recent:
    """Counts over the last `seconds`: `all` of what was counted, and `some` that were marked.

    Time is monotonic seconds. What is older leaves a whole slice at once, so the span covered is
    between `seconds` less one slice and `seconds`.
    """

    __slots__ = ("_all", "_at", "_some", "_width", "all", "slices", "some")

    def __init__(self, seconds: float, slices: int) -> None:
        self.slices = slices
        self._width = seconds / slices
        self.clear()

    def clear(self) -> None:
        self._all, self._some = [0] * self.slices, [0] * self.slices
        self._at = -1
        self.all = self.some = 0

    def count(self, now: float, marked: int = 0) -> None:
        """One more; `marked` is 1 for those that count in `some`, too."""
        at = int(now / self._width)
        if at != self._at:
            self._move(at)
        place = at % self.slices
        self._all[place] += 1
        self.all += 1
        if marked:
            self._some[place] += 1
            self.some += 1

    def forget(self, now: float) -> None:
        """Let go of what is older, for a caller that reads `all` and `some` without counting."""
        at = int(now / self._width)
        if at != self._at:
            self._move(at)

    def pace(self) -> float:
        """How many unmarked ones a second, over the slices in which anything was counted.

        The slice under way would make it seem less, so it counts only when there is no other.
        """
        current = self._at % self.slices
        busy = [n for n in range(self.slices) if self._all[n] and n != current] or [current]
        through = sum(self._all[n] - self._some[n] for n in busy)
        return through / (len(busy) * self._width)

    def _move(self, at: int) -> None:
        """Empty the slices between the last one counted in and this one."""
        for passed in range(max(self._at, at - self.slices) + 1, at + 1):
            place = passed % self.slices
            self.all -= self._all[place]
            self.some -= self._some[place]
            self._all[place] = self._some[place] = 0
        self._at = max(self._at, at)

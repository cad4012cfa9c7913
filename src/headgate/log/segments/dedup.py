"""Which messages the log already holds, within the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.log.keys import PREFIX
from headgate.log.keys import SIZE as KEY
from headgate.log.port import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from headgate.log.segments.runs import IdRun


class Seen:
    """Keys of every segment: a set while its ids are in no run, the run afterwards.

    It is derived from the log and never ahead of it: a key enters with the append that carries
    its event, and leaves again when that append fails.
    """

    def __init__(self) -> None:
        self._recent: dict[int, set[bytes]] = {}
        self._runs: tuple[IdRun, ...] = ()

    def judge(self, segment: int, keys: bytes) -> bytes:
        """Verdicts for the 12-byte keys of a batch that goes into a segment."""
        mine = self._recent.setdefault(segment, set())
        others = [keys_ for first, keys_ in self._recent.items() if first != segment]
        verdicts = bytearray(len(keys) // KEY)
        for index in range(len(verdicts)):
            key = keys[index * KEY : index * KEY + KEY]
            if (
                key in mine
                or any(key in other for other in others)
                or (self._runs and self._in_runs(key))
            ):
                verdicts[index] = Verdict.DUPLICATE
            else:
                mine.add(key)
        return bytes(verdicts)

    def _in_runs(self, key: bytes) -> bool:
        prefix = int.from_bytes(key[:PREFIX], "big")
        return any(run.may_hold(prefix) and run.holds(key) for run in self._runs)

    def evict(self, segment: int, keys: bytes, verdicts: bytes) -> None:
        """Forget what a failed append brought: its events were never kept."""
        mine = self._recent.get(segment, set())
        for index, verdict in enumerate(verdicts):
            if verdict != Verdict.DUPLICATE:
                mine.discard(keys[index * KEY : index * KEY + KEY])

    def remember(self, segment: int, keys: bytes) -> None:
        """Learn the keys of a stored frame, at the start."""
        self._recent.setdefault(segment, set()).update(
            keys[at : at + KEY] for at in range(0, len(keys), KEY)
        )

    def forget(self, segment: int) -> None:
        """Drop the set of a segment that never came to be."""
        self._recent.pop(segment, None)

    def cover(self, runs: Iterable[IdRun], settled: Collection[int], window: int) -> None:
        """Use these runs from now on.

        The sets of the segments they speak for are dropped, and of those below the window.
        """
        self._runs = tuple(runs)
        for first in [at for at in self._recent if at < window or at in settled]:
            del self._recent[first]

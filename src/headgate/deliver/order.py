"""Order: an event of a user waits for the earlier ones of the same user (reliability section 5)."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from headgate.deliver.owed import Owed

_NOBODY: frozenset[int] = frozenset()
Ordering = Literal["per_user", "strict", "none"]


class Order:
    """Lets the events of one lane and order key through, one after the other.

    An event that was let through stands in front of later ones until it is closed. One whose
    delivery failed stands there at most `hold` seconds more, in which the gate was open: then the
    next one passes it, which is counted; in `strict` order nobody ever does.
    """

    def __init__(self, ordering: Ordering, hold: float, most: int = 1_000) -> None:
        self.ordering, self._hold, self._most = ordering, hold, most
        self.counters = {"passed": 0}
        """Where it is counted that an event passed an earlier one; lanes of a process share it."""
        self._front: dict[str, list[Owed]] = {}
        self._waiting: dict[str, deque[Owed]] = {}
        self._holds: deque[tuple[float, Owed]] = deque()
        self._overtaken: dict[str, list[Owed]] = {}
        """Events that are not closed yet, and that later ones of their user need not wait for."""
        self._passers: set[Owed] = set()
        """Events that are not closed yet, and were counted."""

    def enter(self, owed: Owed) -> bool:
        """Whether a new event may go at once; else it waits, and comes back from another call."""
        if self.ordering == "none" or not owed.key:
            return True
        if owed.key in self._front:
            self._waiting.setdefault(owed.key, deque()).append(owed)
            return False
        self._lets(owed)
        return True

    def relieve(self, key: str) -> Owed | None:
        """Of too many events of one user the first goes at once, and passes those in front.

        Their user sends faster than one after the other can be delivered: nobody else is to wait.
        """
        waiting = self._waiting.get(key, ())
        if self.ordering == "strict" or len(waiting) <= self._most:
            return None
        first = self._waiting[key].popleft()
        self._front[key].append(first)
        self._passes(first)
        return first

    def fails(self, owed: Owed, clock: float) -> None:
        """A delivery of an event failed and is tried again: `clock` counts the gate's open time.

        If it travelled with an earlier one that has been overtaken meanwhile, they part here.
        """
        if self.ordering == "per_user" and owed in self._front.get(owed.key, ()):
            self._holds.append((clock + self._hold, owed))
            self._count(owed)

    def closes(self, owed: Owed) -> Owed | None:
        """An event is over; the one that may go now, if there is one."""
        self._passers.discard(owed)
        overtaken = self._overtaken.get(owed.key)
        if overtaken is not None and owed in overtaken:
            overtaken.remove(owed)
            if not overtaken:
                del self._overtaken[owed.key]
        front = self._front.get(owed.key)
        if front is None or owed not in front:
            return None
        front.remove(owed)
        return self._behind(front, owed.key)

    def expire(self, clock: float) -> Iterator[Owed]:
        """The events that need not wait any longer."""
        while self._holds and self._holds[0][0] <= clock:
            _, owed = self._holds.popleft()
            yield from self._pass(owed)

    def pass_oldest(self) -> list[Owed]:
        """Let somebody pass before the time, as there is no room for more who wait."""
        while self._holds:
            _, owed = self._holds.popleft()
            if let := list(self._pass(owed)):
                return let
        return []

    @property
    def holds(self) -> bool:
        """Somebody may be passed when time has gone by."""
        return bool(self._holds)

    @property
    def is_awaited(self) -> bool:
        """Somebody waits for somebody."""
        return bool(self._waiting)

    def follower(self, owed: Owed) -> Owed | None:
        """Who waits for this event, and for no other."""
        if len(self._front.get(owed.key, ())) == 0 or owed not in self._front[owed.key]:
            return None
        waiting = self._waiting.get(owed.key)
        return waiting[0] if waiting else None

    def goes_next(self, owed: Owed) -> bool:
        """Whether one waits for those in front alone, and for nobody else who waits."""
        waiting = self._waiting.get(owed.key)
        return waiting is not None and waiting[0] is owed

    def is_free(self, key: str, together: AbstractSet[int]) -> bool:
        """Whether all who stand in front travel together, so that none of them must wait."""
        front = self._front.get(key, ())
        return all(
            each.position in together and not self._is_behind_waiters(each) for each in front
        )

    def steps_back(self, owed: Owed, together: frozenset[int] = _NOBODY) -> bool:
        """One goes behind those of its user in front of it, if any is who does not come along."""
        front = self._front.get(owed.key, [])
        if owed not in front or front[0] is owed:
            return False
        is_first = all(each.position in together for each in front[: front.index(owed)])
        if is_first and not self._is_behind_waiters(owed):
            return False
        front.remove(owed)
        waiting = self._waiting.setdefault(owed.key, deque())
        at = bisect_left(waiting, owed.position, key=lambda each: each.position)
        waiting.insert(at, owed)
        return True

    def _is_behind_waiters(self, owed: Owed) -> bool:
        """An earlier one of its user went back since they stood in front together."""
        waiting = self._waiting.get(owed.key)
        return waiting is not None and waiting[0].position < owed.position

    def joins(self, owed: Owed) -> None:
        """The first who waits goes along with those in front: they travel in one batch."""
        waiting = self._waiting[owed.key]
        waiting.popleft()
        if not waiting:
            del self._waiting[owed.key]
        self._front[owed.key].append(owed)
        self._count(owed)

    def leaves(self, owed: Owed) -> None:
        """One who waits will not be sent any more."""
        waiting = self._waiting[owed.key]
        waiting.remove(owed)
        if not waiting:
            del self._waiting[owed.key]

    def restore(self, owed: Owed, clock: float, *, waits: bool) -> bool:
        """Take over an event of an earlier process, earlier ones first; whether it waits on."""
        if self.ordering == "none" or not owed.key:
            return False
        if waits and owed.key in self._front:
            self._waiting.setdefault(owed.key, deque()).append(owed)
            return True
        self._front.setdefault(owed.key, []).append(owed)
        if not owed.parked.issubset(owed.rests):  # else it never failed, as far as is known
            self.fails(owed, clock)
        return False

    def everybody(self) -> Iterator[Owed]:
        """All who wait, whom nothing holds any more."""
        waiting = list(self.waiters())
        self.forget()
        yield from waiting

    def forget(self) -> None:
        """Nobody will be sent any more."""
        self._waiting.clear()
        self._front.clear()
        self._holds.clear()
        self._overtaken.clear()
        self._passers.clear()

    def waiters(self) -> Iterator[Owed]:
        """All who wait."""
        for each in self._waiting.values():
            yield from each

    def change(self, ordering: str, clock: float) -> list[Owed]:
        """Another order from now on; who need not wait any more for that."""
        before, self.ordering = self.ordering, cast("Ordering", ordering)
        if before == ordering:
            return []
        self._holds.clear()
        for owed in [each for front in self._front.values() for each in front if each.parked]:
            self.fails(owed, clock)
        return list(self.everybody()) if ordering == "none" else []

    def _pass(self, owed: Owed) -> Iterator[Owed]:
        front = self._front.get(owed.key)
        if front is None or owed not in front:
            return
        front.remove(owed)
        self._overtaken.setdefault(owed.key, []).append(owed)
        if let := self._behind(front, owed.key):
            yield let

    def _behind(self, front: list[Owed], key: str) -> Owed | None:
        """Who may go as one who stood in front does not any more.

        Those who are left there may be the second half of a batch that has yet to go out: who
        stepped back out of the first half is before them.
        """
        if not front:
            return self._next(key)
        waiting = self._waiting.get(key)
        if not waiting or waiting[0].position > front[0].position:
            return None
        first = waiting[0]
        self.leaves(first)
        front.insert(0, first)
        self._count(first)
        return first

    def _lets(self, owed: Owed) -> None:
        """An event goes; past an earlier one of its user, if one was left behind."""
        self._front[owed.key] = [owed]
        self._count(owed)

    def _count(self, owed: Owed) -> None:
        overtaken = self._overtaken.get(owed.key)
        if overtaken is not None and any(each.position < owed.position for each in overtaken):
            self._passes(owed)

    def _passes(self, owed: Owed) -> None:
        """Each event is counted once, however many it passes and however often it is tried."""
        self.counters["passed"] += owed not in self._passers
        self._passers.add(owed)

    def _next(self, key: str) -> Owed | None:
        waiting = self._waiting.get(key)
        if not waiting:
            del self._front[key]
            return None
        let = waiting.popleft()
        if not waiting:
            del self._waiting[key]
        self._lets(let)
        return let

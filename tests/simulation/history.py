"""What appenders were told and what readers saw, and whether all of it can be true at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from headgate.log.port import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.log.port import Appended, Stored


class Copy(NamedTuple):
    """One copy of a message on its way in; `mark` tells it from every other copy."""

    source: int
    message_id: str
    mark: bytes


class Kept(NamedTuple):
    """What a position names."""

    source: int
    message_id: str
    mark: bytes
    verdict: Verdict


class Broken(AssertionError):
    """An invariant of data-path section 8 does not hold."""


class History:
    """Invariants 1 to 3 of data-path section 8, over everything that was ever observed.

    Acknowledged is visible for ever, what was visible stays as it was, and among the stored copies
    of a message the first one counts and no other.
    """

    def __init__(self) -> None:
        self._acknowledged: dict[int, Kept] = {}
        self._last = -1
        self._seen: dict[int, Kept] = {}
        self._refused: set[bytes] = set()
        self._buried: set[bytes] = set()

    @property
    def acknowledged(self) -> int:
        return len(self._acknowledged)

    @property
    def seen(self) -> int:
        return len(self._seen)

    def told(self, batch: list[Copy], appended: Appended) -> None:
        """An append was acknowledged; what was refused before it can never come back.

        Until then a restart may find it whole on the disk and keep it: nobody can tell then that
        it was refused, and a client that tries again meets a duplicate.
        """
        if appended.first <= self._last:
            raise Broken(f"{appended.first} was acknowledged after {self._last}")
        for index, (copy, verdict) in enumerate(zip(batch, appended.verdicts, strict=True)):
            self._last = appended.first + index
            self._acknowledged[self._last] = Kept(*copy, Verdict(verdict))
        self._buried |= self._refused - {kept.mark for kept in self._seen.values()}
        self._refused.clear()

    def refused(self, batch: list[Copy]) -> None:
        self._refused.update(copy.mark for copy in batch)

    def saw(self, stored: Iterable[Stored], head: int) -> None:
        """A reader met these events, in this order, somewhere in the log."""
        before = -1
        for event in stored:
            if not before < event.position < head:
                raise Broken(f"{event.position} after {before}, with the head at {head}")
            before = event.position
            if event.record is None:
                raise Broken(f"{event.position} has lost its record")
            record = event.record
            kept = Kept(record.source, record.message_id, record.original, event.verdict)
            if self._seen.setdefault(event.position, kept) != kept:
                raise Broken(f"{event.position} was {self._seen[event.position]}, now {kept}")

    def saw_all(self, stored: Iterable[Stored], head: int) -> None:
        """A reader read the log from its beginning to its head."""
        log = list(stored)
        self.saw(log, head)
        visible = {event.position for event in log}
        if lost := self._seen.keys() - visible:
            raise Broken(f"{sorted(lost)} were visible and are not any more")
        if lost := self._acknowledged.keys() - visible:
            raise Broken(f"{sorted(lost)} were acknowledged and are not visible")
        for position, kept in self._acknowledged.items():
            if self._seen[position] != kept:
                raise Broken(f"{position} was acknowledged as {kept}, is {self._seen[position]}")
        self._check_copies([self._seen[event.position] for event in log])

    def _check_copies(self, kept: list[Kept]) -> None:
        marks = [copy.mark for copy in kept]
        if len(set(marks)) < len(marks):
            raise Broken("one copy is stored at two positions")
        if risen := self._buried.intersection(marks):
            raise Broken(f"{sorted(risen)} were refused, and became visible after a later append")
        first: set[tuple[int, str]] = set()
        for copy in kept:
            message = (copy.source, copy.message_id)
            expected = Verdict.DUPLICATE if message in first else Verdict.LIVE
            if copy.verdict is not expected:
                raise Broken(f"{copy} should be {expected.name}")
            first.add(message)

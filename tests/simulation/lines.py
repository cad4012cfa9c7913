"""The events of each user on their way to a connection, in the order in which they came."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING

from headgate.deliver.claiming import WAITS
from tests.simulation.fates import Sent
from tests.simulation.history import Broken
from tests.simulation.receiver import Owed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headgate.ledger.memory import Tables
    from tests.simulation.books import Books, Known
    from tests.simulation.fates import Moment


class Line:
    """`places` are the positions of the user's events, and grow; what is finished stays so."""

    def __init__(self, places: Sequence[int]) -> None:
        self._places = places
        self._first = 0

    def ahead(self, position: int, is_finished: Callable[[int], bool]) -> list[int]:
        """Those before `position` that are not finished."""
        upto = bisect_left(self._places, position)
        while self._first < upto and is_finished(self._places[self._first]):
            self._first += 1
        return [at for at in self._places[self._first : upto] if not is_finished(at)]


class Lines:
    """Invariant 10 of data-path section 8; `hold` is how long somebody waits for another."""

    def __init__(self, books: Books, hold: float) -> None:
        self._books, self._hold = books, hold
        self.places: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
        """(source, user) -> positions."""
        self.passed = 0
        self._lines: dict[tuple[int, str], Line] = {}
        self._passers: set[tuple[int, int]] = set()
        """(connection, position) that was sent although somebody was before it."""

    def began_again(self) -> None:
        self.places.clear()
        self._lines.clear()

    def recovered(self, tables: Tables) -> None:
        """A new process knows of a pass only by the passer's row, and counts that one no more.

        Who was claimed and in no row, or is to wait again, has yet to pass, and is counted anew.
        """
        waits = {(row.lane, row.position) for row in tables.parked.values() if row.reason == WAITS}
        opened = {(lane, position) for lane, _, position in tables.opened}
        self._passers &= opened - waits
        self._lines.clear()

    def check(self, connection: int, position: int, together: Sequence[int], now: Moment) -> None:
        """Nobody of the same user is ahead and unfinished, or the hold is over.

        Where deliveries end without an attempt, a follower may go before that is committed.
        """
        books = self._books
        ordering = books.plans.ordering(connection)
        if connection in books.loose or ordering == "none":
            return
        if self._is_over(connection, position):
            return
        known = books.known[position]
        line = self._line(connection, known)
        before = together[: together.index(position)]
        mine = [at for at in before if books.known[at].user == known.user]
        if any(at > position and (connection, at) not in self._passers for at in mine):
            raise Broken(f"{known} came behind a later one of its user in one request")
        if (connection, position) in self._passers:
            return
        ahead = line.ahead(position, lambda at: self._is_finished(connection, at))
        if blockers := [at for at in ahead if at not in before]:
            self._may_pass(connection, known, blockers, ordering, now)
            self._passers.add((connection, position))
            self.passed += 1

    def _line(self, connection: int, known: Known) -> Line:
        line = self._lines.get((connection, known.user))
        if line is None:
            places = self.places[known.source, known.user]
            line = self._lines[connection, known.user] = Line(places)
        return line

    def _is_over(self, lane: int, position: int) -> bool:
        """Closed once, whatever was asked for afterwards."""
        return not self._books.is_owed(lane, position) or (lane, position) in self._books.redriven

    def _is_finished(self, lane: int, position: int) -> bool:
        books = self._books
        return self._is_over(lane, position) or not books.plans.wants(
            lane, books.known[position].message
        )

    def _may_pass(
        self, lane: int, known: Known, blockers: list[int], ordering: str, now: Moment
    ) -> None:
        for at in blockers:
            failed = self._failed_at(lane, at)
            told = f"{known} of connection {lane} passed {self._books.known[at]} ({ordering})"
            if ordering == "strict":
                raise Broken(told)
            if failed is None or now.seconds - failed < self._hold:
                raise Broken(f"{told}, which failed at {failed}, now {now.seconds}")

    def _failed_at(self, lane: int, position: int) -> float | None:
        """When the first of its deliveries failed."""
        message = self._books.known[position].message
        fates = [
            self._books.fates.of.get(Sent(Owed(lane, subscription, message)))
            for subscription in self._books.plans.wants(lane, message)
        ]
        times = [each.failed_at for each in fates if each and each.failed_at is not None]
        return min(times, default=None)

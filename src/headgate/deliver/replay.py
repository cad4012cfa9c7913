"""What a replay selects, and what of it has been delivered already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from headgate.route.selection import NOT_SELECTED, STILL_OWED, Selection, left

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from headgate.deliver.events import Event
    from headgate.ledger.port import Ledger


class Owing(Protocol):
    """The live lane of the connection, as far as a replay must know it."""

    @property
    def frontier(self) -> int: ...

    def owed_between(self, low: int, high: int) -> frozenset[int]:
        """Positions in [low, high) that were claimed and not closed."""
        ...

    def finished_between(self, low: int, high: int) -> list[tuple[int, int]]:
        """The ranges in [low, high) beyond the frontier that an earlier process finished."""
        ...

    def is_open(self, position: int) -> bool: ...


class Terms(NamedTuple):
    """What was asked for; `rate` is in deliveries a second, `again` names the repetition."""

    selection: Selection
    only: Literal["failed", "all"]
    rate: float | None
    again: int

    @classmethod
    def of(cls, args: Mapping[str, Any], number: int) -> Terms:
        """Read the arguments of a command; `number` is the command's own."""
        again = number if args.get("again") else 0
        return cls(Selection.of(args), args.get("only", "all"), args.get("rate"), again)


class Replay:
    """Of one lane: looks at each frame what is left to be sent of it.

    `lanes` are all lanes of the connection. What its `live` lane or another replay of it, of
    `others`, has yet to deliver is left to it, also when it has done so before this one comes to
    the event.
    """

    def __init__(
        self,
        terms: Terms,
        ledger: Ledger,
        lanes: frozenset[int],
        live: Owing,
        others: Callable[[], Iterable[Owing]] = tuple,
    ) -> None:
        self.terms = terms
        self._ledger, self._lanes = ledger, lanes
        self._live, self._others = live, others
        self._was_owed: frozenset[int] = frozenset()
        self._owed_from = 0
        self._finished: list[tuple[int, int]] = []
        self._next_at = 0.0
        self._delivered: frozenset[tuple[int, str]] = frozenset()
        self._tried: frozenset[tuple[int, str]] = frozenset()

    def enter(self, first: int, after: int) -> None:
        """Positions from `first` to before `after` will be asked about."""
        lanes = self._lanes
        self._owed_from = self._live.frontier
        self._finished = self._live.finished_between(first, after)
        others = () if self.terms.again else self._others()  # a repetition stands for itself
        self._was_owed = frozenset().union(
            *(each.owed_between(first, after) for each in (self._live, *others))
        )
        if not self.terms.again or self.terms.only == "failed":
            self._delivered = self._ledger.delivered(lanes, 0, first, after)
        if self.terms.only == "failed":
            self._tried = self._ledger.tried(lanes, 0, first, after)

    def pace(self, now: float) -> float:
        """Seconds until the next delivery may start at the rate asked for; 0 takes a turn."""
        if self.terms.rate is None:
            return 0.0
        if now < self._next_at:
            return self._next_at - now
        self._next_at = max(self._next_at, now - 1) + 1 / self.terms.rate
        return 0.0

    def sent(self, deliveries: int) -> None:
        """A request had more deliveries than the one that took its turn."""
        if self.terms.rate is not None:
            self._next_at += (deliveries - 1) / self.terms.rate

    def refusal(self, event: Event) -> str:
        """Why an event is no part of the replay; empty when it is."""
        selection = self.terms.selection
        if not selection.covers(event.record.received_at):
            return NOT_SELECTED
        if self._is_still_owed(event.position):
            return STILL_OWED
        if self._live.is_open(event.position):  # sent again by somebody since
            return STILL_OWED
        return "" if selection.selects(event.completed) else NOT_SELECTED

    def _is_still_owed(self, position: int) -> bool:
        """Claimed and not closed, or ahead; what an earlier process finished there is neither."""
        if position in self._was_owed:
            return True
        is_finished = any(low <= position < high for low, high in self._finished)
        return position >= self._owed_from and not is_finished

    def left(self, position: int, wanted: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
        """The subscriptions that are to get the event, or why none is."""
        return left(
            position,
            wanted,
            delivered=self._delivered,
            tried=self._tried,
            only=self.terms.only,
            again=bool(self.terms.again),
        )

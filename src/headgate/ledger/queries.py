"""What can be asked of a ledger: which dead letters, which attempts, which counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headgate.ledger.port import Attempt, Letter


class LetterMark(NamedTuple):
    """Where a list of dead letters, newest first, was broken off: the last one that was given."""

    at: int
    lane: int
    id: int


class LetterFilter(NamedTuple):
    """Which dead letters are meant: those of `lanes` that meet everything that is not None.

    `since` and `until` are milliseconds since 1970, the second exclusive; only letters with a
    number above `after` are given, at most `limit` of them: oldest first, by their numbers, or
    newest first, by their times, where a list goes on behind `before`. Numbers tell the letters
    of one deliver process apart.
    """

    lanes: frozenset[int]
    reason: str | None = None
    status: int | None = None
    subscription: str | None = None
    since: int | None = None
    until: int | None = None
    message_ids: frozenset[str] | None = None
    is_redriven: bool | None = None
    after: int = 0
    limit: int = 1000
    newest_first: bool = False
    before: LetterMark | None = None

    def means(self, row: Letter) -> bool:
        """Whether a letter is one of those; the limit aside."""
        letter = row.letter
        return (
            letter.lane in self.lanes
            and row.id > self.after
            and self.reason in (None, letter.reason)
            and self.status in (None, letter.status)
            and self.subscription in (None, letter.subscription)
            and (self.since is None or letter.at >= self.since)
            and (self.until is None or letter.at < self.until)
            and (self.message_ids is None or letter.message_id in self.message_ids)
            and self.is_redriven in (None, row.redriven_at is not None)
            and (self.before is None or letter_mark(row) < self.before)
        )


def letter_mark(row: Letter) -> LetterMark:
    """The place of a letter among all, by when it was given up."""
    return LetterMark(row.letter.at, row.letter.lane, row.id)


class Mark(NamedTuple):
    """Where a list of attempts, newest first, was broken off: the last one that was given."""

    at: int
    partition: int
    position: int
    lane: int
    subscription: str
    n: int


class AttemptFilter(NamedTuple):
    """Which attempts are meant: those that meet everything that is not None.

    `places` are (partition, position), `statuses` from the first to below the second; `since` and
    `until` are milliseconds since 1970, the second exclusive. A list goes on behind `after`.
    """

    lanes: frozenset[int] | None = None
    places: frozenset[tuple[int, int]] | None = None
    statuses: tuple[int, int] | None = None
    outcome: str | None = None
    subscription: str | None = None
    since: int | None = None
    until: int | None = None
    after: Mark | None = None
    limit: int = 100

    def means(self, n: int, attempt: Attempt) -> bool:
        """Whether an attempt is one of those; the limit aside."""
        low, high = self.statuses or (None, None)
        status = attempt.status
        return (
            (self.lanes is None or attempt.lane in self.lanes)
            and (self.places is None or (attempt.partition, attempt.position) in self.places)
            and (low is None or (status is not None and low <= status < (high or 0)))
            and self.outcome in (None, attempt.outcome)
            and self.subscription in (None, attempt.subscription)
            and (self.since is None or attempt.at >= self.since)
            and (self.until is None or attempt.at < self.until)
            and (self.after is None or mark(n, attempt) < self.after)
        )


class Found(NamedTuple):
    """(n, attempt), newest first; `more` goes into the filter for the next ones, if there are."""

    attempts: Sequence[tuple[int, Attempt]]
    more: Mark | None


def mark(n: int, attempt: Attempt) -> Mark:
    """The place of an attempt in the order of all attempts."""
    partition, position, lane, subscription = attempt[:4]
    return Mark(attempt.at, partition, position, lane, subscription, n)


PERIODS = {"minute": 1, "hour": 60, "day": 1440}
"""How many minutes a point of a series covers."""

GROUPS = ("lane", "class", "reason", "event_type", "event_name")
"""What the counts of a series can be told apart by."""


class Point(NamedTuple):
    """Counts of one period, which begins at `at` (ms since 1970), and of one group.

    `group` has a value for each name that was asked for; `latencies` counts by `LATENCIES_MS`.
    """

    at: int
    group: tuple[str | int, ...]
    n: int
    latencies: tuple[int, ...]


class SeriesQuery(NamedTuple):
    """What of the series is asked: events of `lanes` that ended in [since, until), in ms.

    Both times are widened to whole periods. What ended longer ago is known by the hour or by the
    day only, and is counted at the beginning of that: so no count is missed or given twice by
    queries that adjoin.
    """

    lanes: frozenset[int]
    since: int
    until: int
    granularity: str = "minute"
    group_by: tuple[str, ...] = ("class",)

    def check(self) -> None:
        """Raise `ValueError` for what series do not tell apart."""
        if unknown := set(self.group_by) - set(GROUPS):
            raise ValueError(f"series are not grouped by {', '.join(sorted(unknown))}")
        if self.granularity not in PERIODS:
            raise ValueError(f"series have no granularity {self.granularity!r}")

    @property
    def minutes(self) -> tuple[int, int]:
        """The first minute, and the one behind the last."""
        size = PERIODS[self.granularity]
        low, high = self.since // 60_000, -(-self.until // 60_000)
        return low // size * size, -(-high // size) * size

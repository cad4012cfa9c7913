"""Usage: how many events came in since a month began, day by day."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from headgate.control.errors import Invalid, Problem
from headgate.control.observing.receipts import receipts
from headgate.events.times import parse_ms
from headgate.store.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.control.work import Work
    from headgate.store.records import SourceRecord

DAY_MS = 86_400_000


class OfDay(NamedTuple):
    """Events from the beginning of the month to the end of the day that begins at `day`, in ms.

    `source` is None for all sources together.
    """

    day: int
    events: int
    source: SourceRecord | None = None


def daily(work: Work, period: str | None) -> list[OfDay]:
    """Of all sources that there are now. Raises Invalid or Forbidden."""
    work.check("read", "workspace")
    sources = Sources(work.transaction, work.workspace.id).all()
    return [OfDay(day, sum(sums.values())) for day, sums in _days(work, period, sources)]


def daily_of_sources(work: Work, period: str | None) -> list[OfDay]:
    """Of each source that the actor may see, by day and number. Raises Invalid or Forbidden."""
    work.check_somewhere("read", "source")
    found = Sources(work.transaction, work.workspace.id).all()
    sources = [each for each in found if work.may_see(each)]
    days = _days(work, period, sources)
    return [OfDay(day, sums[each.number], each) for day, sums in days for each in sources]


def _days(
    work: Work, period: str | None, sources: Iterable[SourceRecord]
) -> list[tuple[int, Counter[int]]]:
    """Sums by source number, for each day of the month that has begun."""
    low, high = _month(period)
    edges = list(range(low, high + 1, DAY_MS))
    begun = [day for day in edges[:-1] if day <= work.now]
    if not begun:
        return []
    numbers = {each.number for each in sources}
    counts = [
        Counter({number: n for number, n in each.items() if number in numbers})
        for each in receipts(work, edges[: len(begun) + 1], "period")
    ]
    return list(zip(begun, accumulate(counts), strict=True))


def _month(period: str | None) -> tuple[int, int]:
    """From the day that is given to the same day of the next month, in ms. Raises Invalid."""
    at = parse_ms(period)
    if at is None or at < 0:
        told = "must be the day on which a month begins, such as 2026-11-01"
        raise Invalid([Problem("period", told)])
    first = datetime.fromtimestamp(at // 1000, UTC).date()
    return _ms(first), _ms(_month_later(first))


def _month_later(first: date) -> date:
    """The same day of the next month, or the day after it where that has no such day."""
    years, month = divmod(first.month, 12)
    try:
        return first.replace(year=first.year + years, month=month + 1)
    except ValueError:
        return date(first.year + years, month + 2, 1)


def _ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000

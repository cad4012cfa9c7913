"""Series of counts as a ledger file holds them: minutes, and older hours and days."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from headgate.ledger.port import LATENCIES_MS
from headgate.ledger.queries import (
    PERIODS,
    Point,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headgate.ledger.queries import SeriesQuery

_TABLES = ("series", "series_hours", "series_days")
_SUMS = """sum(le_10) as le_10, sum(le_30) as le_30, sum(le_100) as le_100, sum(le_300) as le_300,
    sum(le_1000) as le_1000, sum(le_3000) as le_3000, sum(le_10000) as le_10000,
    sum(slower) as slower"""
_OF_TABLE = """select minute / :size * :size as first, lane, class, reason, event_type, event_name,
    le_10, le_30, le_100, le_300, le_1000, le_3000, le_10000, slower from {table}
    where lane in (select value from json_each(:lanes)) and minute >= :low and minute < :high"""
_QUERY: Final = """select first, {groups} {sums} from ({rows}) as counted
    group by first {names} order by 1 {names}"""


def points(connection: Any, query: SeriesQuery) -> list[Point]:
    """Every count is in one table only, so one statement misses none and has none twice."""
    query.check()
    low, high = query.minutes
    values = {
        "size": PERIODS[query.granularity],
        "low": low,
        "high": high,
        "lanes": json.dumps(sorted(query.lanes)),
    }
    text = _QUERY.format(
        groups="".join(f"{name}, " for name in query.group_by),
        names="".join(f", {name}" for name in query.group_by),
        sums=_SUMS,
        rows=" union all ".join(_OF_TABLE.format(table=table) for table in _TABLES),
    )
    width = 1 + len(query.group_by)
    return [
        Point(row[0] * 60_000, tuple(row[1:width]), sum(row[width:]), tuple(row[width:]))
        for row in connection.execute(text, values)
    ]


def merged(found: Iterable[Point]) -> list[Point]:
    """Points of several files: lanes of one connection stand in one, others need not."""
    sums: dict[tuple[int, tuple[str | int, ...]], Point] = {}
    for point in found:
        key = point[:2]
        known = sums.get(key)
        sums[key] = (
            point
            if known is None
            else known._replace(
                n=known.n + point.n,
                latencies=tuple(map(sum, zip(known.latencies, point.latencies, strict=True))),
            )
        )
    return [point for _, point in sorted(sums.items())]


def percentile(latencies: Sequence[int], share: float) -> int | None:
    """An estimate of the latency in ms that `share` of the events did not exceed.

    Within a bucket of `LATENCIES_MS` it is taken as evenly spread; beyond the last edge all that
    is known is that edge. None where there are no events.
    """
    rank, low = share * sum(latencies), 0
    if not rank:
        return None
    for edge, n in zip(LATENCIES_MS, latencies, strict=False):
        if n and rank <= n:
            return round(low + (edge - low) * rank / n)
        rank, low = rank - n, edge
    return LATENCIES_MS[-1]

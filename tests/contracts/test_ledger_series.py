from __future__ import annotations

from random import Random, SystemRandom
from typing import TYPE_CHECKING

import pytest

from headgate.ages import Ages
from headgate.ledger.port import (
    LATENCIES_MS,
    SeriesKey,
    Share,
    Tick,
)
from headgate.ledger.queries import (
    PERIODS,
    Point,
    SeriesQuery,
)
from headgate.ledger.series import percentile
from tests.contracts.ledgers import NOON, begun, lane, parked, place

if TYPE_CHECKING:
    from tests.contracts.ledgers import Bench

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
BUCKETS = len(LATENCIES_MS) + 1
START = NOON // DAY * DAY
ALL = frozenset({1, 2})


def counted(
    bench: Bench, at: int, n: int = 1, *, cls: str = "delivered", reason: str = "", number: int = 1
) -> None:
    key = SeriesKey(number, at // MINUTE, cls, reason, "track", "Paid")
    bench.ledger.commit(Tick(series={key: [n, *[0] * (BUCKETS - 1)]}))


def two_lanes(bench: Bench) -> None:
    begun(bench)
    bench.ledger.commit(Tick(lanes=[lane(2)], places=[place(2)]))


def numbers(points: list[Point]) -> list[tuple[int, tuple[str | int, ...], int]]:
    return [(point.at - START, point.group, point.n) for point in points]


def test_counts_are_grouped_as_they_are_asked_for(bench: Bench) -> None:
    two_lanes(bench)
    counted(bench, START, 2)
    counted(bench, START + MINUTE, 3, cls="dead_lettered", reason="http_400")
    counted(bench, START + MINUTE, 5, cls="dead_lettered", reason="http_404", number=2)
    query = SeriesQuery(ALL, START, START + HOUR, "hour")
    ask = bench.reader.series
    assert numbers([*ask(query)]) == [(0, ("dead_lettered",), 8), (0, ("delivered",), 2)]
    assert numbers([*ask(query._replace(group_by=()))]) == [(0, (), 10)]
    assert numbers([*ask(query._replace(group_by=("reason", "lane")))]) == [
        (0, ("", 1), 2),
        (0, ("http_400", 1), 3),
        (0, ("http_404", 2), 5),
    ]
    by_minute = query._replace(granularity="minute", group_by=("event_type", "event_name"))
    assert numbers([*ask(by_minute)]) == [
        (0, ("track", "Paid"), 2),
        (MINUTE, ("track", "Paid"), 8),
    ]
    one = query._replace(lanes=frozenset({2}))
    assert numbers([*ask(one)]) == [(0, ("dead_lettered",), 5)]


def test_times_are_widened_to_whole_periods(bench: Bench) -> None:
    two_lanes(bench)
    for hour in range(4):
        counted(bench, START + hour * HOUR + 30 * MINUTE, 1 + hour)
    query = SeriesQuery(ALL, START + HOUR + 45 * MINUTE, START + 2 * HOUR + 1, "hour", ())
    assert numbers([*bench.reader.series(query)]) == [(HOUR, (), 2), (2 * HOUR, (), 3)]
    exact = query._replace(since=START + HOUR, until=START + 2 * HOUR)
    assert numbers([*bench.reader.series(exact)]) == [(HOUR, (), 2)]


def test_no_query_misses_or_doubles_a_count_whatever_has_been_rolled_up(bench: Bench) -> None:
    """Queries that adjoin share out the counts, before, while and after they are rolled up."""
    seed = SystemRandom().randrange(1 << 32)
    print(f"SEED={seed}")  # noqa: T201 - to run a failure again
    rng = Random(seed)  # noqa: S311
    two_lanes(bench)
    total = 0
    for _ in range(60):
        n = rng.randint(1, 9)
        counted(bench, START + rng.randrange(40 * DAY), n, number=rng.choice([1, 2]))
        total += n
    now = START + 41 * DAY
    is_left = True
    while is_left:
        is_left = bench.ledger.sweep(now, Ages())
        for granularity, size in PERIODS.items():
            cut = START + rng.randrange(40 * DAY) // (size * MINUTE) * size * MINUTE
            sides = [(START, cut), (cut, START + 40 * DAY)]
            found = [
                sum(
                    point.n
                    for point in bench.reader.series(
                        SeriesQuery(ALL, since, until, granularity, ("class", "lane"))
                    )
                )
                for since, until in sides
            ]
            assert sum(found) == total, f"{seed=} {granularity=} {cut=} {found=}"


def test_series_are_not_grouped_by_what_they_do_not_have(bench: Bench) -> None:
    begun(bench)
    query = SeriesQuery(ALL, START, START + HOUR, group_by=("id; drop table series",))
    with pytest.raises(ValueError, match="not grouped by"):
        bench.reader.series(query)


def test_the_share_of_dead_letters_is_among_events_that_were_sent(bench: Bench) -> None:
    two_lanes(bench)
    counted(bench, START, 90)
    counted(bench, START, 50, cls="filtered", reason="a rule")
    counted(bench, START + MINUTE, 4, cls="dead_lettered", reason="http_400")
    counted(bench, START + MINUTE, 6, cls="discarded", reason="expired")
    counted(bench, START + MINUTE, 7, number=2)
    assert bench.ledger.shares(START) == {1: Share(4, 100), 2: Share(0, 7)}
    assert bench.ledger.shares(START + MINUTE) == {1: Share(4, 10), 2: Share(0, 7)}
    assert bench.ledger.shares(START + HOUR) == {}


def test_deliveries_that_wait_are_counted_for_each_lane(bench: Bench) -> None:
    two_lanes(bench)
    assert bench.reader.waiting() == {}
    rows = [parked(5), parked(5, "b"), parked(6), parked(6)._replace(lane=2)]
    bench.ledger.commit(Tick(parked=rows))
    assert bench.reader.waiting() == {1: 3, 2: 1}


@pytest.mark.parametrize(
    ("latencies", "share", "expected"),
    [
        ([0] * BUCKETS, 0.5, None),
        ([100, *[0] * 7], 0.5, 5),
        ([100, *[0] * 7], 0.95, 10),
        ([50, 50, *[0] * 6], 0.5, 10),
        ([50, 50, *[0] * 6], 0.75, 20),
        ([0, 0, 0, 0, 100, 0, 0, 0], 0.5, 650),
        ([0, 0, 0, 0, 0, 0, 0, 9], 0.5, 10_000),
        ([99, 0, 0, 0, 0, 0, 0, 1], 0.99, 10),
        ([98, 0, 0, 0, 0, 0, 0, 2], 0.99, 10_000),
    ],
)
def test_percentiles_are_estimated_from_the_buckets(
    latencies: list[int], share: float, expected: int | None
) -> None:
    assert percentile(latencies, share) == expected

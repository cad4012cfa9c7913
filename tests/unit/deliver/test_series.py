from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import pytest

from headgate.deliver import series as counting
from headgate.deliver.events import Event
from headgate.deliver.owed import Delivery
from headgate.deliver.retry_policy import Next
from headgate.deliver.series import Series
from headgate.ledger.port import LATENCIES_MS, LONGEST_NAME, OTHER, SeriesKey, Tick
from tests.simulation.world import Clock
from tests.unit.deliver.lanes import NOW, record

if TYPE_CHECKING:
    from headgate.deliver.lane import Lane

MINUTE = 60_000
START = NOW // MINUTE * MINUTE


class _Numbered(NamedTuple):
    id: int


def counted(
    series: Series, tick: Tick, name: str, *, now: int = NOW, lane: int = 1, cls: str = "delivered"
) -> None:
    event = Event(1, record(name), None, "source-id")
    delivery = Delivery(cast("Lane", _Numbered(lane)), event, "all")
    series.delivery(tick, delivery, Next(cls, "", 1), now)


def key(name: str, *, minute: int = NOW // MINUTE, lane: int = 1) -> SeriesKey:
    return SeriesKey(lane, minute, "delivered", "", "track", name)


def test_each_minute_lane_class_and_name_has_its_own_counts() -> None:
    series, tick = Series(Clock()), Tick()
    for name in ("Seen", "Seen", "Paid"):
        counted(series, tick, name)
    counted(series, tick, "Seen", now=NOW + MINUTE)
    counted(series, tick, "Seen", now=NOW + MINUTE, lane=2)
    counted(series, tick, "Seen", now=NOW + MINUTE, cls="dead_lettered")
    minute = NOW // MINUTE
    assert {each: sum(counts) for each, counts in tick.series.items()} == {
        key("Seen"): 2,
        key("Paid"): 1,
        key("Seen", minute=minute + 1): 1,
        key("Seen", minute=minute + 1, lane=2): 1,
        key("Seen", minute=minute + 1)._replace(cls="dead_lettered"): 1,
    }


@pytest.mark.parametrize(
    ("age", "bucket"),
    [(-5, 0), (0, 0), (10, 0), (11, 1), (1000, 4), (1001, 5), (10_000, 6), (10_001, 7)],
)
def test_the_age_of_an_event_falls_into_the_bucket_of_its_upper_edge(age: int, bucket: int) -> None:
    series, tick = Series(Clock()), Tick()
    counted(series, tick, "Seen", now=NOW + age)
    (counts,) = tick.series.values()
    assert len(counts) == len(LATENCIES_MS) + 1
    assert counts.index(1) == bucket


def test_beyond_many_names_a_minute_the_rest_share_one_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(counting, "MOST_NAMES", 3)
    series, tick = Series(Clock()), Tick()
    for n in range(10):
        counted(series, tick, f"name {n}", now=START)
    counted(series, tick, "name 0", now=START)
    counted(series, tick, "name 9", now=START, lane=2)
    counted(series, tick, "name 9", now=START + MINUTE)
    rows = {(each.lane, each.minute - START // MINUTE, each.event_name) for each in tick.series}
    assert rows == {
        *((1, 0, f"name {n}") for n in range(3)),
        (1, 0, OTHER),
        (2, 0, "name 9"),
        (1, 1, "name 9"),
    }


def test_a_long_name_is_cut() -> None:
    series, tick = Series(Clock()), Tick()
    counted(series, tick, "x" * 5000)
    (each,) = tick.series
    assert each.event_name == "x" * LONGEST_NAME

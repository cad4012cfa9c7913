"""What may be asked for: by the minute little and lately, by the day much and long ago."""

from __future__ import annotations

import pytest

from headgate.clock import iso
from headgate.control.errors import Invalid
from headgate.control.observing.windows import OVERVIEW, SUMMARY, Asked, Limits, Window, window

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
NOW = 1_790_000_000_123

LIMITS = [
    (OVERVIEW, "MINUTE", 4 * HOUR, 48 * HOUR, MINUTE),
    (OVERVIEW, "HOUR", 14 * DAY, 30 * DAY, HOUR),
    (OVERVIEW, "DAY", 30 * DAY, 30 * DAY, DAY),
    (SUMMARY, "MINUTE", 4 * HOUR, 48 * HOUR, MINUTE),
    (SUMMARY, "HOUR", 7 * DAY, 7 * DAY, HOUR),
    (SUMMARY, "DAY", 14 * DAY, 14 * DAY, DAY),
]


def asked(limits: Limits, granularity: str, since: int, until: int) -> Window:
    return window(limits, NOW, Asked(granularity, iso(since), iso(until)))


def faults(limits: Limits, *words: str | None) -> list[str]:
    with pytest.raises(Invalid) as refused:
        window(limits, NOW, Asked(*words))
    return [each.path for each in refused.value.problems]


@pytest.mark.parametrize(("limits", "granularity", "longest", "reach", "size"), LIMITS)
def test_a_window_is_as_long_and_as_far_back_as_its_granularity_allows(
    limits: Limits, granularity: str, longest: int, reach: int, size: int
) -> None:
    first = NOW - reach
    found = asked(limits, granularity, first, first + longest)
    assert found.edges[0] == found.since <= first < found.since + size
    assert found.edges[-1] == found.until >= first + longest > found.until - size
    assert {later - each for each, later in zip(found.edges, found.edges[1:], strict=False)} == {
        size
    }
    long = iso(first), iso(first + longest + 1)
    assert faults(limits, granularity, *long) == ["endTime"]
    early = first // size * size - 1
    assert faults(limits, granularity, iso(early), iso(early + HOUR)) == ["startTime"]


def test_whole_periods_stay_as_they_are() -> None:
    begin = NOW // HOUR * HOUR
    found = asked(OVERVIEW, "HOUR", begin, begin + 2 * HOUR)
    assert found == Window("hour", begin, begin + 2 * HOUR)
    assert found.edges == [begin, begin + HOUR, begin + 2 * HOUR]


def test_what_is_no_window_is_refused() -> None:
    good = iso(NOW - HOUR), iso(NOW)
    for unknown in (None, "", "WEEK", "minute"):
        assert faults(OVERVIEW, unknown, *good) == ["granularity"]
    assert faults(OVERVIEW, "HOUR", None, "yesterday") == ["startTime", "endTime"]
    assert faults(OVERVIEW, "HOUR", good[0], good[0]) == ["endTime"]
    assert faults(OVERVIEW, "HOUR", good[1], good[0]) == ["endTime"]


def test_a_summary_has_usual_windows() -> None:
    for granularity, usual in (
        (None, HOUR),
        ("MINUTE", HOUR),
        ("HOUR", 7 * DAY),
        ("DAY", 14 * DAY),
    ):
        found = window(SUMMARY, NOW, Asked(granularity, None, None))
        assert found.since <= NOW - usual < found.since + found.size
        assert found.until - found.size < NOW <= found.until

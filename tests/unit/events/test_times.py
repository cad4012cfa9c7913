"""Times of clients, and the correction of their clocks."""

from __future__ import annotations

import pytest

from headgate.clock import iso
from headgate.events.times import corrected, parse_ms

MOMENT = 1795332032663


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T07:20:32.663Z",
        "2026-11-22T07:20:32.663+00:00",
        "2026-11-22T08:20:32.663+01:00",
        "2026-11-22T07:20:32.663",
        "2026-11-22 07:20:32.663",
        "2026-11-22T07:20:32.663000Z",
        "2026-11-22T07:20:32.663000000Z",
        "2026-11-22T07:20:32.663" + "0" * 1000 + "Z",
        " 2026-11-22T07:20:32.663Z ",
        1795332032663,
        1795332032.663,
    ],
)
def test_one_moment_in_the_ways_that_clients_write_it(text: str | float) -> None:
    assert parse_ms(text) == MOMENT


NO_TIMES = (
    "",
    "yesterday",
    "2026-13-01",
    "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    -1,
    float("nan"),
    float("inf"),
    1e300,
    "9" * 3000,
    None,
)


@pytest.mark.parametrize("value", NO_TIMES)
def test_what_is_no_time_is_none(value: str | float | None) -> None:
    assert parse_ms(value) is None


def test_a_clock_that_runs_ahead_is_corrected() -> None:
    hour = 3_600_000
    assert corrected(MOMENT, MOMENT + hour, MOMENT + hour - 5000) == MOMENT - 5000


def test_without_sent_at_the_time_of_the_client_stands() -> None:
    assert corrected(MOMENT, None, 1000) == 1000


def test_without_a_time_of_the_client_it_happened_when_it_arrived() -> None:
    assert corrected(MOMENT, None, None) == MOMENT
    assert corrected(MOMENT, MOMENT + 5, None) == MOMENT


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (MOMENT, "2026-11-22T07:20:32.663Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_000, "1970-01-01T00:00:01.000Z"),
    ],
)
def test_times_leave_in_one_form(ms: int, text: str) -> None:
    assert iso(ms) == text

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from headgate.kit import Discard, Payload, field


class Meeting(Payload):
    at: datetime | None = field("At", "When it begins.")


TEN = datetime(2021, 2, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2021-02-01T10:00:00Z",
        "2021-02-01T11:00:00.000+01:00",
        "20210201T100000Z",
        "2021/2/1 10:00 GMT",
        "2/1/2021 10:00 AM UTC",
        "Mon, 1 Feb 2021 10:00:00 +0000",
        "Mon Feb 01 2021 11:00:00 GMT+0100 (CET)",
        "1612173600",
        "1612173600000",
        1612173600,
        1612173600000,
    ],
)
def test_all_that_the_check_takes_for_a_moment_is_read(written: str | int) -> None:
    assert Meeting.read({"at": written}).at == TEN


@pytest.mark.parametrize("written", ["2021-02-01", "2021-02", "Feb 1, 2021"])
def test_what_names_no_time_zone_is_in_utc(written: str) -> None:
    at = Meeting.read({"at": written}).at
    assert at is not None
    assert at.replace(tzinfo=UTC) == datetime(2021, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "day"),
    [("19900506", (1990, 5, 6)), ("20260102", (2026, 1, 2)), ("1990", (1990, 1, 1))],
)
def test_digits_that_are_a_day_or_a_year_are_no_number_of_seconds(
    written: str, day: tuple[int, int, int]
) -> None:
    """A birthday of 19900506 went out as one in August 1970."""
    at = Meeting.read({"at": written}).at
    assert at is not None
    assert at.replace(tzinfo=UTC) == datetime(*day, tzinfo=UTC)


def test_the_time_zone_and_the_microseconds_are_kept() -> None:
    at = Meeting.read({"at": "2021-02-01T10:00:00.123456+01:00"}).at
    assert at == datetime(2021, 2, 1, 10, 0, 0, 123_456, timezone(timedelta(hours=1)))
    assert at.utcoffset() == timedelta(hours=1)


@pytest.mark.parametrize("written", ["tomorrow", "2021-02-30", "foo 1", True])
def test_what_is_no_moment_is_refused(written: object) -> None:
    with pytest.raises(Discard, match="At"):
        Meeting.read({"at": written})

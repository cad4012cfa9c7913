from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from headgate.kit import Discard, Payload, field
from headgate.kit.values import iso


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


class Series(Payload):
    each: list[datetime] = field("Each", "When it happens.")
    maybe: list[datetime] | None = field("Maybe")


def test_a_list_reads_the_forms_that_one_moment_has() -> None:
    """`Feb 1, 2021` passed the check and was refused by the list."""
    series = Series.read({"each": ["Feb 1, 2021 10:00 UTC", "1612173600"], "maybe": "2021-02"})
    assert series.each == [TEN, TEN]
    assert series.maybe == [datetime(2021, 2, 1, tzinfo=UTC)]


def test_a_form_asks_for_moments_as_before() -> None:
    assert (Series.stored_fields()["each"], Meeting.stored_fields()["at"]) == (
        {
            "label": "Each",
            "type": "datetime",
            "description": "When it happens.",
            "multiple": True,
            "required": True,
        },
        {"label": "At", "type": "datetime", "description": "When it begins."},
    )


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_that_utc_cannot_hold_is_refused_when_it_is_read(written: str) -> None:
    """It passed, and ended its event with an OverflowError when it was written."""
    with pytest.raises(Discard, match=r"At \(at\).*its year must be 1 to 9999"):
        Meeting.read({"at": written})
    with pytest.raises(Discard, match=r"Each \(each/1\).*its year must be 1 to 9999"):
        Series.read({"each": ["2021", written]})


def test_the_first_and_last_moments_are_read_and_written() -> None:
    for written in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00"):
        at = Meeting.read({"at": written}).at
        assert at is not None
        assert iso(at).endswith("Z")


@pytest.mark.parametrize("written", ["tomorrow", "2021-02-30", "foo 1", True])
def test_what_is_no_moment_is_refused(written: object) -> None:
    with pytest.raises(Discard, match="At"):
        Meeting.read({"at": written})

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.mapping.javascript.dates import moment, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01", 0),
        ("1970-01-01T00:00:01", 1000),
        ("1970-01-01T01:00:00.25+01:00", 250),
        ("1970-01-01 01:00 GMT-0030", 5_400_000),
        ("2024-02-31", 1_709_337_600_000),
        ("Jan 1, 70", 0),
        ("1/1/1970 1:00 AM", 3_600_000),
        ("1/1/1970 12:00 AM", 0),
        ("Thu, 01 Jan 1970 00:00:00 EST", 18_000_000),
        ("+001970-01-01", 0),
        ("1970-01-01T00:00:00.123456Z", 123),
        ("1970-01-01\0 is the first day", 0),
        ("1 Jan 1970 10:00:00.5", 36_000_500),
    ],
)
def test_dates_are_read_as_the_engine_of_node_reads_them(text: str, expected: int) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "x", "2020-13-01", "2020-01-01T", "2020-01-01T24:01", "1:00 PM", "1/1/1970 13:00 PM"],
)
def test_other_texts_are_no_dates(text: str) -> None:
    assert parse(text) is None


@given(st.text("0123456789-+:./ ,()TZ" + "JanuMrch" + "apmutcgest", max_size=40))
def test_any_text_is_read_to_an_end(text: str) -> None:
    time = parse(text)
    assert time is None or moment(time) is not None


@given(st.integers(-8_640_000_000_000_000, 8_640_000_000_000_000))
def test_every_moment_has_parts_that_lead_back_to_it(time: int) -> None:
    parts = moment(time)
    assert parts is not None
    year = f"{parts.year:04d}" if 0 <= parts.year <= 9999 else f"{parts.year:+07d}"
    clock = f"{parts.hour:02d}:{parts.minute:02d}:{parts.second:02d}.{parts.millisecond:03d}"
    assert parse(f"{year}-{parts.month:02d}-{parts.day:02d}T{clock}Z") == time

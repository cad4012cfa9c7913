"""What `datetime` fields take: by a grammar in strict mode, by V8's habits in compatible mode."""

from __future__ import annotations

import pytest

from headgate.kit.validation.formats import recogniser

BOTH = [
    "2021",
    "2021-02",
    "2021-02-01",
    " 2021-02-01 ",
    "2021/02/01",
    "2021-02-01T10:00:00Z",
    "2021-02-01T10:00:00.123456Z",
    "2021-02-01T10:00:00+01:00",
    "2021-02-01 10:00",
    "2021-02-28T24:00:00Z",
    "1612137600",
    "1612137600000",
    "-1",
    "1612137600.5",
    "20210201",
    "Mon, 01 Feb 2021 10:00:00 +0000",
    "Mon, 01 Feb 2021 10:00:00 GMT",
    "Mon Feb 01 2021 10:00:00 GMT+0100 (Central European Time)",
    "1 February 2021",
    "Feb 1, 2021",
    "February 1, 2021 10:00 PM",
    "2/1/2021",
    "02/01/2021 10:00:00 AM",
]
NEITHER = [
    "",
    "now",
    "February",
    "12:30",
    "2021-W05-1",
    "16121376000000000",
    "2021-02-01T25:00:00Z",
    "2021-02-01T10:60:00Z",
    "13:00 PM 1 Feb 2021",
    "Infinity",
    "NaN",
    "2021-02-01T10:00:00+25:00",
]
ONLY_COMPATIBLE = [
    "2021-13-45",
    "2021-02-30",
    "2021-02-30T10:00:00",
    "foo 1",
    "2021-02-01'",
    "1 Feb",
    "2021-02-01T10:00:00.",
    "Feb 31 2021",
    "12::1 1 1",
    "1 (any (thing)) 2",
    "1 jan 99 10:00 +01:30",
    "+275760-09-13",
    "2021-02-01T10:00Z\0x",
]
ONLY_STRICT = ["20210201T100000Z", "2021-02-01T10:00:00,5Z", "16121376000000"]


def accepted(text: str) -> tuple[bool, bool]:
    strict, compatible = recogniser("date-like", "strict"), recogniser("date-like", "compatible")
    assert strict is not None
    assert compatible is not None
    return strict(text), compatible(text)


@pytest.mark.parametrize("text", BOTH)
def test_a_moment_in_both_modes(text: str) -> None:
    assert accepted(text) == (True, True)


@pytest.mark.parametrize("text", NEITHER)
def test_a_moment_in_neither_mode(text: str) -> None:
    assert accepted(text) == (False, False)


@pytest.mark.parametrize("text", ONLY_COMPATIBLE)
def test_a_moment_to_segment_only(text: str) -> None:
    assert accepted(text) == (False, True)


@pytest.mark.parametrize("text", ONLY_STRICT)
def test_a_moment_in_strict_mode_only(text: str) -> None:
    assert accepted(text) == (True, False)

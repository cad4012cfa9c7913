from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.trigger.numerals import is_falsy, number, plain, shortest


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", 0),
        (" \n12\u00a0", 12),
        ("5.", 5),
        (".5", 0.5),
        ("-1e3", -1000),
        ("+0", 0),
        ("0x1F", 31),
        ("0b11", 3),
        ("0o17", 15),
        ("-Infinity", -math.inf),
        ("1" + "0" * 400, math.inf),
        ("9007199254740993", 9007199254740992),
    ],
)
def test_a_text_is_the_number_that_javascript_reads(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", ["-", "+", ".", "1_0", "-0x1", "inf", "nan", "1e", "5a", "٣"])
def test_other_texts_are_no_numbers(text: str) -> None:
    assert math.isnan(number(text))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (5.0, "5"),
        (-1.5, "-1.5"),
        (0.1, "0.1"),
        (0.000001, "0.000001"),
        (1e-7, "1e-7"),
        (1.25e-9, "1.25e-9"),
        (123456789012345680000, "123456789012345680000"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (10**400, "Infinity"),
        (-(10**400), "-Infinity"),
        (math.nan, "NaN"),
        (100, "100"),
    ],
)
def test_a_number_is_written_as_javascript_writes_it(value: float, text: str) -> None:
    assert plain(value) == text


@given(st.floats(allow_nan=False))
def test_a_number_survives_its_text(value: float) -> None:
    assert number(plain(value)) == value
    assert shortest(value) == value


def test_falsy_is_what_javascript_takes_for_false() -> None:
    assert all(map(is_falsy, [None, False, "", 0, 0.0, -0.0, math.nan]))
    assert not any(map(is_falsy, [True, "0", 1, [], {}]))

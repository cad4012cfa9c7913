from __future__ import annotations

import math

import pytest

from headgate.mapping.javascript.numbers import parse


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        (" \t\ufeff\n", 0),
        ("42", 42),
        (" 42\u00a0", 42),
        ("007", 7),
        ("+1", 1),
        ("-1.50", -1.5),
        (".5", 0.5),
        ("5.", 5),
        ("1e3", 1000),
        ("1E-2", 0.01),
        ("-0", 0),
        ("0x1F", 31),
        ("0B11", 3),
        ("0o17", 15),
        ("1e400", math.inf),
        ("0x" + "f" * 300, math.inf),
        ("Infinity", math.inf),
        ("-Infinity", -math.inf),
        ("9007199254740993", 9007199254740992.0),
    ],
)
def test_a_number_is_read(text: str, number: float) -> None:
    assert parse(text) == number
    assert type(parse(text)) is type(number)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "1_0",
        "1 2",
        "0x",
        "0xg",
        "-0x1",
        "1e",
        "e1",
        ".",
        "infinity",
        "inf",
        "nan",
        "NaN",
        "٣",
        "1n",
        "--1",
        "1,5",
        "\x851",
        "0x1.8",
    ],
)
def test_anything_else_is_no_number(text: str) -> None:
    assert math.isnan(parse(text))


def test_a_long_text_is_read_at_once() -> None:
    assert parse("1" * 100_000) == math.inf
    assert parse("0." + "1" * 100_000) == pytest.approx(1 / 9)

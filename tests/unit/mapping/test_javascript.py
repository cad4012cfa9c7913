from __future__ import annotations

import enum
import json
import math
import subprocess
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headgate.mapping import UNDEFINED, Json
from headgate.mapping.javascript import number, string, stringify, truthy

NUMBERS = [
    (0.0, "0"),
    (-0.0, "0"),
    (1.0, "1"),
    (-27.5, "-27.5"),
    (0.1, "0.1"),
    (0.1 + 0.2, "0.30000000000000004"),
    (1e-5, "0.00001"),
    (1e-6, "0.000001"),
    (1.5e-6, "0.0000015"),
    (1e-7, "1e-7"),
    (1.25e-9, "1.25e-9"),
    (5e-324, "5e-324"),
    (1e16, "10000000000000000"),
    (1.5e16, "15000000000000000"),
    (123456789012345680000.0, "123456789012345680000"),
    (1e20, "100000000000000000000"),
    (1e21, "1e+21"),
    (-1.5e21, "-1.5e+21"),
    (1.7976931348623157e308, "1.7976931348623157e+308"),
    (9007199254740993, "9007199254740993"),
    (-(10**30), "-1000000000000000000000000000000"),
]

JSON = [
    ({"b": 1.0, "a": [27.0, 27.5, -0.0]}, '{"b":1,"a":[27,27.5,0]}'),
    ({"b": 1, "10": 2, "9": 3, "a": 4, "01": 5}, '{"9":3,"10":2,"b":1,"a":4,"01":5}'),
    ({"4294967295": 1, "4294967294": 2}, '{"4294967294":2,"4294967295":1}'),
    ({"b": 0, "4294967295": 1, "7": 2}, '{"7":2,"b":0,"4294967295":1}'),
    ({"-1": 1, "1.5": 2, "0": 3}, '{"0":3,"-1":1,"1.5":2}'),
    ({"1": {"z": 1, "2": [{"b": 0, "0": 1}]}}, '{"1":{"2":[{"0":1,"b":0}],"z":1}}'),
    ({"٣": 1, "1": 2}, '{"1":2,"٣":1}'),
    (
        [1e21, 1e-7, 1e16, math.nan, math.inf, -math.inf],
        "[1e+21,1e-7,10000000000000000,null,null,null]",
    ),
    ("\0\b\t\n\v\f\r\x1f\x7f", r'"\u0000\b\t\n\u000b\f\r\u001f' + '\x7f"'),
    ('a"b\\c/d</script>', '"a\\"b\\\\c/d</script>"'),
    ("é€😀\u2028\u2029\ufeff", '"é€😀\u2028\u2029\ufeff"'),
    ("\ud83d", r'"\ud83d"'),
    ({"\udc00k": ["a\ud800b", 1.0]}, r'{"\udc00k":["a\ud800b",1]}'),
    ("\ud83d\ude00\ude00", '"😀\\ude00"'),
    (9007199254740993, "9007199254740993"),
    (10**30, "1000000000000000000000000000000"),
    (None, "null"),
    (True, "true"),
    ({}, "{}"),
    ([], "[]"),
    ("", '""'),
    ({"": ""}, '{"":""}'),
]


@pytest.mark.parametrize(("value", "text"), NUMBERS)
def test_a_number_is_written_as_javascript_writes_it(value: float, text: str) -> None:
    assert number(value) == text
    assert stringify(value) == text.encode()


def test_what_json_lacks_has_a_text_but_is_null_in_json() -> None:
    assert [number(x) for x in (math.nan, math.inf, -math.inf)] == ["NaN", "Infinity", "-Infinity"]


@pytest.mark.parametrize(("value", "text"), JSON)
def test_json_is_written_as_javascript_writes_it(value: Json, text: str) -> None:
    assert stringify(value) == text.encode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (1.0, "1"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (UNDEFINED, "undefined"),
        ([1, None, [2.0, ["a"]], {}], "1,,2,a,[object Object]"),
        ([], ""),
        ({"a": 1}, "[object Object]"),
    ],
)
def test_a_value_becomes_text_as_in_javascript(value: Json, text: str) -> None:
    assert string(value) == text


def test_javascripts_truth() -> None:
    true: list[Json] = [1, -1.5, "0", " ", True, [], {}]
    false: list[Json] = [0, -0.0, math.nan, "", False, None]
    assert all(truthy(value) for value in true)
    assert not any(truthy(value) for value in [*false, UNDEFINED])


class Plan(enum.StrEnum):
    PRO = "pro"


class Level(enum.IntEnum):
    HIGH = 3


class Ratio(float):
    pass


class Pair(NamedTuple):
    x: int
    y: float


def test_subclasses_are_written_as_the_json_they_extend() -> None:
    ordered = OrderedDict({"b": 1, "1": Plan.PRO})
    value = [Plan.PRO, Level.HIGH, Ratio(2.0), Pair(1, 2.0), ordered]
    assert stringify(value) == b'["pro",3,2,[1,2],{"1":"pro","b":1}]'


@pytest.mark.parametrize(
    "value", [datetime.now(UTC), b"bytes", {1, 2}, object(), UNDEFINED, {1: "a"}, {None: 1}]
)
def test_what_json_does_not_have_is_refused_wherever_it_stands(value: object) -> None:
    for place in (value, [value], {"a": {"b": value}}):
        with pytest.raises(TypeError):
            stringify(place)


def test_the_value_given_is_not_changed() -> None:
    value: dict[str, Json] = {"b": 1.0, "1": [2.0, {"2": 1, "1": 1e21}]}
    before = repr(value)
    stringify(value)
    assert repr(value) == before


integers = st.integers(-(2**53), 2**53)
keys = st.one_of(st.text(max_size=5), st.integers(0, 2**33).map(str))
documents = st.recursive(
    st.none() | st.booleans() | integers | st.floats() | st.text(st.characters(), max_size=12),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(keys, inner, max_size=6),
    max_leaves=40,
)
surrogates = st.text(st.characters(categories=["Cs", "Lu"]), max_size=6)


@given(documents)
def test_what_is_written_reads_back_as_what_javascript_would_hold(value: Json) -> None:
    read = json.loads(stringify(value), parse_int=float)
    assert read == json.loads(json.dumps(value), parse_int=float, parse_constant=lambda _: None)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_itself(value: float) -> None:
    assert float(number(value)) == value
    assert stringify(value) == number(value).encode()


REPEAT = """
require("readline").createInterface({input: process.stdin}).on("line", line => {
  process.stdout.write(JSON.stringify(JSON.parse(line)) + "\\n");
});
"""


@pytest.fixture(scope="module")
def node(needs: Callable[[str, str], Path]) -> Iterator[subprocess.Popen[bytes]]:
    program = needs("node", "install Node.js 20 or newer")
    with subprocess.Popen(
        [program, "-e", REPEAT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()


def repeated(node: subprocess.Popen[bytes], text: str) -> bytes:
    """What Node makes of a JSON text."""
    assert node.stdin
    assert node.stdout
    node.stdin.write(text.encode() + b"\n")
    node.stdin.flush()
    return node.stdout.readline().rstrip(b"\n")


@pytest.mark.node
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(documents | surrogates, max_size=8))
def test_node_writes_the_same_bytes(node: subprocess.Popen[bytes], values: list[Json]) -> None:
    text = json.dumps(values).replace("NaN", "null").replace("-Infinity", "null")
    text = text.replace("Infinity", "null")
    assert stringify(json.loads(text)) == repeated(node, text)


@pytest.mark.node
@settings(max_examples=1500, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_node_writes_the_same_numbers(node: subprocess.Popen[bytes], values: list[float]) -> None:
    assert stringify(values) == repeated(node, json.dumps(values))


@pytest.mark.node
def test_the_tables_hold_for_node_too(node: subprocess.Popen[bytes]) -> None:
    rounded = {9007199254740993, 10**30, -(10**30)}
    for value, text in [*NUMBERS, *JSON]:
        if not (isinstance(value, int) and value in rounded):
            written = json.dumps(value).replace("NaN", "null").replace("-Infinity", "null")
            assert repeated(node, written.replace("Infinity", "null")) == text.encode()

"""No mapping, and no event under a mapping, costs more than it should."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from headgate import mapping
from headgate.mapping import Json, MappingError
from headgate.mapping.limits import DEEPEST, LONGEST, MOST_VALUES

if TYPE_CHECKING:
    from collections.abc import Callable

WHOLE: Json = {"@path": "$."}
LONG = "ab" * 15_000


def nested(levels: int, inner: Json = 1, key: str = "a") -> Json:
    for _ in range(levels):
        inner = {key: inner}
    return inner


def cpu(stored: Json) -> float:
    started = time.process_time()
    with pytest.raises(MappingError):
        mapping.compile(stored)
    return time.process_time() - started


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        (nested(1_000), f"/ is nested deeper than {DEEPEST} levels"),
        (nested(100_000), f"/ is nested deeper than {DEEPEST} levels"),
        ({str(n): 1 for n in range(20_000)}, f"/ has more than {MOST_VALUES} values"),
        ({"a": ["x"] * 1_000_000}, f"/ has more than {MOST_VALUES} values"),
        ({"a": "x" * 1_000_000}, f"/ has more than {LONGEST} characters"),
        ({"x" * 1_000_000: 1}, f"/ has more than {LONGEST} characters"),
    ],
)
def test_a_deep_or_huge_mapping_is_refused(stored: Json, message: str) -> None:
    with pytest.raises(MappingError) as caught:
        mapping.compile(stored)
    assert str(caught.value).startswith(message)
    assert cpu(stored) < 1


def test_refusing_costs_no_more_than_in_proportion_to_the_size() -> None:
    small, large = (min(cpu(nested(size)) for _ in range(5)) for size in (10_000, 200_000))
    assert large < 20 * max(small, 0.001) * 5


@pytest.mark.parametrize("key", ["a", "@if", "@literal", "@excludeWhenNull", "@json"])
def test_the_deepest_mapping_runs(key: str) -> None:
    arguments: dict[str, Callable[[Json], Json]] = {
        "a": lambda inner: {"a": inner},
        "@if": lambda inner: {"@if": {"exists": {"@path": "$.n"}, "then": 0, "else": inner}},
        "@literal": lambda inner: {"@literal": inner},
        "@excludeWhenNull": lambda inner: {"@excludeWhenNull": inner},
        "@json": lambda inner: {"@json": {"mode": "decode", "value": inner}},
    }
    stored: Json = {"@path": "$.id"}
    for _ in range(DEEPEST // 2 - 1):
        stored = arguments[key](stored)
    assert mapping.compile({"out": stored})({"id": "x"})


def encoded(levels: int) -> Json:
    stored: Json = {"@path": "$.text"}
    for _ in range(levels):
        stored = {"@json": {"mode": "encode", "value": stored}}
    return stored


def doubled(levels: int) -> Json:
    stored: Json = {"a": WHOLE}
    for _ in range(levels):
        stored = {"@transform": {"apply": {"a": WHOLE, "b": WHOLE}, "mapping": {"x": stored}}}
    return stored


def replaced(replacement: str, levels: int) -> Json:
    stored: Json = {"@path": "$.text"}
    for _ in range(levels):
        stored = {"@replace": {"pattern": "a", "replacement": replacement, "value": stored}}
    return stored


@pytest.mark.parametrize(
    "stored",
    [
        {"@template": "{{text}}" * 5_000},
        {"@template": {"@path": "$.places"}},
        encoded(45),
        replaced("aaaaaaaaaa", 8),
        replaced("$'", 1),
        replaced("$`$&$'", 1),
        {"@flatten": {"value": {"@path": "$.deep"}, "separator": "s" * 50_000}},
        {"@arrayPath": ["$.many", {"a": "x" * 100_000}]},
        doubled(12),
        {f"k{n}": WHOLE for n in range(2_000)},
        {f"k{n}": {"@path": {"@template": "text"}} for n in range(1_000)},
        {f"k{n}": {"@template": "{{text}}" * 30} for n in range(100)},
        {f"k{n}": replaced("aaaaaaaaaa", 1) for n in range(200)},
        {"@json": {"mode": "encode", "value": {"@path": "$.deep"}}},
        {"@template": "{{list}}"},
        {"@excludeWhenNull": {"@path": "$.deep"}},
    ],
    ids=lambda stored: str(stored)[:40],
)
def test_what_would_grow_without_end_is_stopped(stored: Json) -> None:
    event: dict[str, Json] = {
        "text": LONG,
        "places": "{{text}}" * 5_000,
        "many": [0] * 15_000,
        "deep": nested(5_000),
        "list": [],
    }
    listed: Json = []
    for _ in range(5_000):
        listed = [listed]
    event["list"] = listed
    mapper = mapping.compile({"out": stored})
    started = time.process_time()
    with pytest.raises(MappingError) as caught:
        mapper(event)
    assert time.process_time() - started < 0.5
    assert any(word in str(caught.value) for word in ("characters", "values", "deeper"))


def test_a_flat_view_of_a_deep_event_is_fine() -> None:
    mapper = mapping.compile({"@flatten": {"value": WHOLE, "separator": "."}})
    result = mapper({"a": nested(1_000)})
    assert isinstance(result, dict)
    assert list(result.values()) == [1]


@pytest.mark.parametrize("text", ["{{{" * 10_000, "{{" * 15_000, "{{a" * 10_000, "}" * 30_000])
def test_braces_without_end_cost_one_pass(text: str) -> None:
    mapper = mapping.compile({"@template": {"@path": "$.text"}}, "compatible")
    started = time.process_time()
    assert mapper({"text": text}) == text
    assert time.process_time() - started < 0.1

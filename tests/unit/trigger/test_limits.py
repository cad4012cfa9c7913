from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from headgate import trigger
from headgate.trigger import TriggerError

if TYPE_CHECKING:
    from collections.abc import Callable


def cost(act: Callable[[], object]) -> float:
    """CPU seconds of the fastest of three runs."""

    def once() -> float:
        started = time.process_time()
        act()
        return time.process_time() - started

    return min(once() for _ in range(3))


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("mode", ["strict", "compatible"])
@pytest.mark.parametrize("piece", ["(", "!(", '"', "a.", "type = ", "\\", "and ", "5", "😀", "["])
def test_a_huge_text_is_refused_at_once(piece: str, mode: Any) -> None:
    huge = piece * (1_000_000 // len(piece))

    def refuse() -> None:
        with pytest.raises(TriggerError, match="a trigger is at most"):
            trigger.compile(huge, mode)

    assert cost(refuse) < 0.05


def refused_or_compiled(text: str) -> None:
    try:
        trigger.compile(text, "compatible")
    except TriggerError:
        return


@pytest.mark.parametrize(
    "piece",
    ["(", '(type = "a") and ', "properties.a.", "\\a", '"a', 'contains(event, "x") ', "5 ", "é"],
)
def test_compiling_a_long_text_costs_in_proportion(piece: str) -> None:
    short, long = ('type = "x" and ' + piece * (size // len(piece)) for size in (2_000, 20_000))
    small, large = cost(lambda: refused_or_compiled(short)), cost(lambda: refused_or_compiled(long))
    assert large < 40 * max(small, 0.001)


LARGE: dict[str, Any] = {
    "text": "a" * 30_000,
    "words": "a " * 15_000,
    "wide": "😀" * 8_000,
    "list": [1] * 15_000,
    "texts": ["a"] * 8_000,
    "same": [1] * 15_000,
    "deep": deep(5_000),
    "deeper": deep(5_000),
    "pattern": "*" + "[ab]" * 63 + "c",
}


@pytest.mark.parametrize(
    "text",
    [
        'match(properties.text, "*a*a*a*a*a*a*a*a*a*a*a*a*b*")',
        f'match(properties.text, "*{"?a" * 60}b*")',
        f'match(properties.text, "*{"[a-c]" * 120}b*")',
        "match(properties.text, properties.pattern)",
        'match(properties.words, properties.text) or match("a", properties.text)',
        'contains(properties.text, "ab") or titlecase(properties.words) = "x"',
        "length(properties.wide) = 5",
        "5 in properties.list or true in properties.list or 'b' in properties.texts",
        "properties.list != properties.same",
        "properties.deep != properties.deeper",
        'string(properties.deep) = "x" or string(properties.list) = "x"',
    ],
)
def test_no_value_of_an_event_makes_a_test_slow(text: str) -> None:
    matches = trigger.compile(text).matches
    assert not matches({"properties": LARGE})
    assert cost(lambda: matches({"properties": LARGE})) < 0.5


def test_reading_a_text_by_its_units_is_not_slow() -> None:
    text = " or ".join([r'properties.wide\.15999 = "x"'] * 500)
    matches = trigger.compile(text, "compatible").matches
    assert cost(lambda: matches({"properties": LARGE})) < 0.5


def test_hundreds_of_clauses_have_one_decision() -> None:
    for mode, limit in (("strict", 400), ("compatible", 4_000)):
        text = " and ".join(['type = "a"'] * limit)
        assert len(text) < 64_000
        assert trigger.compile(text[:5_000].rpartition(" and ")[0], mode).matches({"type": "a"})  # type: ignore[arg-type]
    assert trigger.compile(text, "compatible").matches({"type": "a"})

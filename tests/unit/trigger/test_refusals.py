from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate import trigger
from headgate.trigger import TriggerError
from headgate.trigger.parser import DEEPEST, LONGEST


def refused(text: str) -> TriggerError:
    with pytest.raises(TriggerError) as caught:
        trigger.compile(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("", 0, 'expected a condition such as `type = "track"`, found the end'),
        ("  ", 2, 'expected a condition such as `type = "track"`, found the end'),
        ("type", 4, "expected `=` or `!=`, found the end"),
        ("type = ", 7, "expected a text in quotes, a number, true, false or null, found the end"),
        ("type = track", 7, "expected a text in quotes"),
        ('type "track"', 5, "expected `=` or `!=`"),
        ('"track" = type', 0, "expected a condition"),
        ('(type = "track"', 15, "expected `and`, `or` or `)`, found the end"),
        ('type = "track")', 14, "expected `and`, `or` or the end, found `)`"),
        ('type = "a" or', 13, "expected a condition"),
        ('type = "a" and and all', 15, "expected a condition"),
        ('type = "a" AND event = "b"', 11, "expected `and`, `or` or the end, found `AND`"),
        ('type = "a" event = "b"', 11, "expected `and`, `or` or the end, found `event`"),
        ('!type = "a"', 1, "expected `(` after `!`, found `type`"),
        ("!!(all)", 1, "expected `(` after `!`"),
        ("()", 1, "expected a condition"),
        ("properties = null", 0, "expected a name after `properties`"),
        ('type.x = "a"', 0, "`type` has no parts"),
        ("type == 5", 6, "expected a text in quotes"),
        ("properties.tags[0] = 5", 15, "expected `=` or `!=`, found `[`"),
        ("properties.a = 5.", 15, "this is no number"),
        ("properties.a = 1e5", 15, "this is no number"),
        ("properties.a = -", 15, "this is no number"),
        ('type = "track', 7, 'this string has no closing "'),
        ("type = 'track\"", 7, "this string has no closing '"),
        ("type = 5 \\", 9, "a backslash needs a character after it"),
        ("type = 5; all", 8, "';' means nothing here"),
        ("ünï = 5", 0, "'ü' means nothing here"),
        ("properties. a = 5", 10, "'.' means nothing here"),
    ],
)
def test_an_error_says_where_and_what_was_expected(text: str, position: int, expected: str) -> None:
    error = refused(text)
    assert error.position == position
    assert str(error).startswith(expected)
    assert str(error).endswith(f"(at character {position + 1})")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('contains(event, "x")', "`contains()`"),
        ('!contains(event, "x")', "`contains()`"),
        ('type = "track" and match(event, "x*")', "`match()`"),
        ("length(event) = 5", "`length()`"),
        ("properties.total < 5", "`<`"),
        ("properties.total >= 5", "`>=`"),
        ('event in ["a", "b"]', "`in`"),
    ],
)
def test_what_is_not_available_yet_is_refused_by_name(text: str, name: str) -> None:
    assert str(refused(text)).startswith(f"{name} is not available yet")


@pytest.mark.parametrize("name", ["anonymousId", "groupId", "message.event", "integrations"])
def test_what_cannot_be_tested_yet_is_refused_with_what_can(name: str) -> None:
    message = str(refused(f'{name} = "x"'))
    assert message.startswith(f"`{name.partition('.')[0]}` cannot be tested yet: expected type")


def test_an_unknown_function_is_none() -> None:
    assert str(refused('startswith(event, "x")')).startswith("`startswith()` is no function")


def test_compatible_mode_is_refused_by_name() -> None:
    with pytest.raises(TriggerError, match="compatible mode is not available yet"):
        trigger.compile('type = "track"', "compatible")


def test_a_trigger_has_a_longest_length_in_bytes() -> None:
    start = 'event = "'
    longest = f'{start}{"a" * (LONGEST - len(start) - 1)}"'
    trigger.compile(longest)
    assert "at most 5120 bytes" in str(refused(f"{longest} "))
    assert "at most 5120 bytes" in str(refused(longest.replace("a", "é")))


def test_parentheses_have_a_deepest_level() -> None:
    trigger.compile("(" * DEEPEST + "all" + ")" * DEEPEST)
    assert "nested deeper than 50 levels" in str(refused("(" * (DEEPEST + 1) + "all"))


fragments = st.sampled_from(
    ["type", "=", "!=", "!", "(", ")", '"a"', "'", "5", "and", "or", "all", "properties.a", "\\"]
)


def place_of_the_error(text: str) -> int | None:
    try:
        trigger.compile(text)
    except TriggerError as error:
        return error.position
    return None


@given(st.lists(fragments | st.text(max_size=3), max_size=12).map(" ".join))
def test_any_text_compiles_or_is_refused_with_a_place_in_it(text: str) -> None:
    place = place_of_the_error(text)
    assert place is None or 0 <= place <= len(text)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate import trigger
from headgate.trigger import TriggerError
from headgate.trigger.strict.parser import DEEPEST, LONGEST


def refused(text: str) -> TriggerError:
    with pytest.raises(TriggerError) as caught:
        trigger.compile(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("", 0, 'expected a condition such as `type = "track"`, found the end'),
        ("  ", 2, 'expected a condition such as `type = "track"`, found the end'),
        ("type = ", 7, "expected a text in quotes, a number, true, false, null, a list or a field"),
        ("type = track", 7, '`track` is no field of an event; a text stands in quotes: "track"'),
        ('tpye = "track"', 0, "`tpye` is no field of an event; did you mean `type`?"),
        ('userid = "u"', 0, "`userid` is no field of an event; did you mean `userId`?"),
        ('type "track"', 5, 'expected `and`, `or` or the end, found `"track"`'),
        ('(type = "track"', 15, "expected `and`, `or` or `)`, found the end"),
        ('type = "track")', 14, "expected `and`, `or` or the end, found `)`"),
        ('type = "a" or', 13, "expected a condition"),
        ('type = "a" and and all', 15, "expected a condition"),
        (
            'type = "a" AND event = "b"',
            11,
            "expected `and`, `or` or the end, found `AND`: it is wr",
        ),
        ('not type = "a"', 0, "`not` is written `!` here"),
        ('type = "a" event = "b"', 11, "expected `and`, `or` or the end, found `event`"),
        ('!type = "a"', 6, "`!` before a `=`: write !( ... ) around the comparison"),
        ("!properties.a = true", 14, "`!` before a `=`"),
        ("!", 1, "expected what `!` negates"),
        ("()", 1, "expected a condition"),
        ('type.x = "a"', 0, "`type` has no parts"),
        ("type == 5", 6, "`==` is written `=` here"),
        ("type = 5 = 6", 9, "only two values can be compared at a time"),
        ("properties.tags[0] = 5", 15, "expected `and`, `or` or the end, found `[`: elements of"),
        ("properties.a = 5.", 15, "this is no number"),
        ("properties.a = 1e5", 15, "this is no number"),
        ("properties.a = -", 15, "this is no number"),
        ("properties.a = " + "9" * 101, 15, "a number has at most 100 digits"),
        ('type = "track', 7, 'this string has no closing "'),
        ("type = 'track\"", 7, "this string has no closing '"),
        (
            "type = \u201ctrack\u201d",
            7,
            "'\u201c' means nothing here; texts stand in straight quotes",
        ),
        ("type = 5 \\", 9, "a backslash needs a character after it"),
        ("type = 5; all", 8, "';' means nothing here"),
        ('type = "a" && all', 11, "'&' means nothing here; write `and`"),
        ("\u00fcn\u00ef = 5", 0, "'\u00fc' means nothing here"),
        ("properties. a = 5", 10, "'.' means nothing here"),
        ("length(event)", 13, "expected `=` or another comparison with this value, found the end"),
        ('"x"', 3, "expected `=` or another comparison"),
        ("length(event, 5) = 3", 0, "`length()` takes 1 argument, not 2"),
        ("contains(event) = 3", 0, "`contains()` takes 2 arguments, not 1"),
        ("contains(event, 5)", 16, "`contains()` takes a text, not a number"),
        ("length(5) = 1", 7, "`length()` takes a text or a list, not a number"),
        ('contains(event "x")', 15, 'expected `,` or `)`, found `"x"`'),
        ("contains(", 9, "expected what `contains()` takes, found the end"),
        ('startswith(event, "x")', 0, '`startswith()` is no function; write `match(event, "x*")`'),
        ('nothing(event, "x")', 0, "`nothing()` is no function; there are bool, contains"),
        ("event < true", 8, "`<` compares numbers, or texts by the alphabet, not true or false"),
        ('5 < "x"', 2, "a number is never < a text"),
        ('length(event) > "5"', 14, "a number is never > a text"),
        ('event in "abc"', 9, "after `in` stands a list, not a text"),
        ('["a"] in event', 0, "before `in` stands a single value, not a list"),
        (
            "event in [1, type]",
            13,
            "expected a text in quotes, a number, true, false or null in the",
        ),
        ("event in [1, 2", 14, "expected `,` or `]`, found the end"),
        ('match(event, "a[")', 15, "in a pattern: `[` is never closed"),
        ('match(event, "[!a]")', 14, "in a pattern: a list of characters cannot be negated"),
    ],
)
def test_an_error_says_where_and_what_was_expected(text: str, position: int, expected: str) -> None:
    error = refused(text)
    assert error.position == position
    assert str(error).startswith(expected)
    assert str(error).endswith(f"(at character {position + 1})")


def test_a_trigger_has_a_longest_length_in_bytes() -> None:
    start = 'event = "'
    longest = f'{start}{"a" * (LONGEST - len(start) - 1)}"'
    trigger.compile(longest)
    assert "at most 5120 bytes" in str(refused(f"{longest} "))
    assert "at most 5120 bytes" in str(refused(longest.replace("a", "é")))
    assert "at most 5120 bytes" in str(refused("(" * 1_000_000))


def test_parentheses_have_a_deepest_level() -> None:
    trigger.compile("(" * DEEPEST + "all" + ")" * DEEPEST)
    for start in ("(", "!", "length(", "!("):
        assert "nested deeper than 50 levels" in str(refused(start * (DEEPEST + 1) + "all"))


fragments = st.sampled_from(
    [
        "type",
        "=",
        "!=",
        "!",
        "(",
        ")",
        '"a"',
        "'",
        "5",
        "and",
        "or",
        "all",
        "properties.a",
        "\\",
        "in",
        "[",
        "]",
        "<",
        ">=",
        "contains",
        "match",
        ",",
        "length(event)",
        "true",
        "null",
        '"[a"',
    ]
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

"""Texts that `new RegExp` takes, and those that it refuses."""

from __future__ import annotations

import pytest

from headgate.kit.validation.formats.patterns import is_pattern

ACCEPTED = [
    "",
    "a|b*",
    "(a)(?:b)(?=c)*(?!d)(?<=e)(?<!f)",
    "(?<n>a)\\k<n>",
    "(?<\\u0061>x)\\k<a>",
    "\\k<a",
    "a{1,2}?b{3,}c{4}",
    "a{,2}",
    "{a",
    "a{99999999999,99999999998}",
    "]}",
    "[]",
    "[^]",
    "[]a]",
    "[a-]",
    "[--a]",
    "[\\d-a]",
    "[\\-a]",
    "[\\ca-\\cb]",
    "[\\c*-a]",
    "\\c\\x\\u\\8",
    "[\\b-\\n]",
    "(?<$a\u200d>x)",
    "(?<\U0001d49c>x)",
    "😀",
    "(" * 10_000 + ")" * 10_000,
]
REFUSED = [
    "(",
    ")",
    "(?",
    "(?i)",
    "(?i:a)",
    "[",
    "[\\",
    "\\",
    "*",
    "a**",
    "a{1}{2}",
    "{1}",
    "^*",
    "\\b+",
    "(?<=a)*",
    "a|*",
    "(*a)",
    "a{2,1}",
    "[b-a]",
    "[\\x41-\\x40]",
    "[\\400-\\0]",
    "[a-\\-]",
    "[😀-😁]",
    "(?<n>a)(?<n>b)",
    "(?<n>a)\\k<m>",
    "(?<n>a)\\k",
    "(?<n>a)[\\k]",
    "(?<1>a)",
    "(?<>a)",
    "(?<\\u{110000}>a)",
    "a\\Z",
    "()" * 32_768,
]


@pytest.mark.parametrize("text", ACCEPTED, ids=range(len(ACCEPTED)))
def test_a_regular_expression_of_javascript(text: str) -> None:
    assert is_pattern(text)


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_no_regular_expression_of_javascript(text: str) -> None:
    assert not is_pattern(text)

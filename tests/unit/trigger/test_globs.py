from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.trigger.strict.globs import LONGEST_WILD_PART, GlobError, compile_glob, literals


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("a*d", "abcd", True),
        ("*", "", True),
        ("ab", "abc", False),
        ("a??d", "abcd", True),
        ("a??d", "abd", False),
        ("*d", "abcd", True),
        ("*d", "abcdx", False),
        (r"ab\*d", "ab*d", True),
        (r"ab\*d", "abcd", False),
        ("ab[cC]d", "abCd", True),
        ("ab[a-z]d", "abcd", True),
        ("ab[A-Z]d", "abcd", False),
        ("", "", True),
        ("", "a", False),
        ("a*b*c", "aXbXbXc", True),
        ("a*b*c", "acb", False),
        ("a*a", "a", False),
        ("ab*bc", "abc", False),
        ("*ab*ab*", "ab", False),
        ("**?**", "x", True),
        ("?*?", "x", False),
        ("[]]", "]", None),
        (r"[\]a]", "]", True),
        ("[a-]", "-", True),
        (r"[\!a]", "!", True),
        ("[*?]", "*", True),
        ("a]", "a]", True),
        ("a.c", "abc", False),
        ("(a|b)+", "(a|b)+", True),
        ("?", "\n", True),
        ("a*b", "a\n\nb", True),
        ("?", "😀", True),
        ("[à-é]*", "âx", True),
        (r"\\", "\\", True),
    ],
)
def test_a_pattern_fits_the_whole_text_or_not(pattern: str, text: str, fits: bool | None) -> None:  # noqa: FBT001 - expectation
    if fits is None:
        with pytest.raises(GlobError):
            compile_glob(pattern)
    else:
        assert compile_glob(pattern)(text) is fits


@pytest.mark.parametrize(
    ("pattern", "position", "problem"),
    [
        ("a[bc", 1, "`[` is never closed"),
        ("ab\\", 2, "`\\` ends the pattern"),
        ("x[]", 1, "`[]` matches nothing"),
        ("[!a]", 0, "a list of characters cannot be negated"),
        ("[^a]", 0, "a list of characters cannot be negated"),
        ("[z-a]", 0, "the range `z-a` is the wrong way round"),
        (f"*{'?a' * LONGEST_WILD_PART}*", 0, "it has more than 128 characters with wildcards"),
    ],
)
def test_a_pattern_that_cannot_be_read_is_refused(
    pattern: str, position: int, problem: str
) -> None:
    with pytest.raises(GlobError) as caught:
        compile_glob(pattern)
    assert (caught.value.position, str(caught.value)[: len(problem)]) == (position, problem)


def test_literals_are_what_stands_between_stars() -> None:
    assert literals(r"a\**b") == ("a*", "b")
    assert literals("a") == ("a",)
    assert literals("a?*") == ()


pieces = st.sampled_from(["a", "b", "ab", "*", "?", "[ab]", "[a-c]", r"\*", r"\a"])
PLAIN_REGEX = {"*": ".*", "?": ".", "[ab]": "[ab]", "[a-c]": "[a-c]", r"\*": r"\*", r"\a": "a"}


@given(st.lists(pieces, max_size=8), st.text(alphabet="abc*", max_size=10))
def test_a_pattern_fits_what_the_same_regular_expression_fits(
    pattern: list[str], text: str
) -> None:
    regex = "".join(PLAIN_REGEX.get(piece, piece) for piece in pattern)
    expected = re.fullmatch(regex, text, re.DOTALL) is not None
    assert compile_glob("".join(pattern))(text) is expected


@pytest.mark.parametrize(
    "pattern", ["*a" * 40 + "*b", "*" + "[ab]" * 100 + "c*", "*?a" * 40 + "b", "*a?" * 40 + "b*"]
)
def test_many_stars_cost_no_more_than_the_length_of_the_text(pattern: str) -> None:
    fits = compile_glob(pattern)

    def cost(length: int) -> float:
        text, started = "a" * length, time.process_time()
        for _ in range(5):
            assert not fits(text)
        return time.process_time() - started

    assert cost(32_000) < 40 * max(cost(4_000), 0.001)

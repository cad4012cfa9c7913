"""Random FQL and events that suit it, for tests against the original."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

PLAIN = ["type", "event", "name", "userId"]
PLACES = [
    *PLAIN,
    "properties.plan",
    "properties.total",
    "properties.vip",
    "properties.a.b",
    "properties.tags",
    "properties.tags.length",
    r"properties.tags\.0",
    r"properties.product\ 1",
    r"properties.zip\.code",
    "properties",
    "propertiesX",
    "properties.toString",
    "traits.plan",
    "traits.age",
    "context.page.path",
    "context.ip",
]
ODD_PLACES = [
    "anonymousId",
    "foo",
    "an",
    "nul",
    "o",
    "type.x",
    "event.x.y",
    "properties.",
    "properties.5",
    "properties..a",
    r"properties\.a",
    r"properties\.",
    r"properties.\.",
    r"properties.\[0\]",
    r"properties.é",
    r"properties.\é",
    r"properties.\😀",
    r"\type",
    "traits . age",
    "context.and",
    "contextual.x",
    "properties.a-b_c",
]
WORDS = ["track", "Order", "a", "5", "true", "null", "", "Order Completed", "*", "/x*", "é", "😀"]
OPERATORS = ["=", "!=", "<", "<=", ">", ">="]
ODD_OPERATORS = ["==", "=!", "in", "contains", ".", ",", "!", "and", '"="', "(", ")", "[", r"\="]
NUMBERS = [
    "0",
    "1",
    "5",
    "-5",
    "+5",
    "5.5",
    "1.50",
    "-0",
    "9007199254740993",
    "1" * 25,
    "0.0000001",
]
ODD_VALUES = [
    "nu", "an", "a", "and", "foo", "5.", ".5", "-", "+", "1.2.3", "1e5", "5a", "[5]",
    '["a", "b"]', '"a"b"', '"a""b"', '"a', "'", r"\null", r"tru\e", r'\"a\*\"', "()", "eos",
]  # fmt: skip


def _one(*values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


def _often(usual: list[str], odd: list[str]) -> st.SearchStrategy[str]:
    """Mostly the usual: else hardly any text could be read at all."""
    return st.integers(0, 9).flatmap(lambda n: st.sampled_from(usual if n else odd))


def _quoted() -> st.SearchStrategy[str]:
    texts = st.sampled_from(WORDS) | st.text(alphabet="ab*?()[]!=. \\'\né😀", max_size=5)
    return st.builds(lambda text, quote: f"{quote}{text}{quote}", texts, _one('"', '"', '"', "'"))


places = _often(PLACES, ODD_PLACES)
known = st.sampled_from(WORDS).map('"{}"'.format)
plain = _often(["true", "false", "null", *NUMBERS], ODD_VALUES)
values = st.one_of(known, known, _quoted(), plain)
gaps = _often([" "], ["", "  ", "\n", "\t", "\r"])
comparisons = st.tuples(places, gaps, _often(OPERATORS, ODD_OPERATORS), gaps, values).map("".join)
calls = st.builds(
    lambda mark, name, place, comma, value, end: f"{mark}{name}({place}{comma}{value}{end}",
    _often(["", "!"], ["! ", "!!", "not "]),
    _often(["contains", "match"], ["Contains", "length", "contains ", "match match"]),
    places,
    _often([", ", ","], [" ", "", " , ,"]),
    values,
    _often([")"], ["", "))", ") x"]),
)
tests = comparisons | calls
joints = _often([" and ", " or "], [" ", " and and ", "and", " AND ", " && ", " or"])


def _joined(parts: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(parts, joints), min_size=1, max_size=most)
    return pairs.map(lambda found: "".join([piece for pair in found for piece in pair][:-1]))


groups = st.builds(
    lambda start, inside, end: f"{start}{inside}{end}",
    _often(["("], ["!(", "((", ""]),
    st.integers(0, 9).flatmap(lambda n: _joined(tests, 3) if n else st.just("")),
    _often([")"], [")", "))", ""]),
)


@st.composite
def _broken(draw: st.DrawFn) -> str:
    """A text with one piece replaced by another."""
    text = draw(_joined(tests | groups, 3))
    at = draw(st.integers(0, len(text)))
    until = draw(st.integers(at, min(len(text), at + 3)))
    return (
        text[:at]
        + draw(st.text(alphabet="aon'\"()!=<>.\\,[] 5*\r\0é😀", max_size=2))
        + text[until:]
    )


likely = st.one_of(
    st.builds(
        "{} {} {}".format, st.sampled_from(PLACES), st.sampled_from(OPERATORS), known | plain
    ),
    st.builds(
        '{}{}({}, "{}{}")'.format,
        _one("", "!"),
        _one("contains", "match"),
        st.sampled_from(PLACES),
        _one("", "*", "O", "t"),
        _one("", "*", "er", "a"),
    ),
)


def queries() -> st.SearchStrategy[str]:
    """Texts that people could write, and texts that are broken in any way."""
    return st.one_of(
        likely,
        st.lists(likely, min_size=2, max_size=3).map(" or ".join),
        _joined(likely | groups, 3),
        _joined(tests | groups, 4),
        _joined(tests, 2),
        _broken(),
        st.lists(places | values | _one(*OPERATORS, *ODD_OPERATORS, "and", "or"), max_size=8).map(
            " ".join
        ),
    )


texts = st.sampled_from(WORDS)
scalars = st.one_of(
    texts,
    texts,
    st.sampled_from([0, 1, 5, -5, 5.5, 1.5, 2**53 + 1, 1e24, 1e-7, True, False, None]),
)
any_value = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["a", "b", "page", "path", "0", "length"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
some_members = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ["plan", "total", "vip", "a", "tags", "product 1", "zip", "age", "page", "ip", "x", "5"],
        any_value,
    ),
)
usual_members = st.fixed_dictionaries(
    {
        "plan": texts,
        "total": st.sampled_from([0, 1, 5, -5, 5.5]),
        "vip": st.booleans(),
        "a": st.fixed_dictionaries({"b": scalars}),
        "tags": st.lists(texts, max_size=2),
    },
    optional={"age": scalars, "ip": texts, "page": st.fixed_dictionaries({"path": texts})},
)


def events() -> st.SearchStrategy[dict[str, Any]]:
    """Events whose members those texts test, with values of any type."""
    plain = dict.fromkeys(PLAIN, st.one_of(texts, texts, scalars, st.none()))
    parted = ["properties", "traits", "context"]
    usual = st.fixed_dictionaries(plain | dict.fromkeys(parted, usual_members))
    objects = st.one_of(some_members, usual_members, any_value)
    return usual | st.fixed_dictionaries({}, optional=plain | dict.fromkeys(parted, objects))

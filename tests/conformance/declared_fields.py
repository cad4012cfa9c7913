"""Declared fields of all types and options, and payloads that fit them more or less.

Names come from one small vocabulary, so that conditions and payloads name fields that exist. No
name is that of something that every JavaScript object inherits: what the original makes of those
is an accident.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from headgate.mapping import Json

    Values = SearchStrategy[Any]
    Draw = Callable[[Values], Any]

NAMES = ("a", "b", "c", "o", "p", "7", "x.y", "~/", "ünï")
NESTED = ("o.a", "o.b", "p.c", "a.b", "o.a.b", "p.7")
LABELS = ("A label", "ß", "😀", "", "élan")
TYPES = ("string", "text", "number", "integer", "datetime", "boolean", "password", "object")
FORMATS = (
    *("date", "time", "date-time", "uri", "uri-reference", "uri-template", "email", "hostname"),
    *("ipv4", "ipv6", "regex", "uuid", "password", "text"),
)
TEXTS = (
    *("", " ", "a", "b", "A😀", "é", "abcdef", "true", "false", "TRUE", "null", "\ud83d"),
    *("0", "1", "-1", "1.5", "1e3", "0x10", " 42 ", "Infinity", "-Infinity", "NaN", "1_0", "٣"),
    *("2021-02-01", "2021-02-30", "10:00:00", "2021-02-01T10:00:00Z", "2021-02-01 10:00", "12:30"),
    *("1612137600", "1612137600000", "16121376000000", "Feb 1, 2021", "foo 1", "2021-02-01'"),
    *("a@b.co", "a@b", "http://x.y", "x:", "//[::1]/", "{a}", "x.y", "1.2.3.4", "::1", "(", "a+"),
    *("urn:uuid:01234567-89ab-cdef-0123-456789abcdef", "[object Object]", "x" * 30),
)
NUMBERS = (0, 1, 2, -1, 5, 1.0, 1.5, -0.0, 1e21, 1e-7, 123456789012, 0.1, 8.7e15)
SCALARS = (None, True, False, *NUMBERS, *TEXTS)
CHOICES = (
    ["a", "b"],
    ["a"],
    ["true", "1", ""],
    [{"label": "One", "value": 1}, {"label": "A", "value": "a"}, {"label": "x", "value": 1.5}],
    [{"label": "Yes", "value": True}],
)
LENGTHS = (0, 1, 2, 3, 5.0)
BOUNDS = (0, -1, 1, 1.5, 5, 1e21)
SHORT = 3  # members of an object, elements of a list
DEEP = 2  # levels of fields within fields
MANY = 5  # fields of an action


@st.composite
def fields_and_payloads(draw: Draw, runs: int = 4) -> dict[str, Any]:
    """Fields, so many payloads for them, and whether these are sent in a batch."""
    fields = draw(declared())
    payloads = draw(st.lists(payloads_for(fields), min_size=runs, max_size=runs))
    return {"fields": fields, "payloads": payloads, "in_batch": draw(st.booleans())}


def declared(depth: int = DEEP) -> SearchStrategy[dict[str, Any]]:
    """Fields that may be declared: none of them is refused."""
    return st.dictionaries(st.sampled_from(NAMES), _field(depth), max_size=MANY)


def payloads_for(fields: dict[str, Any]) -> SearchStrategy[dict[str, Any]]:
    """Some of the fields, with values that suit them or do not, and others."""
    known = st.fixed_dictionaries({}, optional={k: _value(field) for k, field in fields.items()})
    unknown = st.dictionaries(st.sampled_from(NAMES), values(1), max_size=1)
    return st.tuples(unknown, known).map(lambda pair: {**pair[0], **pair[1]})


@cache
def values(depth: int = DEEP) -> Values:
    """Any JSON of the vocabulary."""
    scalars = st.sampled_from(SCALARS)
    if not depth:
        return scalars
    inner = values(depth - 1)
    objects = st.dictionaries(st.sampled_from(NAMES), inner, max_size=SHORT)
    return st.one_of(scalars, scalars, objects, st.lists(inner, max_size=SHORT))


@st.composite
def _field(draw: Draw, depth: int) -> dict[str, Json]:
    kind = draw(st.sampled_from(TYPES if depth else TYPES[:-1]))
    declared_field: dict[str, Json] = {"label": draw(st.sampled_from(LABELS)), "type": kind}
    for name, option in _options(kind, depth).items():
        if draw(st.integers(0, 2)) == 0:
            declared_field[name] = draw(option)
    return declared_field


def _options(kind: str, depth: int) -> dict[str, Values]:
    bounds = st.sampled_from(LENGTHS if kind in {"string", "text", "password"} else BOUNDS)
    options: dict[str, Values] = {
        "description": st.just("What it is."),
        "required": st.one_of(st.booleans(), _conditions(), _conditions()),
        "allowNull": st.booleans(),
        "multiple": st.booleans(),
        "choices": st.sampled_from(CHOICES),
        "default": values(1),
        "minimum": bounds,
        "maximum": bounds,
    }
    if kind == "string":
        options["format"] = st.sampled_from(FORMATS)
    if kind == "object":
        options["additionalProperties"] = st.booleans()
        options["properties"] = declared(depth - 1)
    return options


@cache
def _conditions() -> Values:
    value = st.one_of(st.sampled_from(SCALARS), values(1))
    condition = st.fixed_dictionaries(
        {
            "fieldKey": st.sampled_from(NAMES + NESTED),
            "operator": st.sampled_from(["is", "is_not"]),
        },
        optional={"value": value, "type": st.just("field")},
    )
    return st.fixed_dictionaries(
        {"conditions": st.lists(condition, min_size=1, max_size=3)},
        optional={"match": st.sampled_from(["any", "all"])},
    )


def _value(field: dict[str, Any]) -> Values:
    """A value that often suits a field."""
    suitable = _suitable(field)
    if field.get("multiple"):
        suitable = st.lists(suitable, max_size=SHORT)
    wrapped = suitable.map(lambda value: [value])
    return st.one_of(suitable, suitable, wrapped, values())


def _suitable(field: dict[str, Any]) -> Values:
    if "choices" in field:
        plain = [each["value"] if isinstance(each, dict) else each for each in field["choices"]]
        return st.sampled_from(plain)
    if properties := field.get("properties"):
        return payloads_for(properties)
    return st.sampled_from(_OF_TYPE.get(field["type"], TEXTS))


_OF_TYPE: dict[str, tuple[Any, ...]] = {
    "number": NUMBERS,
    "integer": (0, 1, 2, -1, 5, 1.0),
    "boolean": (True, False, "true", 0),
    "object": ({}, {"a": ""}, {"b": None, "c": [None, ""]}),
}

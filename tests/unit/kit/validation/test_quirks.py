"""Each quirk of Segment's validation: reproduced in one mode, mended in the other.

The items are those of the page on compatibility (kit-behaviour 16). Where nobody can want
Segment's behaviour, both modes do the same: it is then an item of `ALIKE`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from headgate.kit.validation import DefinitionError, Result, compile, read, schema  # noqa: A004

ALIKE = ("2", "12")


class Quirk(NamedTuple):
    """Fields and a payload, and what each mode makes of it: a payload, or sentences."""

    item: str
    about: str
    fields: dict[str, Any]
    payload: dict[str, Any]
    compatible: dict[str, Any] | str
    strict: dict[str, Any] | str
    in_batch: bool = False


def field(type_: str = "string", label: str = "F", **options: Any) -> dict[str, Any]:
    return {"label": label, "type": type_, **options}


def when(*conditions: dict[str, Any], match: str = "all") -> dict[str, Any]:
    return {"match": match, "conditions": list(conditions)}


def is_(key: str, **value: Any) -> dict[str, Any]:
    return {"fieldKey": key, "operator": "is", **value}


def is_not(key: str, **value: Any) -> dict[str, Any]:
    return {"fieldKey": key, "operator": "is_not", **value}


def missing(key: str, where: str = "The root value") -> str:
    return f"{where} is missing the required field '{key}'."


UNMET = 'The root value must match "then" schema.'
ADDRESS = field("object", "Address", properties={"country": field(), "city": field()})
PERSON = {"phone": field(required=when(is_("kind", value="sms"), is_("on", value=True)))}

QUIRKS = (
    Quirk(
        "3",
        "a bound of 0 is ignored",
        {"f": field("number", minimum=0)},
        {"f": -1},
        {"f": -1},
        "F must be equal to or greater than 0.",
    ),
    Quirk(
        "3",
        "whole numbers have no bounds",
        {"f": field("integer", maximum=5)},
        {"f": 6},
        {"f": 6},
        "F must be equal to or less than 5.",
    ),
    Quirk(
        "3",
        "long texts have no bounds",
        {"f": field("text", maximum=1)},
        {"f": "ab"},
        {"f": "ab"},
        "F must be 1 character or fewer but it was 2 characters.",
    ),
    Quirk(
        "4",
        "formats of list items are unchecked",
        {"f": field(multiple=True, format="email")},
        {"f": ["a@b.co", "no"]},
        {"f": ["a@b.co", "no"]},
        "The value at /f/1 must be a valid email address string but it was not.",
    ),
    Quirk(
        "4",
        "bounds of list items are unchecked",
        {"f": field("number", multiple=True, maximum=5)},
        {"f": [6]},
        {"f": [6]},
        "The value at /f/0 must be equal to or less than 5.",
    ),
    Quirk(
        "4",
        "moments in lists are unchecked",
        {"f": field("datetime", multiple=True)},
        {"f": ["soon"]},
        {"f": ["soon"]},
        "The value at /f/0 must be a valid date-like string but it was not.",
    ),
    Quirk(
        "5",
        "null is not allowed for objects with sub-fields",
        {"f": field("object", allowNull=True, properties={"a": field()})},
        {"f": None},
        {},
        {"f": None},
    ),
    Quirk(
        "5",
        "null is not allowed for lists",
        {"f": field(allowNull=True, multiple=True)},
        {"f": None},
        {},
        {"f": None},
    ),
    Quirk(
        "6",
        "required sub-fields beside conditional ones are not",
        {
            "kind": field(),
            "u": field(
                "object",
                "U",
                properties={
                    "id": field(required=True),
                    "phone": field(required=when(is_("kind", value="sms"))),
                },
            ),
        },
        {"u": {}},
        {"u": {}},
        missing("id", "U"),
    ),
    Quirk(
        "7",
        "Infinity is a number",
        {"f": field("number")},
        {"f": "Infinity"},
        {"f": float("inf")},
        "F must be a number but it was a string.",
    ),
    Quirk(
        "7",
        "Infinity is whole",
        {"f": field("integer")},
        {"f": "-Infinity"},
        {"f": float("-inf")},
        "F must be an integer but it was a string.",
    ),
    Quirk(
        "8",
        "a list of one text is no text where null is allowed",
        {"f": field(allowNull=True)},
        {"f": ["a"]},
        "F must be a string or null but it was a string.",
        {"f": "a"},
    ),
    Quirk(
        "8",
        "a list of one moment is none",
        {"f": field("datetime")},
        {"f": ["2021-02-01"]},
        "F must be a string or number but it was a string.",
        {"f": "2021-02-01"},
    ),
    Quirk(
        "9",
        "an empty sub-field counts as filled",
        {"a": ADDRESS, "f": field(required=when(is_("a.country")))},
        {"a": {"country": "NL"}},
        f"{missing('f')} {UNMET}",
        {"a": {"country": "NL"}},
    ),
    Quirk(
        "9",
        "a missing sub-field does not count as empty",
        {"a": ADDRESS, "f": field(required=when(is_("a.country")))},
        {"a": {"city": "Amsterdam"}},
        {"a": {"city": "Amsterdam"}},
        missing("f"),
    ),
    Quirk(
        "9",
        "no sub-field is ever filled",
        {"a": ADDRESS, "f": field(required=when(is_not("a.country")))},
        {"a": {"country": "NL"}},
        {"a": {"country": "NL"}},
        missing("f"),
    ),
    Quirk(
        "9",
        "what is no object has every sub-field",
        {"a": field(), "f": field(required=when(is_("a.b", value=1)))},
        {"a": "x"},
        f"{missing('f')} {UNMET}",
        {"a": "x"},
    ),
    Quirk(
        "9a",
        "0 counts as empty",
        {"d": field("number"), "f": field(required=when(is_("d")))},
        {"d": 0},
        f"{missing('f')} {UNMET}",
        {"d": 0},
    ),
    Quirk(
        "9a",
        "a test for emptiness leaves null behind",
        {"d": field("boolean", allowNull=True), "f": field(required=when(is_not("d")))},
        {"d": False},
        {"d": None},
        missing("f"),
    ),
    Quirk(
        "9a",
        "null counts as filled among several conditions",
        {
            "d": field(allowNull=True),
            "e": field(),
            "f": field(required=when(is_not("d"), is_("e", value="x"))),
        },
        {"d": None, "e": "x"},
        f"{missing('f')} {UNMET}",
        {"d": None, "e": "x"},
    ),
    Quirk(
        "10",
        "a list of values is one value",
        {"d": field(), "f": field(required=when(is_("d", value=["x", "y"])))},
        {"d": "x"},
        {"d": "x"},
        missing("f"),
    ),
    Quirk(
        "11",
        "a sub-field with two conditions cannot be filled",
        {"kind": field(), "on": field("boolean"), "u": field("object", properties=PERSON)},
        {"kind": "sms", "on": True, "u": {"phone": "1"}},
        f"{missing('u.phone')} {UNMET}",
        {"kind": "sms", "on": True, "u": {"phone": "1"}},
    ),
    Quirk(
        "13",
        'in batches "" is a value',
        {"f": field(required=True)},
        {"f": ""},
        {"f": ""},
        missing("f"),
        in_batch=True,
    ),
    Quirk(
        "14",
        "what is empty in the objects of a list stays",
        {"f": field("object", multiple=True, properties={"n": field("number")})},
        {"f": [{"n": None}]},
        {"f": [{"n": 0}]},
        {"f": [{}]},
    ),
    Quirk(
        "15",
        "nearly anything is a moment",
        {"f": field("datetime")},
        {"f": "foo 1"},
        {"f": "foo 1"},
        "F must be a valid date-like string but it was not.",
    ),
    Quirk(
        "15",
        "a day need not exist",
        {"f": field("datetime")},
        {"f": "2021-02-30"},
        {"f": "2021-02-30"},
        "F must be a valid date-like string but it was not.",
    ),
)
IDS = [f"{quirk.item} {quirk.about}" for quirk in QUIRKS]


def outcome(result: Result) -> dict[str, Any] | str:
    return " ".join(p.message for p in result.problems) or result.payload


@pytest.mark.parametrize("quirk", QUIRKS, ids=IDS)
def test_compatible_reproduces(quirk: Quirk) -> None:
    check = compile(read(quirk.fields), "compatible")
    assert outcome(check(quirk.payload, in_batch=quirk.in_batch)) == quirk.compatible


@pytest.mark.parametrize("quirk", QUIRKS, ids=IDS)
def test_strict_mends(quirk: Quirk) -> None:
    check = compile(read(quirk.fields))
    assert outcome(check(quirk.payload, in_batch=quirk.in_batch)) == quirk.strict


def test_every_quirk_is_shown() -> None:
    numbers = [*map(str, range(2, 16)), "9a"]
    assert {quirk.item for quirk in QUIRKS}.isdisjoint(ALIKE)
    assert {*ALIKE, *(quirk.item for quirk in QUIRKS)} == set(numbers)


@pytest.mark.parametrize("mode", ["compatible", "strict"])
def test_item_2_actions_of_the_same_name_keep_their_own_fields(mode: Any) -> None:
    first, second = read({"a": field(required=True)}), read({"b": field(required=True)})
    assert outcome(compile(first, mode)({})) == missing("a")
    assert outcome(compile(second, mode)({})) == missing("b")


def test_item_12_a_condition_on_the_sync_mode_is_refused_with_its_place() -> None:
    condition = {"type": "syncMode", "operator": "is", "value": "add"}
    with pytest.raises(DefinitionError) as caught:
        read({"f": field(required=when(condition))})
    assert caught.value.faults == (
        "/f/required/conditions/0/type should be field: only depends_on may ask for anything else.",
    )


def test_the_schema_of_strict_mode_says_what_it_checks() -> None:
    derived = schema(read({"f": field("integer", maximum=0, multiple=True, allowNull=True)}))
    assert derived["properties"]["f"] == {
        "title": "F",
        "type": ["array", "null"],
        "items": {"type": "integer", "maximum": 0},
    }

"""Quirks of declared fields: items 2 to 8 and 13 to 15."""

from __future__ import annotations

from typing import Any

from tests.conformance.quirks.quirk import Checked, Example, Quirk, Refused


def field(type_: str = "string", **options: Any) -> dict[str, Any]:
    return {"type": type_, **options}


def when(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"match": "all", "conditions": list(conditions)}


def is_(key: str, **value: Any) -> dict[str, Any]:
    return {"fieldKey": key, "operator": "is", **value}


def is_not(key: str, **value: Any) -> dict[str, Any]:
    return {"fieldKey": key, "operator": "is_not", **value}


def missing(key: str, where: str = "The root value") -> Refused:
    return Refused(f"{where} is missing the required field '{key}'.")


def unmet(key: str) -> Refused:
    """Name the missing field as Segment does where a condition requires it."""
    return Refused(f'{missing(key).why} The root value must match "then" schema.')


NO_MOMENT = Refused("F must be a valid date-like string but it was not.")

FIELDS = (
    Quirk(
        "2",
        "Validators are shared by name",
        "Keeps one validator for each pair of destination name and action title, so that two"
        " actions of the same title share the fields of the first.",
        "Each action has its own fields.",
        unshown="Shown with two actions at once in `tests/unit/kit/validation/test_check.py`.",
    ),
    Quirk(
        "3",
        "Some bounds are passed over",
        "Passes over a bound of 0, and over every bound of `integer`, `text` and `password`"
        " fields.",
        "Passes over them.",
        "Every declared bound counts; those of texts count characters.",
        (
            Example(
                Checked({"f": field("number", minimum=0)}, {"f": -1}),
                {"f": -1},
                Refused("F must be equal to or greater than 0."),
            ),
            Example(
                Checked({"f": field("integer", maximum=5)}, {"f": 6}),
                {"f": 6},
                Refused("F must be equal to or less than 5."),
            ),
            Example(
                Checked({"f": field("text", maximum=1)}, {"f": "ab"}),
                {"f": "ab"},
                Refused("F must be 1 character or fewer but it was 2 characters."),
            ),
        ),
    ),
    Quirk(
        "4",
        "List items are not checked",
        "Leaves format and bounds of a `multiple` field on the list, where they do nothing.",
        "Items are not checked for them.",
        "Each item is checked, moments of `datetime` lists too.",
        (
            Example(
                Checked({"f": field(multiple=True, format="email")}, {"f": ["a@b.co", "no"]}),
                {"f": ["a@b.co", "no"]},
                Refused("The value at /f/1 must be a valid email address string but it was not."),
            ),
            Example(
                Checked({"f": field("number", multiple=True, maximum=5)}, {"f": [6]}),
                {"f": [6]},
                Refused("The value at /f/0 must be equal to or less than 5."),
            ),
            Example(
                Checked({"f": field("datetime", multiple=True)}, {"f": ["soon"]}),
                {"f": ["soon"]},
                Refused("The value at /f/0 must be a valid date-like string but it was not."),
            ),
        ),
    ),
    Quirk(
        "5",
        "`allowNull` is forgotten",
        "Forgets `allowNull` of objects with sub-fields and of `multiple` fields.",
        "Null counts as absent there.",
        "Null is kept.",
        (
            Example(
                Checked(
                    {"f": field("object", allowNull=True, properties={"a": field()})}, {"f": None}
                ),
                {},
                {"f": None},
            ),
            Example(
                Checked({"f": field(allowNull=True, multiple=True)}, {"f": None}), {}, {"f": None}
            ),
        ),
    ),
    Quirk(
        "6",
        "Conditions put required sub-fields out of force",
        "Drops `required: true` of all sub-fields beside one that is required by condition;"
        " conditions further down go with it.",
        "Dropped.",
        "All of them count.",
        (
            Example(
                Checked(
                    {
                        "kind": field(),
                        "u": field(
                            "object",
                            properties={
                                "id": field(required=True),
                                "phone": field(required=when(is_("kind", value="sms"))),
                            },
                        ),
                    },
                    {"u": {}},
                ),
                {"u": {}},
                missing("id", "U"),
            ),
        ),
    ),
    Quirk(
        "7",
        "Infinity is a number",
        "Takes the texts `Infinity` and `-Infinity` for numbers, even for whole ones.",
        "Taken.",
        "A problem of type.",
        (
            Example(
                Checked({"f": field("number")}, {"f": "Infinity"}),
                {"f": float("inf")},
                Refused("F must be a number but it was a string."),
            ),
            Example(
                Checked({"f": field("integer")}, {"f": "-Infinity"}),
                {"f": float("-inf")},
                Refused("F must be an integer but it was a string."),
            ),
        ),
    ),
    Quirk(
        "8",
        "A list of one item, sometimes",
        "Takes a list of one item for the item, but where several types are allowed (`datetime`,"
        " `allowNull`) calls that a wrong type, or makes text of a number that was one.",
        "Does the same.",
        "The list stands for its item wherever no list is allowed, objects included.",
        (
            Example(
                Checked({"f": field(allowNull=True)}, {"f": ["a"]}),
                Refused("F must be a string or null but it was a string."),
                {"f": "a"},
            ),
            Example(
                Checked({"f": field("datetime")}, {"f": ["2021-02-01"]}),
                Refused("F must be a string or number but it was a string."),
                {"f": "2021-02-01"},
            ),
        ),
    ),
)
EMPTY_AND_DATES = (
    Quirk(
        "13",
        "Empty text in batches",
        'Counts `""` at the top as absent for single events, but as a value in batches.',
        "Does the same.",
        "Absent in both.",
        (
            Example(
                Checked({"f": field(required=True)}, {"f": ""}, in_batch=True),
                {"f": ""},
                missing("f"),
            ),
            Example(Checked({"f": field(required=True)}, {"f": ""}), missing("f"), missing("f")),
        ),
    ),
    Quirk(
        "14",
        "Empty members of objects in lists stay",
        'Removes nothing from objects within lists, so that null becomes 0, false or `""` there.',
        "Becomes that.",
        "What is empty is removed there, too.",
        (
            Example(
                Checked(
                    {"f": field("object", multiple=True, properties={"n": field("number")})},
                    {"f": [{"n": None}]},
                ),
                {"f": [{"n": 0}]},
                {"f": [{}]},
            ),
        ),
    ),
    Quirk(
        "15",
        "Nearly anything is a moment",
        "Takes for a moment whatever Day.js or V8's `Date.parse` reads.",
        "Exactly those texts, with UTC as local time.",
        "ISO 8601, RFC 2822 and what JavaScript prints, `2/1/2021`, `Feb 1, 2021`, seconds and"
        " milliseconds since 1970; days and times must exist.",
        (
            Example(Checked({"f": field("datetime")}, {"f": "foo 1"}), {"f": "foo 1"}, NO_MOMENT),
            Example(
                Checked({"f": field("datetime")}, {"f": "2021-02-30"}),
                {"f": "2021-02-30"},
                NO_MOMENT,
            ),
        ),
    ),
)

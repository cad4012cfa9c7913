"""Quirks of fields that are required by condition: items 9 to 12."""

from __future__ import annotations

from tests.conformance.quirks.fields import field, is_, is_not, missing, unmet, when
from tests.conformance.quirks.quirk import Checked, Example, Quirk, Refused

ADDRESS = field("object", properties={"country": field(), "city": field()})
PERSON = {"phone": field(required=when(is_("kind", value="sms"), is_("on", value=True)))}
NO_SYNC_MODE = Refused(
    "/f/required/conditions/0/type should be field: only depends_on may ask for anything else.",
    "saved",
)

CONDITIONS = (
    Quirk(
        "9",
        "Conditions on sub-fields",
        'Reads "`a.b` is empty" as "is there", never finds "`a.b` is filled", and finds every'
        " sub-field in what is no object.",
        "Does the same, two levels deep.",
        'Absent, null and `""` are empty; names lead to any depth; what is no object has no'
        " sub-fields.",
        (
            Example(
                Checked(
                    {"a": ADDRESS, "f": field(required=when(is_("a.country")))},
                    {"a": {"country": "NL"}},
                ),
                unmet("f"),
                {"a": {"country": "NL"}},
            ),
            Example(
                Checked(
                    {"a": ADDRESS, "f": field(required=when(is_("a.country")))},
                    {"a": {"city": "Amsterdam"}},
                ),
                {"a": {"city": "Amsterdam"}},
                missing("f"),
            ),
            Example(
                Checked(
                    {"a": ADDRESS, "f": field(required=when(is_not("a.country")))},
                    {"a": {"country": "NL"}},
                ),
                {"a": {"country": "NL"}},
                missing("f"),
            ),
            Example(
                Checked({"a": field(), "f": field(required=when(is_("a.b", value=1)))}, {"a": "x"}),
                unmet("f"),
                {"a": "x"},
            ),
        ),
    ),
    Quirk(
        "9a",
        "0 and false are empty",
        'Takes 0, false and `""` for empty in a single condition, and leaves null in their place'
        " if null is allowed; among several conditions it does not even look for null.",
        "Does the same.",
        "0 and false are values, nothing is written, and a condition means the same alone and"
        " among others.",
        (
            Example(
                Checked({"d": field("number"), "f": field(required=when(is_("d")))}, {"d": 0}),
                unmet("f"),
                {"d": 0},
            ),
            Example(
                Checked(
                    {
                        "d": field("boolean", allowNull=True),
                        "f": field(required=when(is_not("d"))),
                    },
                    {"d": False},
                ),
                {"d": None},
                missing("f"),
            ),
            Example(
                Checked(
                    {
                        "d": field(allowNull=True),
                        "e": field(),
                        "f": field(required=when(is_not("d"), is_("e", value="x"))),
                    },
                    {"d": None, "e": "x"},
                ),
                unmet("f"),
                {"d": None, "e": "x"},
            ),
        ),
    ),
    Quirk(
        "10",
        "A list of values is one value",
        "Compares with a list of values as a whole.",
        "Does the same.",
        "Any of the values will do.",
        (
            Example(
                Checked(
                    {"d": field(), "f": field(required=when(is_("d", value=["x", "y"])))},
                    {"d": "x"},
                ),
                {"d": "x"},
                missing("f"),
            ),
        ),
    ),
    Quirk(
        "11",
        "Sub-fields with several conditions cannot be filled",
        "Asks for a field with a dot in its name when a sub-field has two or more conditions,"
        " which nothing can satisfy.",
        "Does the same.",
        "Asks for the parent and the sub-field, in every item of a list.",
        (
            Example(
                Checked(
                    {
                        "kind": field(),
                        "on": field("boolean"),
                        "u": field("object", properties=PERSON),
                    },
                    {"kind": "sms", "on": True, "u": {"phone": "1"}},
                ),
                unmet("u.phone"),
                {"kind": "sms", "on": True, "u": {"phone": "1"}},
            ),
        ),
    ),
    Quirk(
        "12",
        "Conditions on the sync mode",
        "Crashes when a condition in `required` asks for the sync mode.",
        "Refused when the fields are declared, with the place.",
        examples=(
            Example(
                Checked(
                    {
                        "f": field(
                            required=when({"type": "syncMode", "operator": "is", "value": "add"})
                        )
                    },
                    {},
                ),
                NO_SYNC_MODE,
                NO_SYNC_MODE,
            ),
        ),
    ),
)

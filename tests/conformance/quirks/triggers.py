"""Quirks of triggers: items 24 to 31."""

from __future__ import annotations

from tests.conformance.quirks.quirk import Example, Quirk, Refused, Tested

NO_CONDITION = Refused(
    "Segment finds no condition here that it knows, or a parenthesis that never closes"
    " (at character 1)",
    "saved",
)
NESTED = Refused(
    "Segment takes the first `)` for the end of this parenthesis, so none may be nested in it,"
    " and it finds none (at character 2)",
    "saved",
)
EMPTY = Refused(
    'expected a condition such as `type = "track"`, found `)` (at character 19)', "saved"
)

TRIGGERS = (
    Quirk(
        "24",
        "Unknown fields are passed over",
        "Knows `type`, `event`, `name`, `userId` and what is in `properties`, `traits` and"
        " `context`. A test of anything else is dropped without a word.",
        "Drops it. Where nothing is left, the trigger is refused when it is saved.",
        "Every field of an event can be tested; a name that is none is refused.",
        (
            Example(
                Tested(
                    'type = "track" and groupId = "g"',
                    {"type": "track", "groupId": "h"},
                ),
                compatible=True,
                strict=False,
            ),
            Example(
                Tested('groupId = "g"', {"groupId": "g"}), compatible=NO_CONDITION, strict=True
            ),
        ),
    ),
    Quirk(
        "25",
        "Single quotes are part of the text",
        "Takes off double quotes only, so that a text in single quotes is compared with the"
        " quotes and matches nothing.",
        "Compares with the quotes.",
        "Both kinds of quotes mean the same.",
        (Example(Tested("type = 'track'", {"type": "track"}), compatible=False, strict=True),),
    ),
    Quirk(
        "26",
        "`null` and numbers are texts",
        "Compares `type` and `event` with the text `null`, and them, `name` and `userId` with the"
        " digits of a number.",
        "Compares with texts.",
        "`null` finds what is missing, and a number only a number.",
        (
            Example(Tested("event = null", {}), compatible=False, strict=True),
            Example(Tested("event = null", {"event": "null"}), compatible=True, strict=False),
            Example(Tested("userId = 5", {"userId": "5"}), compatible=True, strict=False),
        ),
    ),
    Quirk(
        "27",
        "`!` before a parenthesis does nothing",
        "Turns only `contains` and `match` round. Before anything else `!` is passed over.",
        "Passed over.",
        "`!( … )` is the opposite of what stands in it.",
        (
            Example(Tested('!(type = "track")', {"type": "track"}), compatible=True, strict=False),
            Example(Tested('!(type = "track")', {"type": "page"}), compatible=False, strict=True),
        ),
    ),
    Quirk(
        "28",
        "Parentheses do not nest",
        "Takes the first `)` for the end of a group, so that what is nested cannot be read and"
        " the trigger never matches.",
        "Refused when it is saved.",
        "Parentheses nest.",
        (Example(Tested('((type = "track"))', {"type": "track"}), compatible=NESTED, strict=True),),
    ),
    Quirk(
        "29",
        "A function ends the group that it stands in",
        "Takes the `)` of a function for that of the group around it. The rest counts as written"
        " outside, where item 31 may turn its `or` into an `and`.",
        "Ends there.",
        "A function has its own parentheses.",
        (
            Example(
                Tested(
                    '(contains(event, "a") or contains(event, "b")) and type = "track"',
                    {"type": "track", "event": "b"},
                ),
                compatible=False,
                strict=True,
            ),
        ),
    ),
    Quirk(
        "30",
        "A group without a condition breaks the trigger",
        "Throws where it meets a group in which it knows nothing; the event then matches nothing.",
        "Such an event does not match.",
        "An empty group is refused.",
        (
            Example(
                Tested('type = "page" or ()', {"type": "track"}), compatible=False, strict=EMPTY
            ),
            Example(Tested('type = "page" or ()', {"type": "page"}), compatible=True, strict=EMPTY),
        ),
    ),
    Quirk(
        "31",
        "The last connective wins",
        "Has one connective for each group, the last one that stands there: `a or b and c` is all"
        " three at once.",
        "Joins by the last one.",
        "`and` binds more than `or`.",
        (
            Example(
                Tested('type = "page" or type = "track" and event = "A"', {"type": "page"}),
                compatible=False,
                strict=True,
            ),
        ),
    ),
)

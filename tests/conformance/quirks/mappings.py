"""Quirks of the mapping language: items 16 to 23."""

from __future__ import annotations

from headgate.mapping import UNDEFINED
from tests.conformance.quirks.quirk import Example, Mapped, Quirk, Refused

MAPPINGS = (
    Quirk(
        "16",
        "Lists are not checked",
        "Checks a mapping when it is saved, but nothing that stands in a list. What is wrong"
        " there fails each event that comes by.",
        "Such a mapping is stored. Events that meet the fault fail, others pass.",
        "It is refused, with the place of the fault.",
        (
            Example(
                Mapped([{"@nope": 1}], {}),
                Refused("@nope is not a valid directive, got undefined"),
                Refused("/out/0 has an invalid directive: @nope.", "saved"),
            ),
        ),
    ),
    Quirk(
        "17",
        "Quotes do not keep a dot",
        "Splits a path at every dot, also within quotes, so that a key with a dot in it is out"
        " of reach.",
        "Splits there.",
        "A quoted key is one key, in `@path` and in templates.",
        (
            Example(
                Mapped({"@path": '$.o["x.y"]'}, {"o": {"x.y": "dotted", "x": {"y": "nested"}}}),
                "nested",
                "dotted",
            ),
            Example(
                Mapped({"@template": "{{o['x.y']}}"}, {"o": {"x.y": 1, "x": {"y": 2}}}),
                "2",
                "1",
            ),
        ),
    ),
    Quirk(
        "18",
        "A path ends at 0, false and empty text",
        "Stops walking a path where it meets 0, false, null or an empty text, and gives that"
        " instead of nothing.",
        "The same, as defaults of many actions rely on it.",
        examples=(
            Example(Mapped({"@path": "$.n.cents"}, {"n": 0}), 0, 0),
            Example(Mapped({"@path": "$.n.cents"}, {"n": 1}), UNDEFINED, UNDEFINED),
        ),
    ),
    Quirk(
        "19",
        "Templates expand what they insert",
        "Fills in `{{{…}}}` first and then looks for `{{…}}`, also in what it has just filled in:"
        " whoever chooses a value can have others read.",
        "Expands twice.",
        "What comes from the event is text.",
        (
            Example(
                Mapped({"@template": "{{{bio}}}"}, {"bio": "{{email}}", "email": "a@b.co"}),
                "a@b.co",
                "{{email}}",
            ),
        ),
    ),
    Quirk(
        "20",
        "An `else` of 0, false, null or empty text does not count",
        "Takes an `else` only if JavaScript finds it true, else the field is left out.",
        "Left out.",
        "Every `else` counts.",
        (
            Example(
                Mapped({"@if": {"exists": {"@path": "$.count"}, "then": 1, "else": 0}}, {}),
                UNDEFINED,
                0,
            ),
        ),
    ),
    Quirk(
        "21",
        "`$&` in a replacement",
        "Reads `$$`, `$&`, `` $` `` and `$'` in the replacement of `@replace` as JavaScript's"
        " `replace` does.",
        "The same, as stored mappings may use it.",
        examples=(
            Example(
                Mapped(
                    {"@replace": {"pattern": "-", "replacement": "[$&]", "value": "a-b"}},
                    {},
                ),
                "a[-]b",
                "a[-]b",
            ),
        ),
    ),
    Quirk(
        "22",
        "Capital letters in options",
        "Accepts `ENCODE`, `LEFT` or `UPPER` when a mapping is saved, then does not know them:"
        " the field is left out, objects are merged from the other side, the event fails.",
        "Does just that.",
        "Such options mean the same in either case.",
        (
            Example(
                Mapped({"@json": {"mode": "ENCODE", "value": {"@path": "$.o"}}}, {"o": {"a": 1}}),
                UNDEFINED,
                '{"a":1}',
            ),
            Example(
                Mapped({"@merge": {"direction": "LEFT", "objects": [{"a": 1}, {"a": 2}]}}, {}),
                {"a": 2},
                {"a": 1},
            ),
            Example(
                Mapped({"@case": {"operator": "UPPER", "value": "a"}}, {}),
                Refused('operator key should have a value of "lower" or "upper"'),
                "A",
            ),
        ),
    ),
    Quirk(
        "23",
        "What is missing deletes in `@merge`",
        "Lets a member that leads nowhere overwrite the same member of an object before it, so"
        " that it vanishes.",
        "The same, as it is also the only way to take a member out.",
        examples=(
            Example(
                Mapped(
                    {
                        "@merge": {
                            "direction": "right",
                            "objects": [{"plan": "free"}, {"plan": {"@path": "$.plan"}}],
                        }
                    },
                    {},
                ),
                {},
                {},
            ),
        ),
    ),
)

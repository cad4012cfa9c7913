"""The reference page on compatibility, made from the quirks that the tests run."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from headgate.mapping import UNDEFINED
from headgate.mapping.limits import LARGEST_RESULT, LARGEST_TEXT, MOST_RESULTS
from tests.conformance.quirks.conditions import CONDITIONS
from tests.conformance.quirks.fields import EMPTY_AND_DATES, FIELDS
from tests.conformance.quirks.kit import RUNNING
from tests.conformance.quirks.mappings import MAPPINGS
from tests.conformance.quirks.quirk import Refused, text
from tests.conformance.quirks.triggers import TRIGGERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.quirks.quirk import Outcome, Quirk


class Section(NamedTuple):
    """A language: its quirks in the order of their numbers, and what has no number."""

    title: str
    quirks: tuple[Quirk, ...]
    more: str = ""


INTRODUCTION = """\
# Compatibility with Segment

Generated from `tests/conformance/quirks`, where every example is run in both modes.

Mappings, triggers and fields have quirks at Segment: places where they do something else than
their text suggests. Headgate has two modes. `strict`, the default, does what the text says;
`compatible` does what Segment does.

- `fql: compatible` on a [subscription](../guides/configure.md) selects `compatible` for its
  trigger and for its mapping.
- What strict mode cannot accept is refused when the configuration is applied.
- Fields are declared by the code of a destination. Those of Headgate's own destinations are checked
  in strict mode.

Numbers of quirks stay as they are. In the examples, the label of a field is its key in upper
case."""

SECTIONS = (
    Section(
        "Mappings",
        MAPPINGS,
        "Also in `strict`, without a number: what is no object is refused as a mapping (Segment"
        " makes an object of a list, by index, and takes a number for an empty one); templates"
        " of `@liquid` that cannot be read are refused when they are saved (Segment: when an"
        " event meets them).",
    ),
    Section(
        "Triggers",
        TRIGGERS,
        "Also in `strict`, without a number: `!contains`, `!match` and, with numbers, `!=` are"
        " true where the field is missing (Segment: false); in `match`, `*` may stand anywhere"
        " (Segment: a last `*` counts, else the first character is taken for one); `!=` needs no"
        " space around it. `headgate.trigger.differences` tells whether the modes can decide"
        " differently about a trigger, and why.",
    ),
    Section(
        "Declared fields",
        (*FIELDS, *CONDITIONS, *EMPTY_AND_DATES),
        "Also in `strict`, without a number: a condition compares the values that the action gets"
        ' (Segment: those that came, so that `"5"` is not 5); a broken condition is told in one'
        ' sentence (Segment adds `must match "then" schema`) with the label of the parent;'
        ' `[null]` and `[""]` count as absent (Segment: 0, false or `""`); `dynamicAuthSettings`'
        " is a key like any other.\n\n"
        "In both modes: at most 100 problems of a payload are told; fields nest up to 50 levels;"
        " names that JavaScript's objects inherit (`constructor`, `toString`) are names like any"
        " other.",
    ),
    Section("Running actions", RUNNING),
)

OUT_OF_SCOPE = f"""\
## What neither mode does

- **What JavaScript's objects inherit**: in mappings, a path such as `constructor` or
  `__proto__.x` leads nowhere; at Segment it leads into the engine, where no event has anything.
  (A trigger in `compatible` finds such names present, as Segment does.)
- **Rounding of large integers**: whole numbers beyond 2^53 keep their digits, as
  [decision 0005](../decisions/0005-numbers-are-kept.md) says. (A trigger in `compatible` compares
  them rounded, as Segment does.)
- **Templates that change the event**: in `@liquid`, `increment` and `decrement` count within the
  template. Segment's engine writes into the event, so that the next field finds another value.
- **The last digit of `round`**: not every power of ten is exact in V8, where
  `{{{{ 123456 | round: -4 }}}}` is 120000.00000000001; here it is 120000.
- **Limits as high as Segment's**: a text that a directive makes has up to {LARGEST_TEXT:,}
  characters; what a mapping makes has up to {LARGEST_RESULT:,} characters and {MOST_RESULTS:,}
  values. Beyond, the event fails with a message that names the limit."""


def page() -> str:
    """Markdown for docs/reference/compatibility.md."""
    parts = [INTRODUCTION, *(part for section in SECTIONS for part in _section(section))]
    return "\n\n".join([*parts, OUT_OF_SCOPE]) + "\n"


def _section(section: Section) -> Iterator[str]:
    yield f"## {section.title}"
    for quirk in section.quirks:
        yield f"### {quirk.item}. {quirk.title}"
        yield _told(quirk)
        if quirk.examples:
            yield _table(quirk)
    if section.more:
        yield section.more


def _told(quirk: Quirk) -> str:
    if quirk.strict:
        told = {"`compatible`": quirk.compatible, "`strict`": quirk.strict}
    else:
        told = {"Both modes": quirk.compatible}
    said = {"Segment": quirk.segment, **told}
    return "\n".join(f"- {who}: {_lower(sentence)}" for who, sentence in said.items())


def _lower(sentence: str) -> str:
    """Begin in lower case after a colon, unless the word is a name."""
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]


def _table(quirk: Quirk) -> str:
    modes = ["`compatible`", "`strict`"] if quirk.strict else ["both modes"]
    headings = [*quirk.examples[0].given.shown, *modes]
    rows = [
        [*map(_code, each.given.shown.values()), cell(each.compatible), cell(each.strict)]
        for each in quirk.examples
    ]
    lines = [headings, ["---"] * len(headings), *(row[: len(headings)] for row in rows)]
    return "\n".join(map(_line, lines))


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(each.replace('|', chr(92) + '|') for each in cells)} |"


def cell(outcome: Outcome) -> str:
    """Show a result; outcomes that look the same here are the same to the tests."""
    if outcome is UNDEFINED:
        return "nothing"
    if isinstance(outcome, Refused):
        return f"refused{' when saved' if outcome.when == 'saved' else ''}: {outcome.why}"
    return _code(text(outcome))


def _code(shown: str) -> str:
    return f"`{shown}`"

"""Texts that Segment takes for a moment: those of Day.js and those of V8's `Date.parse`."""

from __future__ import annotations

import re

from headgate.mapping.javascript import WHITE_SPACE, number
from headgate.mapping.javascript.dates import FARTHEST, parse
from headgate.mapping.javascript.numbers import parse as parse_number

_DAY_JS = re.compile(
    r"[0-9]{4}[-/]?(?:[0-9]{1,2})?[-/]?[0-9]{0,2}"
    rf"[Tt{WHITE_SPACE}]*+(?:[0-9]{{1,2}})?:?(?:[0-9]{{1,2}})?:?(?:[0-9]{{1,2}})?[.:]?[0-9]*"
)


def is_date_like(text: str) -> bool:
    """Tell whether Segment takes a text for a moment.

    A number in its canonical form counts seconds, however many digits it has.
    """
    seconds = parse_number(text)
    if number(seconds) == text:
        return abs(seconds * 1000) <= FARTHEST
    if text[-1:] not in ("z", "Z") and _DAY_JS.fullmatch(text):
        return True
    return parse(text) is not None

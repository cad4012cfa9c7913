"""The filters `json`, `jsonify` and `inspect`: values as `JSON.stringify` writes them."""

from __future__ import annotations

import math
import re
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from headgate.mapping.javascript.objects import indexes_first
from headgate.mapping.liquidjs.budget import ITEM, Output
from headgate.mapping.liquidjs.conversions import Drop, integer, is_number, to_string
from headgate.mapping.liquidjs.filters.texts import STEADY
from headgate.mapping.liquidjs.units import joined, units
from headgate.mapping.values import UNDEFINED

if TYPE_CHECKING:
    from headgate.mapping.liquidjs.budget import Budget

_SURROGATE = re.compile("[\ud800-\udfff]")
_WIDEST_INDENT = 10


def json(budget: Budget, value: object, space: object = UNDEFINED) -> object:
    """Write JSON, with line breaks where an indent is given; undefined writes nothing at all."""
    if value is UNDEFINED:
        return UNDEFINED
    writer = _Writer(budget, _indent(space))
    writer.write(value, "\n")
    return writer.output.text()


class _Writer:
    def __init__(self, budget: Budget, indent: str) -> None:
        self.output = Output(budget)
        self._budget = budget
        self._indent = indent

    def write(self, value: object, line: str) -> None:
        """Write a value; `line` is the line break and indent of what holds it."""
        self._budget.work(ITEM)
        if isinstance(value, list):
            self._bracketed("[]", line, [(None, item) for item in value])
        elif isinstance(value, dict):
            self._bracketed("{}", line, list(indexes_first(value).items()))
        else:
            self.output.write(self._plain(value))

    def _bracketed(
        self, brackets: str, line: str, members: list[tuple[str | None, object]]
    ) -> None:
        inner = line + self._indent
        self.output.write(brackets[0])
        for index, (key, value) in enumerate(members):
            self.output.write("," if index else "")
            self.output.write(inner if self._indent else "")
            if key is not None:
                self.output.write(self._quoted(key) + (": " if self._indent else ":"))
            self.write(value, inner)
        self.output.write(line if self._indent and members else "")
        self.output.write(brackets[1])

    def _plain(self, value: object) -> str:
        if isinstance(value, str):
            return self._quoted(value)
        if isinstance(value, Drop):
            return "{}"
        if value is UNDEFINED or (is_number(value) and not math.isfinite(value)):
            return "null"
        return to_string(self._budget, value)

    def _quoted(self, text: str) -> str:
        """Write a string; half a pair alone is escaped."""
        self._budget.work(STEADY * len(text))
        quoted = encode_basestring(joined(text))
        if quoted.isascii():
            return quoted
        return units(_SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted))


def _indent(space: object) -> str:
    if isinstance(space, str):
        return space[:_WIDEST_INDENT]
    if is_number(space):
        return " " * max(0, min(_WIDEST_INDENT, integer(space)))
    return ""

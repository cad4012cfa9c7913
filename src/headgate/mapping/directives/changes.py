"""`@case` and `@replace`: texts that are changed (kit-behaviour 7.3)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from headgate.mapping.check import LONGEST_PATTERN
from headgate.mapping.errors import MappingError
from headgate.mapping.javascript import length, string, truthy
from headgate.mapping.limits import check_text
from headgate.mapping.writing import NOTHING, Piece, Use

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.mapping.values import Json, Value
    from headgate.mapping.writing import Part


def emit_case(part: Part, argument: Json, use: Use) -> Piece:
    """`@case`: upper or lower case; what is no text passes."""
    if not isinstance(argument, dict):
        return part.fail('@case requires an object with a "operator" key')
    operator = argument.get("operator")
    if not truthy(operator):
        return part.fail('@case requires a "operator" key')
    if not truthy(argument.get("value")):
        return NOTHING
    if part.program.mode == "strict" and isinstance(operator, str):
        operator = operator.lower()
    value = part.value(argument["value"], use)
    name = part.named(value)
    known = operator in {"lower", "upper"}
    changed = f"{name}.{operator}()" if known else f"{part.program.define(_no_operator)}()"
    code = part.assign(f"{changed} if type({name}) is str else {name}")
    return Piece(code, value.undefined, value.holes)


def _no_operator() -> Value:
    raise MappingError('operator key should have a value of "lower" or "upper"')


def emit_replace(part: Part, argument: Json, use: Use) -> Piece:  # noqa: ARG001
    """`@replace`: literal patterns, at most two; a replacement may refer to `$&` and the like."""
    if not isinstance(argument, dict):
        return part.fail('@replace requires an object with a "pattern" key')
    if not truthy(argument.get("pattern")):
        return part.fail('@replace requires a "pattern" key')
    if not truthy(argument.get("value")):
        return NOTHING
    part.program.texts += 1
    value = part.value(argument["value"], Use.ARGUMENT)
    steps = _steps(argument)
    if steps is None:
        return part.fixed("")
    return part.call(_replaced, value, part.program.constant(steps), undefined=False)


def _steps(argument: dict[str, Json]) -> tuple[_Step, ...] | None:
    """The replacements to make; None where a wrong type makes every result empty."""
    ignore_case = _or(argument.get("ignorecase"), default=False)
    everywhere = _or(argument.get("global"), default=True)
    pattern, replacement = argument["pattern"], _or(argument.get("replacement"), default="")
    if not (isinstance(pattern, str) and isinstance(replacement, str)):
        return None
    if not (isinstance(ignore_case, bool) and isinstance(everywhere, bool)):
        return None
    steps = [_Step(pattern, replacement, ignore_case, everywhere)]
    pattern, replacement = argument.get("pattern2"), _or(argument.get("replacement2"), default="")
    if isinstance(pattern, str) and pattern and isinstance(replacement, str):
        steps.append(_Step(pattern, replacement, ignore_case, everywhere))
    return tuple(steps)


def _or(value: Json, *, default: Json) -> Json:
    return default if value is None else value


def _replaced(value: Value, steps: tuple[_Step, ...]) -> str:
    if isinstance(value, (bool, int, float)):
        value = string(value)
    if not isinstance(value, str):
        return ""
    for step in steps:
        value = step.run(value)
    return value


class _Step(NamedTuple):
    """One pattern and its replacement."""

    pattern: str
    replacement: str
    ignore_case: bool
    everywhere: bool

    @property
    def _most(self) -> int:
        return -1 if self.everywhere else 1

    def run(self, text: str) -> str:
        self._check_lengths()
        if "$" not in self.replacement and not self.ignore_case:
            self._check_growth(text)
            return text.replace(self.pattern, self.replacement, self._most)
        pieces: list[str] = []
        size = 0
        for piece in self._pieces(text):
            pieces.append(piece)
            size += len(piece)
            check_text("@replace", size)
        return "".join(pieces)

    def _check_lengths(self) -> None:
        for name, text in (("pattern", self.pattern), ("replacement", self.replacement)):
            if length(text) > LONGEST_PATTERN:
                raise MappingError(
                    f'@replace requires a "{name}" less than {LONGEST_PATTERN} characters'
                )

    def _check_growth(self, text: str) -> None:
        growth = len(self.replacement) - len(self.pattern)
        if growth > 0 and self.everywhere:
            check_text("@replace", len(text) + growth * text.count(self.pattern))

    def _pieces(self, text: str) -> Iterator[str]:
        at = 0
        for start in self._starts(text):
            end = start + len(self.pattern)
            yield text[at:start]
            yield from _expanded(self.replacement, text, start, end)
            at = end
        yield text[at:]

    def _starts(self, text: str) -> Iterator[int]:
        searched = _alike(text) if self.ignore_case else text
        pattern = _alike(self.pattern) if self.ignore_case else self.pattern
        start = searched.find(pattern)
        while start >= 0:
            yield start
            start = searched.find(pattern, start + len(pattern)) if self.everywhere else -1


_REFERENCE = re.compile(r"\$([$&`'])")


def _expanded(replacement: str, text: str, start: int, end: int) -> Iterator[str]:
    """Read a replacement as JavaScript does; without groups, `$1` is plain text."""
    for index, piece in enumerate(_REFERENCE.split(replacement)):
        if index % 2 == 0:
            yield piece
        elif piece == "$":
            yield "$"
        elif piece == "&":
            yield text[start:end]
        else:
            yield text[:start] if piece == "`" else text[end:]


def _alike(text: str) -> str:
    """Give the same text for texts that differ in case alone, character by character."""
    return text.upper() if text.isascii() else "".join(map(_canonical, text))


@lru_cache(4096)
def _canonical(character: str) -> str:
    """Fold as JavaScript does without its `u` flag: one unit stays one, ASCII stays apart."""
    upper = character.upper()
    is_one_unit = len(upper) == 1 and character <= "\uffff"
    return upper if is_one_unit and (character.isascii() or not upper.isascii()) else character

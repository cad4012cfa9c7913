"""`@template`: text in which `{{path}}` and `{{{path}}}` are filled in (kit-behaviour 7.3).

The braces are found in the template alone. What an event puts in is never read as a template
again: at Segment, an event holding `{{secret}}` could.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from headgate.mapping import access, javascript
from headgate.mapping.directives.text import compile_text_argument
from headgate.mapping.values import UNDEFINED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.mapping.compile import Compilation
    from headgate.mapping.values import Json, Resolve, Value

_TRIPLE = re.compile(r"\{\{\{([^}]+)\}\}\}")
_DOUBLE = re.compile(r"\{\{([^}]+)\}\}")


def compile_template(compilation: Compilation, argument: Json, where: tuple[str, ...]) -> Resolve:
    return compile_text_argument(compilation, argument, where, _filled)


def _filled(template: str) -> Resolve:
    pieces = tuple(_pieces(template))

    def resolve(event: Json) -> Value:
        return "".join([p if isinstance(p, str) else _text(p(event)) for p in pieces])

    return resolve


def _pieces(template: str) -> Iterator[str | Resolve]:
    """Cut at the triple braces first, then each text between them at the double ones."""
    for index, piece in enumerate(_TRIPLE.split(template)):
        if index % 2:
            yield _placeholder(piece)
        else:
            yield from _doubles(piece)


def _doubles(text: str) -> Iterator[str | Resolve]:
    for index, piece in enumerate(_DOUBLE.split(text)):
        yield _placeholder(piece) if index % 2 else piece


def _placeholder(inner: str) -> Resolve:
    return access.getter(access.steps(inner.strip(javascript.WHITE_SPACE)))


def _text(value: Value) -> str:
    if type(value) is str:
        return value
    return "" if value is None or value is UNDEFINED else javascript.string(value)

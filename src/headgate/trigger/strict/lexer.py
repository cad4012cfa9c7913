"""Cutting the text of a trigger into tokens, each with its place."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from headgate.trigger.errors import TriggerError
from headgate.trigger.strict.syntax import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.trigger.strict.syntax import Keys, Scalar


class Kind(Enum):
    WORD = "word"
    STRING = "string"
    NUMBER = "number"
    SYMBOL = "symbol"
    END = "end"


class Token(NamedTuple):
    """One token: `text` as written, `position` in characters, and what it stands for.

    `value` is the text of a string or the number; `path` the keys of a word, unescaped.
    """

    kind: Kind
    text: str
    position: int
    value: Scalar = None
    path: Keys = ()

    @property
    def span(self) -> Span:
        return Span(self.position, self.position + len(self.text))

    @property
    def shown(self) -> str:
        """The token as error messages name it."""
        return "the end" if self.kind is Kind.END else f"`{self.text}`"


LONGEST_NUMBER = 100
"""Characters of a number."""

_KEY = r"(?:[A-Za-z0-9_-]|\\.)+"
_TOKEN = re.compile(
    rf"""
    (?P<space>  [\ \t\r\n]+ )
  | (?P<number> [+-]?[0-9]+(?:\.[0-9]+)? (?![A-Za-z0-9_.\\-]) )
  | (?P<word>   (?![0-9-]) {_KEY} (?: \. {_KEY} )* )
  | (?P<string> "[^"]*" | '[^']*' )
  | (?P<symbol> != | <= | >= | [=!<>(),\[\]] )
    """,
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_KINDS: dict[str | None, Kind] = {
    kind.value: kind for kind in (Kind.WORD, Kind.STRING, Kind.NUMBER, Kind.SYMBOL)
}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_DOT = re.compile(r"((?:[^.\\]|\\.)+)", re.DOTALL)

_HINTS = {
    "&": "write `and`",
    "|": "write `or`",
    "“": 'texts stand in straight quotes, "like this"',
    "”": 'texts stand in straight quotes, "like this"',
    "\u2018": "texts stand in straight quotes, 'like this'",
    "\u2019": "texts stand in straight quotes, 'like this'",
    ".": "a name and its dots stand together, as in `properties.plan`",
}


def tokens(text: str) -> Iterator[Token]:
    """Give every token, the end last. Raises `TriggerError` at the first that is none."""
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unreadable(text, position)
        if match.lastgroup in _KINDS:
            yield _token(_KINDS[match.lastgroup], match[0], position)
        position = match.end()
    yield Token(Kind.END, "", position)


def _token(kind: Kind, text: str, position: int) -> Token:
    match kind:
        case Kind.WORD:
            return Token(kind, text, position, path=_path(text))
        case Kind.STRING:
            return Token(kind, text, position, text[1:-1])
        case Kind.NUMBER:
            return Token(kind, text, position, _number(text, position))
    return Token(kind, text, position)


def _number(text: str, position: int) -> float:
    if len(text) > LONGEST_NUMBER:
        raise TriggerError(f"a number has at most {LONGEST_NUMBER} digits", position)
    return float(text) if "." in text else int(text)


def _path(word: str) -> Keys:
    """Split at the dots that no backslash escapes, then drop the backslashes."""
    return tuple(_ESCAPED.sub(r"\1", key) for key in _DOT.findall(word))


def _unreadable(text: str, position: int) -> TriggerError:
    character = text[position]
    if character in "\"'":
        return TriggerError(f"this string has no closing {character}", position)
    if character.isascii() and (character.isdigit() or character in "+-"):
        return TriggerError("this is no number: write it like 5, -5 or 5.25", position)
    if character == "\\":
        return TriggerError("a backslash needs a character after it", position)
    hint = _HINTS.get(character, "texts stand in quotes")
    return TriggerError(f"{character!r} means nothing here; {hint}", position)

"""Cutting a text into the tokens that Segment sees (kit-behaviour 8.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from headgate.trigger.errors import TriggerError

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind: TypeAlias = Literal[
    "ident", "dot", "operator", "conditional", "string", "number", "null", "bracket", "paren",
    "comma", "eos",
]  # fmt: skip


class Token(NamedTuple):
    """One token: what it says, without backslashes, and where it stands, in UTF-16 units."""

    kind: Kind
    text: str
    start: int
    end: int


_TERMINATORS = frozenset(" \t\n,])")
_KEYWORDS: dict[str, tuple[str, Kind]] = {
    "a": ("and", "conditional"),
    "o": ("or", "conditional"),
    "n": ("null", "null"),
}
_SIGNS: dict[str, Kind] = {
    ".": "dot", ",": "comma", "=": "operator", "<": "operator", ">": "operator",
    "(": "paren", ")": "paren", "[": "bracket", "]": "bracket",
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z0-9_-]+")
_NUMBER = re.compile(r"[+-]?[0-9]*(?:\.[0-9]*)?")


def units(text: str) -> str:
    """Give the text as JavaScript counts it: characters beyond U+FFFF are two units each."""
    if text.isascii() or max(text) <= "\uffff":
        return text
    data = text.encode("utf-16-le", "surrogatepass")
    return "".join([chr(data[at] | data[at + 1] << 8) for at in range(0, len(data), 2)])


def joined(text: str) -> str:
    """The way back: pairs of units become one character again."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def tokens(text: str) -> tuple[Token, ...]:
    """Give every token of a text in units, the end last. Raises `TriggerError`."""
    return tuple(_Lexer(text).all())


class _Lexer:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def all(self) -> Iterator[Token]:
        while self._at < len(self._text):
            start, character = self._at, self._text[self._at]
            if character in " \t\n":
                self._at += 1
                continue
            kind, says = self._token(character)
            yield Token(kind, says, start, self._at)
        yield Token("eos", "eos", len(self._text), len(self._text))

    def _token(self, character: str) -> tuple[Kind, str]:
        """Read one token; afterwards the place is behind it."""
        if character in "\"'":
            return "string", self._string(character)
        if character == "!":
            return "operator", self._exclamation()
        if character in "<>" and self._is("=", 1) and self._ends(2):
            return "operator", self._take(2)
        if kind := _SIGNS.get(character):
            return kind, self._take(1)
        if character.isascii() and (character.isdigit() or character in "+-"):
            return "number", self._number()
        if character.isascii() and (character.isalpha() or character in "_\\"):
            return self._word(character)
        raise self._error(f"{joined(character)!r} means nothing here")

    def _take(self, count: int) -> str:
        start, self._at = self._at, self._at + count
        return self._text[start : self._at]

    def _is(self, character: str, ahead: int) -> bool:
        return self._text.startswith(character, self._at + ahead)

    def _ends(self, ahead: int = 0) -> bool:
        """Whether a terminator, or the end, comes next."""
        after = self._text[self._at + ahead : self._at + ahead + 1]
        return not after or after in _TERMINATORS

    def _exclamation(self) -> str:
        after = self._text[self._at + 1 : self._at + 2]
        if after == "(" or (after.isascii() and after.isalpha()):
            return self._take(1)
        if after == "=" and self._ends(2):
            return self._take(2)
        if after == "=":
            raise self._error("Segment needs a space after `!=`")
        raise self._error("`!` must stand directly before a function or a parenthesis")

    def _string(self, quote: str) -> str:
        end = self._text.find(quote, self._at + 1)
        if end < 0:
            raise self._error(f"this string has no closing {quote}")
        says = self._take(end + 1 - self._at)
        if not self._ends():
            self._at -= 1  # the closing quote is taken to open another string
        return says

    def _number(self) -> str:
        found = _NUMBER.match(self._text, self._at)
        assert found is not None  # noqa: S101 - it matches any text
        says = self._take(len(found[0]))
        if self._is(".", 0) or (says.endswith(".") and self._ends()):
            raise self._error("a number has one decimal point, with digits after it")
        return says

    def _word(self, first: str) -> tuple[Kind, str]:
        if first in _KEYWORDS:
            keyword, kind = _KEYWORDS[first]
            ahead = self._text[self._at : self._at + len(keyword)]
            if len(ahead) < len(keyword) and _TERMINATORS.isdisjoint(ahead):
                # Segment looks ahead for the keyword and loses what is left of the text.
                self._at = len(self._text)
                return "ident", first
            if self._is(keyword, 0) and self._ends(len(keyword)):
                return kind, self._take(len(keyword))
        says = "".join(self._pieces())
        if not self._ends() and self._text[self._at] not in ".(=!":
            raise self._error(f"`{joined(says)}` needs a space after it")
        return "ident", says

    def _pieces(self) -> Iterator[str]:
        """The runs of plain characters, and those that follow a backslash."""
        while self._at < len(self._text):
            if self._is("\\", 0):
                yield self._escaped()
            elif found := _WORD.match(self._text, self._at):
                yield self._take(len(found[0]))
            else:
                return

    def _escaped(self) -> str:
        if self._at + 1 >= len(self._text):
            raise self._error("a backslash needs a character after it")
        return self._take(2)[1]

    def _error(self, problem: str) -> TriggerError:
        return TriggerError(problem, len(joined(self._text[: self._at])))

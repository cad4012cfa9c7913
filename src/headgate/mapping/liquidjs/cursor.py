"""Reading values, expressions and filters out of one tag or output.

The grammar is LiquidJS's, whose scanner skips what it does not need: a value may be followed by
anything up to the closing bracket of an index, and two values without operator are the first.
"""

from __future__ import annotations

import json
import re
from typing import NoReturn

from headgate.mapping.errors import MappingError
from headgate.mapping.liquidjs.conversions import Drop
from headgate.mapping.liquidjs.expressions import (
    Access,
    Argument,
    Call,
    Computed,
    Constant,
    Operand,
    Operator,
    Range,
)
from headgate.mapping.liquidjs.operators import PRECEDENCE
from headgate.mapping.liquidjs.units import joined

BLANK = (
    "\t\n\v\f\r \u00a0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_WORD = rf"(?:[A-Za-z0-9_?-]|[^\x00-\x7f{BLANK}\u201c\u201d])"
_SKIP = re.compile(f"[{BLANK}]*")
_IDENTIFIER = re.compile(f"{_WORD}*")
_NUMBER = re.compile(rf"[+-]?[0-9]+(?:\.(?!\.)[0-9]*)?(?!\.(?!\.))(?!{_WORD})")
_SYMBOL = re.compile(rf"==|!=|>=|<=|>|<|(?:contains|not|and|or)(?!{_WORD})")
_LITERAL = re.compile(rf"(?:true|false|nil|null|empty|blank)(?!{_WORD})")
_QUOTED = re.compile(r"""(["'])(?:\\.|(?!\1)[^\\])*(?:\1|\\?\Z)""", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{0,4})|([0-7]{1,3})|(.))", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LITERALS: dict[str, object] = {
    "true": True,
    "false": False,
    "nil": Drop.NIL,
    "null": Drop.NIL,
    "empty": Drop.EMPTY,
    "blank": Drop.BLANK,
}
_SHOWN = 32
DEEPEST = 50
"""Levels of brackets and ranges; deeper ones are refused before they exhaust the stack."""


class Cursor:
    """A place in the template, and the end of the tag it is in."""

    __slots__ = ("_depth", "at", "end", "source")

    def __init__(self, source: str, at: int, end: int) -> None:
        self.source = source
        self.at = at
        self.end = end
        self._depth = 0

    def peek(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.source[at] if at < self.end else ""

    def done(self) -> bool:
        return self.at >= self.end

    def skip_blank(self) -> None:
        self._take(_SKIP)

    def identifier(self) -> str:
        """Read a name; it is empty where there is none."""
        self.skip_blank()
        return self._take(_IDENTIFIER)

    def rest(self) -> str:
        return self.source[self.at : self.end]

    def skip_past(self, mark: str) -> bool:
        """Move behind the next mark, or to the end."""
        found = self.source.find(mark, self.at, self.end)
        self.at = self.end if found < 0 else found + len(mark)
        return found >= 0

    def computed(self) -> Computed:
        """Read an expression and its filters, up to the end or a comma."""
        postfix = tuple(_postfix(self._tokens()))
        if not postfix:
            self.refuse(f"invalid value expression: {self.shown()}")
        calls: list[Call] = []
        while call := self._filter():
            calls.append(call)
        return Computed(postfix, tuple(calls))

    def value(self) -> Operand | None:
        """Read a constant, a path or a range, if one stands here."""
        self._depth += 1
        if self._depth > DEEPEST:
            self.refuse(f"brackets are nested deeper than {DEEPEST} levels")
        self.skip_blank()
        base = self._constant()
        path = self._properties(first=base is None)
        self._depth -= 1
        return Access(base, tuple(path)) if path else base

    def path(self) -> Access | None:
        """Read a path, as the filter `where` takes it."""
        self.skip_blank()
        path = self._properties(first=True)
        return Access(None, tuple(path)) if path else None

    def skip_quoted(self) -> bool:
        """Move behind a quoted text, if one stands exactly here."""
        return bool(self._take(_QUOTED))

    def quoted(self) -> str | None:
        self.skip_blank()
        text = self._take(_QUOTED)
        return _unescaped(self, text) if text else None

    def required(self) -> Operand:
        value = self.value()
        if value is None:
            self.refuse(f"unexpected token {self.shown()}, value expected")
        return value

    def shown(self, at: int | None = None) -> str:
        text = self.source[self.at if at is None else at : self.end]
        return json.dumps(
            text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "...", ensure_ascii=False
        )

    def refuse(self, why: str, at: int | None = None) -> NoReturn:
        raise fault(self.source, why, self.at if at is None else at)

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.source, self.at, self.end)
        if match is None:
            return ""
        self.at = match.end()
        return match[0]

    def _tokens(self) -> list[Operand | Operator]:
        tokens: list[Operand | Operator] = []
        while not self.done():
            self.skip_blank()
            symbol = self._take(_SYMBOL)
            token = Operator(symbol) if symbol else self.value()
            if token is None:
                break
            tokens.append(token)
        return tokens

    def _constant(self) -> Operand | None:
        if word := self._take(_LITERAL):
            return Constant(_LITERALS[word])
        if self.peek() in ("'", '"') and (text := self.quoted()) is not None:
            return Constant(text)
        if self.peek() == "(":
            return self._range()
        number = self._take(_NUMBER)
        return Constant(float(number)) if number else None

    def _range(self) -> Range:
        self.at += 1
        low = self.required()
        self._expect("..")
        high = self.required()
        self._expect(")")
        return Range(low, high)

    def _expect(self, mark: str) -> None:
        self.skip_blank()
        if not self.source.startswith(mark, self.at, self.end):
            self.at += 2 if self.peek() == "." == mark[0] else 1
            self.refuse("invalid range syntax")
        self.at += len(mark)

    def _properties(self, *, first: bool) -> list[Operand]:
        path: list[Operand] = []
        while True:
            if self.peek() == "[":
                path.append(self._index())
            elif first and not path and (name := self.identifier()):
                path.append(Constant(name))
            elif self.peek() == "." and self.peek(1) != ".":
                self.at += 1
                if not (name := self.identifier()):
                    return path
                path.append(Constant(name))
            else:
                return path

    def _index(self) -> Operand:
        self.at += 1
        key = self.value() or Constant("")
        if not self.skip_past("]"):
            self.refuse("[ not closed")
        return key

    def _filter(self) -> Call | None:
        self.skip_blank()
        if self.peek() in ("", ","):
            return None
        if self.peek() != "|":
            self.at += 1
            self.refuse('expected "|" before filter')
        self.at += 1
        name = self.identifier()
        if not name:
            if not self.done():
                self.refuse("expected filter name")
            return None
        return Call(name, tuple(self._arguments()))

    def _arguments(self) -> list[Argument]:
        arguments: list[Argument] = []
        self.skip_blank()
        if self.peek() not in (":", "|", ",", ""):
            self.refuse('expected ":" after filter name')
        mark = ":"
        while self.peek() == mark:
            self.at += 1
            if argument := self._argument():
                arguments.append(argument)
            self.skip_blank()
            if self.peek() not in ("", ",", "|"):
                self.refuse(f"unexpected character {self.shown()}")
            mark = ","
        return arguments

    def _argument(self) -> Argument | None:
        self.skip_blank()
        begin = self.at
        value = self.value()
        if value is None:
            return None
        key = self.source[begin : self.at]
        self.skip_blank()
        if self.peek() != ":":
            return Argument(None, value)
        self.at += 1
        return Argument(key, self.value())


def fault(source: str, why: str, at: int) -> MappingError:
    """Say what is wrong and where, in the form Segment's messages have."""
    before = source[:at]
    line = before.count("\n") + 1
    return MappingError(f"{joined(why)}, line:{line}, col:{at - before.rfind(chr(10))}")


def _postfix(tokens: list[Operand | Operator]) -> list[Operand | Operator]:
    """Order operators behind their sides; among equals the right one is applied first."""
    ordered: list[Operand | Operator] = []
    waiting: list[Operator] = []
    for token in tokens:
        if not isinstance(token, Operator):
            ordered.append(token)
            continue
        while waiting and PRECEDENCE[waiting[-1].name] > PRECEDENCE[token.name]:
            ordered.append(waiting.pop())
        waiting.append(token)
    return ordered + waiting[::-1]


def _unescaped(cursor: Cursor, quoted: str) -> str:
    """Give the text between the quotes; of a text that is not closed the last character is lost."""
    pieces: list[str] = []
    at = 1
    while at < len(quoted) - 1:
        escape = _ESCAPE.match(quoted, at)
        if escape is None:
            pieces.append(quoted[at])
            at += 1
            continue
        if escape[1] is not None and len(escape[1]) < _HEX and escape.end() == len(quoted):
            cursor.refuse("a `\\u` escape is not complete")
        pieces.append(_character(escape))
        at = escape.end()
    return "".join(pieces)


def _character(match: re.Match[str]) -> str:
    code, octal, other = match.groups()
    if code is not None:
        return chr(int(code or "0", 16))
    return chr(int(octal, 8)) if octal else _ESCAPED.get(other, other)


_HEX = 4  # digits of a whole `\u` escape

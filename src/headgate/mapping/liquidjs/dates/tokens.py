"""Cutting a written date into numbers, words and signs, as V8 does before it understands it."""

from __future__ import annotations

import re
from typing import NamedTuple

from headgate.mapping.liquidjs.conversions import SPACE

NUMBER, WORD, SIGN, SPACING, OTHER, END = "number", "word", "sign", "space", "other", "end"

_DIGITS = re.compile("[0-9]+")
_LETTERS = re.compile(rf"[^\x00-@{SPACE}]+")
_SPACING = re.compile(f"[{SPACE}]")
_SIGNIFICANT = 9
_PREFIX = 3

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_ZONES = {
    "ut": 0,
    "utc": 0,
    "z": 0,
    "gmt": 0,
    "cdt": -5,
    "cst": -6,
    "edt": -4,
    "est": -5,
    "mdt": -6,
    "mst": -7,
    "pdt": -7,
    "pst": -8,
}
_HALVES = {"am": 0, "pm": 12}


class Token(NamedTuple):
    """`text` is a sign or a word's meaning: `month`, `half`, `zone`, `T` or nothing."""

    kind: str
    text: str = ""
    number: int = 0
    length: int = 0

    def sign(self, *signs: str) -> bool:
        return self.kind == SIGN and self.text in signs

    def fixed(self, length: int, low: int = 0, high: int = 10**9) -> bool:
        """Tell whether this is a number of so many digits, within bounds."""
        return self.kind == NUMBER and self.length == length and low <= self.number <= high


def tokens(text: str) -> list[Token]:
    """Cut a text; a NUL ends it only inside parentheses."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        token, at = _token(text, at)
        found.append(token)
    return [*found, Token(END)]


def _token(text: str, at: int) -> tuple[Token, int]:
    if match := _DIGITS.match(text, at):
        digits = match[0].lstrip("0")[:_SIGNIFICANT]
        return Token(NUMBER, "", int(digits or "0"), len(match[0])), match.end()
    if text[at] in ":-+.)":
        return Token(SIGN, text[at]), at + 1
    if match := _LETTERS.match(text, at):
        return _word(match[0]), match.end()
    if _SPACING.match(text, at):
        return Token(SPACING), at + 1
    return Token(OTHER), parentheses(text, at) if text[at] == "(" else at + 1


def parentheses(text: str, at: int) -> int:
    """Give the place behind the parenthesis that closes the one here, or the end."""
    depth = 0
    while at < len(text):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
        if depth <= 0:
            break
    return at


def _word(text: str) -> Token:
    """Know months by their first letters, everything else by the whole word."""
    prefix = "".join(chr(ord(unit) | 0x20) for unit in text[:_PREFIX])
    if prefix in _MONTHS:
        return Token(WORD, "month", _MONTHS.index(prefix) + 1, len(text))
    known = prefix if len(text) <= _PREFIX else ""
    if known in _HALVES:
        return Token(WORD, "half", _HALVES[known], len(text))
    if known in _ZONES:
        return Token(WORD, "Z" if known == "z" else "zone", _ZONES[known], len(text))
    return Token(WORD, "T" if known == "t" else "", 0, len(text))

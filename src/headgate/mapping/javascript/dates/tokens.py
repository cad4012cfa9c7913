"""A text cut into what V8's reader of dates tells apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from headgate.mapping.javascript.texts import WHITE_SPACE


class Token(NamedTuple):
    """A piece of a text."""

    kind: str
    """A sign as it stands (one of `:-+.)`), or `number`, `month`, `zone`, `half`, `time`, `word`,
    `space`, `other`, `end`."""
    value: int = 0
    """Of a number or month itself; hours of a zone or of the afternoon."""
    length: int = 0

    @property
    def milliseconds(self) -> int:
        """Read the digits as a fraction of a second."""
        length = min(self.length, _MOST_DIGITS)
        whole: int = 10**length
        return self.value * 1000 // whole

    @property
    def is_z(self) -> bool:
        return self.kind == "zone" and self.length == 1

    def is_number(self, length: int, most: int = 999_999, least: int = 0) -> bool:
        """Tell a number of so many digits between two values."""
        return self.kind == "number" and self.length == length and least <= self.value <= most


END = Token("end")

_BETWEEN_WORDS = WHITE_SPACE.replace("\u2028", "").replace("\u2029", "")
_PIECES = re.compile(
    f"(?P<number>[0-9]+)|(?P<word>[^\x00-@{_BETWEEN_WORDS}]+)|(?P<sign>[-:+.)])"
    f"|(?P<space>[{WHITE_SPACE}])|(?P<other>.)",
    re.DOTALL,
)
_MOST_DIGITS = 9  # of a number; the rest is dropped
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PREFIX = 3  # letters by which a month is known; other words must be whole
_WORDS = {
    "am": ("half", 0),
    "pm": ("half", 12),
    "t": ("time", 0),
    "z": ("zone", 0),
    "ut": ("zone", 0),
    "utc": ("zone", 0),
    "gmt": ("zone", 0),
    "edt": ("zone", -4),
    "est": ("zone", -5),
    "cdt": ("zone", -5),
    "cst": ("zone", -6),
    "mdt": ("zone", -6),
    "mst": ("zone", -7),
    "pdt": ("zone", -7),
    "pst": ("zone", -8),
}


def tokens(text: str) -> Iterator[Token]:
    """Cut a text; NUL ends it, and what stands in parentheses is one piece."""
    text = text.partition("\0")[0]
    at = 0
    while at < len(text):
        if text[at] == "(":
            at = _after_parenthesis(text, at)
            yield Token("other")
        elif piece := _PIECES.match(text, at):
            at = piece.end()
            yield _token(piece.lastgroup or "other", piece[0])


def _token(kind: str, text: str) -> Token:
    if kind == "number":
        return Token(kind, int(text.lstrip("0")[:_MOST_DIGITS] or 0), len(text))
    if kind == "word":
        return _word(text)
    return Token(text if kind == "sign" else kind)


def _word(text: str) -> Token:
    start = text[:_PREFIX].lower() if text.isascii() or text[:_PREFIX].isascii() else ""
    if start in MONTHS:
        return Token("month", MONTHS.index(start) + 1, len(text))
    if len(text) <= _PREFIX and start in _WORDS:
        return Token(*_WORDS[start], len(text))
    return Token("word")


def _after_parenthesis(text: str, at: int) -> int:
    """Find the end of what the parenthesis at `at` opens."""
    depth = 0
    for index in range(at, len(text)):
        depth += (text[index] == "(") - (text[index] == ")")
        if depth == 0:
            return index + 1
    return len(text)

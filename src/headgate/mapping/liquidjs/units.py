"""Texts as JavaScript counts them: one character of a `str` for each UTF-16 unit.

Inside the engine a character beyond U+FFFF is two surrogates, so that lengths, slices and indexes
come out as in the original. `joined` puts the pairs together again.
"""

from __future__ import annotations

import re

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_FIRST_ASTRAL = 0x10000


def units(text: str) -> str:
    """Split characters beyond U+FFFF into their two units."""
    return text if text.isascii() else _ASTRAL.sub(_pair, text)


def joined(text: str) -> str:
    """Put pairs of units together; half a pair alone stays what it is."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _pair(match: re.Match[str]) -> str:
    offset = ord(match[0]) - _FIRST_ASTRAL
    return chr(0xD800 + (offset >> 10)) + chr(0xDC00 + (offset & 0x3FF))

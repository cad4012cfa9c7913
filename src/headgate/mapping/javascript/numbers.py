"""Texts read as numbers, as JavaScript's `Number(text)` reads them."""

from __future__ import annotations

import math
import re

from headgate.mapping.javascript.texts import WHITE_SPACE

_DECIMAL = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_INFINITE = {"Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}
_RADIX = {"0x": 16, "0o": 8, "0b": 2}
_DIGITS = {2: re.compile("[01]++"), 8: re.compile("[0-7]++"), 16: re.compile("[0-9a-fA-F]++")}
_EXACT = 2**53  # below, every whole double is that integer


def parse(text: str) -> int | float:
    """Read a number as JavaScript does: white space around it, `0x10`, `1e3`, `Infinity`.

    Blank text is 0; what is no number gives NaN. Whole numbers below 2**53 come as integers,
    all others are rounded to a double.
    """
    stripped = text.strip(WHITE_SPACE)
    if not stripped:
        return 0
    if radix := _RADIX.get(stripped[:2].lower()):
        return _whole(_of_radix(stripped[2:], radix))
    if _DECIMAL.fullmatch(stripped):
        return _whole(float(stripped))
    return _INFINITE.get(stripped, math.nan)


def _of_radix(digits: str, radix: int) -> float:
    if not _DIGITS[radix].fullmatch(digits):
        return math.nan
    try:
        return float(int(digits, radix))
    except OverflowError:
        return math.inf


def _whole(x: float) -> int | float:
    return int(x) if abs(x) < _EXACT and x.is_integer() else x

"""Numbers and their texts, the way JavaScript converts one into the other."""

from __future__ import annotations

import math
import re

_DECIMAL = re.compile(r"[+-]?(?:Infinity|(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?)")
_OTHER_BASE = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_WHITE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_LARGEST_PLAIN = 21
_SMALLEST_PLAIN = -6
_EXACT = 2**53


def number(text: str) -> float:
    """What `Number(text)` gives; NaN for a text that is no number."""
    text = text.strip(_WHITE)
    if not text:
        return 0.0
    if _DECIMAL.fullmatch(text):
        return float(text.replace("Infinity", "inf"))
    if _OTHER_BASE.fullmatch(text):
        return double(int(text, 0))
    return math.nan


def double(value: float) -> float:
    """Round an integer that JavaScript could not hold exactly, as it does."""
    try:
        return float(value) if abs(value) > _EXACT else value
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def shortest(value: float) -> float:
    """Give whole numbers as int, so that their JSON has no `.0`."""
    return int(value) if abs(value) <= _EXACT and value == int(value) else value


def plain(value: float) -> str:
    """What `String(value)` gives: as few digits as tell it from its neighbours."""
    value = float(double(value))
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    digits, exponent = _digits(abs(value))
    return sign + _written(digits, exponent)


def _digits(value: float) -> tuple[str, int]:
    """The digits without zeros around them, and where the point stands after the first."""
    mantissa, _, exponent = f"{value!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    return digits.rstrip("0"), point


def _written(digits: str, point: int) -> str:
    """`point` counts the digits before the decimal point."""
    if len(digits) <= point <= _LARGEST_PLAIN:
        return digits.ljust(point, "0")
    if 0 < point <= _LARGEST_PLAIN:
        return f"{digits[:point]}.{digits[point:]}"
    if _SMALLEST_PLAIN < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def is_falsy(value: object) -> bool:
    """Tell whether JavaScript takes a JSON value for false; empty lists and objects are true."""
    if value is None or value is False or value == "":
        return True
    return isinstance(value, int | float) and (value == 0 or value != value)  # noqa: PLR0124 - NaN

"""Numbers and strings as JavaScript writes them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from headgate.mapping.values import UNDEFINED

if TYPE_CHECKING:
    pass

WHITE_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What JavaScript's `trim` removes."""


def number(x: float) -> str:
    """Write a number as JavaScript's `String(x)`: `1`, `0.1`, `1e+21`, `1e-7`, `NaN`."""
    if isinstance(x, int):
        return int.__repr__(x)
    if not math.isfinite(x):
        return "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"
    if x == 0:
        return "0"
    digits, point = _decimal(abs(x))
    return ("-" if x < 0 else "") + _notation(digits, point)


def string(value: object) -> str:
    """Write a value as JavaScript's `String(value)`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, list):
        return ",".join("" if item is None or item is UNDEFINED else string(item) for item in value)
    if isinstance(value, dict):
        return "[object Object]"
    return "null" if value is None else "undefined"


def truthy(value: object) -> bool:
    """Tell what JavaScript's `if` makes of a value: empty lists and objects count as true."""
    if isinstance(value, (list, dict)):
        return True
    return value is not UNDEFINED and value == value and bool(value)  # noqa: PLR0124 - NaN


def _decimal(x: float) -> tuple[str, int]:
    """Split into the shortest digits and where the point stands: 0.05 is ("5", -1)."""
    mantissa, _, exponent = repr(x).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    return digits.rstrip("0"), len(whole) - leading + int(exponent or 0)


def _notation(digits: str, point: int) -> str:
    """The four cases of ECMAScript's Number::toString, in its order."""
    count = len(digits)
    if count <= point <= _LARGEST_PLAIN:
        return digits + "0" * (point - count)
    if 0 < point <= _LARGEST_PLAIN:
        return f"{digits[:point]}.{digits[point:]}"
    if _SMALLEST_PLAIN < point <= 0:
        return f"0.{'0' * -point}{digits}"
    mantissa = digits if count == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{mantissa}e{point - 1:+d}"


_LARGEST_PLAIN = 21
_SMALLEST_PLAIN = -6
